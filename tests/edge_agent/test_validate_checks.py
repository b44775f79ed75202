"""Each check of a device's own numbers, told as what happens at a site."""

import random

import pytest

from edge_agent.settings.checks import Checks
from edge_agent.validate import RECOVERY_ROWS, DeviceState, Validator
from sensor_profiles.model import Encoding
from tests.edge_agent.rows import Q, flow, marks, scan, taught, temperature, usual_day
from tests.edge_agent.written import channel, field
from wire.messages import Clock, Quality
from wire.quantities import Quantity

GOOD = None


class TestRate:
    def test_what_no_water_can_do_is_bad_and_the_old_level_is_good_again_at_once(self) -> None:
        assert marks(taught(), [300.0, 60.1, 60.0], 64) == [Q.BAD_RATE, GOOD, GOOD]

    def test_a_new_level_is_believed_when_three_values_agree(self) -> None:
        found = marks(taught(), [300.0, 300.1, 300.2, 300.1], 64)
        assert found == [Q.BAD_RATE, Q.UNCERTAIN_RATE, GOOD, GOOD]

    def test_junk_that_agrees_with_nothing_is_never_believed(self) -> None:
        junk = [300.0, -700.0, 900.0, -200.0, 500.0] * 20
        validator = taught()
        assert GOOD not in marks(validator, junk, 64)
        assert set(marks(validator, usual_day(40), 164)[RECOVERY_ROWS:]) == {GOOD}

    def test_the_site_may_know_a_slower_limit(self) -> None:
        slow = taught(checks=Checks(rate_per_min=2.0))
        assert marks(slow, [61.0, 65.0], 64) == [GOOD, Q.BAD_RATE]

    def test_the_limit_counts_time_and_not_rows(self) -> None:
        quick = taught(checks=Checks(rate_per_min=60.0))
        burst = [60.0, 64.0, 71.0]
        assert marks(quick, burst, 64, step=1 / 12) == [GOOD, GOOD, Q.BAD_RATE]

    def test_a_pressure_may_change_as_fast_as_a_pump_starts(self) -> None:
        pressure = channel(field(Encoding.F32), "p", quantity=Quantity.PRESSURE)
        assert Q.BAD_RATE not in marks(taught(pressure), [400.0, 401.0], 64)


class TestSpike:
    def test_one_value_that_its_neighbours_contradict(self) -> None:
        assert marks(taught(), [80.0, 60.1, 59.8], 64) == [Q.UNCERTAIN_SPIKE, GOOD, GOOD]

    def test_a_step_costs_one_doubtful_value(self) -> None:
        assert marks(taught(), [80.0, 80.2, 79.9], 64) == [Q.UNCERTAIN_SPIKE, GOOD, GOOD]

    def test_a_boiler_that_overshoots_by_5_degrees_a_minute_costs_one_doubtful_value(self) -> None:
        ramp = [60.0 + 5 * n for n in range(1, 9)]
        assert marks(taught(), ramp, 64) == [Q.UNCERTAIN_SPIKE] + [GOOD] * 7

    def test_two_different_wild_values_are_both_spikes(self) -> None:
        found = marks(taught(), [80.0, 40.0, 60.1], 64)
        assert found == [Q.UNCERTAIN_SPIKE, Q.UNCERTAIN_SPIKE, GOOD]

    def test_what_the_channel_often_does_is_no_spike(self) -> None:
        restless = Validator((flow(),))
        assert set(marks(restless, usual_day(200, spread=20))) == {GOOD}
        assert marks(restless, [100.0], 200) == [GOOD]

    def test_a_smaller_jump_than_the_site_calls_a_spike_is_none(self) -> None:
        assert marks(taught(checks=Checks(spike=25.0)), [80.0], 64) == [GOOD]

    def test_nothing_is_called_a_spike_before_the_channel_is_known(self) -> None:
        assert set(marks(Validator((flow(),)), [5.0, 50.0, 5.0, 50.0, 5.0])) == {GOOD}

    def test_a_direction_may_turn_past_north(self) -> None:
        vane = channel(field(Encoding.U16), "w", quantity=Quantity.WIND_DIRECTION)
        assert set(marks(Validator((vane,)), [358.0, 2.0] * 40)) == {GOOD}

    def test_a_set_point_may_jump(self) -> None:
        assert marks(taught(checks=Checks()), [95.0], 64) == [GOOD]


class TestNoise:
    def test_a_loose_contact_is_noise_until_some_minutes_after_it_holds_again(self) -> None:
        rng = random.Random(5)
        validator = taught()
        burst = [60 + rng.choice([-1, 1]) * rng.uniform(1.2, 2.2) for _ in range(40)]
        found = marks(validator, burst, 64)
        assert found[12:].count(Q.UNCERTAIN_NOISE) >= 26
        after = marks(validator, usual_day(40, seed=2), 104)
        assert set(after[RECOVERY_ROWS:]) == {GOOD}

    def test_a_single_spike_is_no_burst(self) -> None:
        assert marks(taught(), [90.0, *usual_day(20, seed=3)], 64)[1:] == [GOOD] * 20

    def test_a_steep_ramp_is_no_burst(self) -> None:
        ramp = [60 + 2 * n + noise for n, noise in enumerate(usual_day(30, mean=0, spread=0.2), 1)]
        assert Q.UNCERTAIN_NOISE not in marks(taught(), ramp, 64)

    def test_what_stays_noisy_for_a_day_is_learnt_anew(self) -> None:
        validator = taught()
        found = marks(validator, usual_day(2400, spread=6.0), 64)
        assert found[:1200].count(Q.UNCERTAIN_NOISE) > 600
        assert set(found[2300:]) == {GOOD}


class TestLevels:
    def test_what_was_learnt_from_junk_is_learnt_anew(self) -> None:
        pressure = channel(field(Encoding.F32), "p", quantity=Quantity.PRESSURE)
        validator = Validator((pressure,))
        marks(validator, [1e6, -1e6] * 20)
        marks(validator, usual_day(100, mean=500), 40)
        assert marks(validator, [700.0, 500.0], 140) == [Q.UNCERTAIN_SPIKE, GOOD]


class TestStale:
    def frames(self, count: int) -> Validator:
        return Validator(tuple(temperature(f"t{n}") for n in range(count)))

    def test_a_module_that_repeats_itself_to_the_last_digit_for_five_minutes(self) -> None:
        validator = self.frames(3)
        found = [validator.validate(scan(n, (60.11, 41.02, -20.3)), Clock.SYNCED).quality for n in range(7)]
        assert [len(quality) for quality in found] == [0, 0, 0, 0, 0, 3, 3]
        assert set(found[-1].values()) == {Q.UNCERTAIN_STALE}
        assert validator.validate(scan(7, (60.12, 41.02, -20.3)), Clock.SYNCED).quality == {}

    @pytest.mark.parametrize("values", [(60.1, 41.0), (60.1, 0.0, 0.0), (21.5, 21.5, 21.5)])
    def test_few_numbers_or_numbers_at_rest_prove_nothing(self, values: tuple[float, ...]) -> None:
        validator = self.frames(len(values))
        assert all(not validator.validate(scan(n, values), Clock.SYNCED).quality for n in range(20))

    def test_a_time_stamp_that_stands_still_makes_its_channel_old(self) -> None:
        stamp = channel(field(Encoding.U16), "stamp", quantity=Quantity.COUNT)
        checks = (Checks(stamp="stamp"), Checks(), Checks())
        validator = Validator((temperature("a"), temperature("b"), stamp), checks)
        stamps = [1.0, 2.0, 2.0, 2.0, 3.0]
        found = [
            validator.validate(scan(n, (60.0 + n, 5.0, at)), Clock.SYNCED).quality
            for n, at in enumerate(stamps)
        ]
        assert found == [{}, {}, {}, {0: Q.UNCERTAIN_STALE}, {}]


class TestMemory:
    def test_after_a_gap_of_more_than_three_periods_nothing_speaks_against_a_value(self) -> None:
        assert marks(taught(), [95.0], 63 + 3.1) == [GOOD]
        assert marks(taught(), [95.0], 63 + 3) == [Q.UNCERTAIN_SPIKE]

    def test_a_channel_without_values_has_a_gap_though_its_device_answers(self) -> None:
        assert marks(taught(), [None] * 4 + [95.0], 64) == [None] * 4 + [GOOD]

    @pytest.mark.parametrize("why", [Q.BAD_GARBLED, Q.BAD_DEVICE_STATUS, Q.BAD_SENTINEL])
    def test_what_is_bad_already_moves_nothing(self, why: Quality) -> None:
        validator = taught()
        validator.validate(scan(64, (80.0,), c0=why), Clock.SYNCED)
        assert marks(validator, [80.1, 60.0], 65) == [Q.UNCERTAIN_SPIKE, GOOD]

    def test_a_device_that_has_just_come_back_teaches_nothing(self) -> None:
        validator = taught()
        for minute in (64, 65):
            validator.validate(scan(minute, (80.0,)), Clock.SYNCED, after_fault=True)
        assert marks(validator, [80.0, 80.1], 66) == [Q.UNCERTAIN_SPIKE, GOOD]

    def test_an_unset_clock_does_not_keep_a_value_from_being_learnt(self) -> None:
        validator = taught()
        for n, value in enumerate([80.0, 80.1, 80.0], 64):
            validator.validate(scan(n, (value,)), Clock.UNSYNCED)
        assert marks(validator, [80.2], 67) == [GOOD]

    def test_a_late_row_is_judged_by_its_range_alone_and_teaches_nothing(self) -> None:
        validator = taught()
        assert marks(validator, [80.0], 63) == [GOOD]
        assert marks(validator, [80.0], 62.5) == [GOOD]
        assert marks(validator, [80.0, 60.0], 64) == [Q.UNCERTAIN_SPIKE, GOOD]

    def test_time_that_begins_anew_is_taken_after_three_late_rows(self) -> None:
        validator = taught()
        marks(validator, [60.0, 60.1, 60.2, 60.1], 5)
        assert marks(validator, [80.0, 60.0], 9) == [Q.UNCERTAIN_SPIKE, GOOD]

    def test_a_restart_keeps_what_is_usual_and_forgets_what_hangs_on_time(self) -> None:
        old, new = taught(), Validator((temperature(),))
        new.restore(old.state())
        assert new.state() == old.state()
        assert set(old.state().levels) == {"t"}
        assert marks(new, [95.0, 60.0, 60.1, 95.0], 0) == [GOOD, Q.UNCERTAIN_SPIKE, GOOD, Q.UNCERTAIN_SPIKE]

    def test_a_state_of_other_channels_or_of_nonsense_is_left_out(self) -> None:
        validator = Validator((temperature(),))
        validator.restore(DeviceState({"x": 1.0, "t": float("nan")}))
        assert validator.state().levels == {}
