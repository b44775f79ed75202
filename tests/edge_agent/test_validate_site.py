"""What channels of a site say of one another."""

from itertools import count

import msgspec
import pytest

from edge_agent.samples import RelationBroken
from edge_agent.settings.checks import Checks, usual
from edge_agent.settings.relations import Condition, Relation, Side, Term
from edge_agent.validate import SiteState, SiteValidator, Verdict
from sensor_profiles.model import Channel, Encoding
from tests.edge_agent.rows import WALL_MS, Q, device, flow, scan, temperature, usual_day
from tests.edge_agent.written import channel, field
from wire.messages import Clock, Quality, Value
from wire.quantities import Quantity


def stuck_after(
    watched: Channel,
    value: float,
    minutes: int = 70,
    checks: Checks | None = None,
    *,
    peers_move: bool = True,
) -> int | None:
    """The minute at which a value that never changes is called stuck, beside another device's temperature."""
    site = SiteValidator(
        [device("a", [watched], [checks or usual(watched)]), device("b", [temperature("peer")])]
    )
    peer = usual_day(minutes, spread=1.0 if peers_move else 0.001)
    for minute in range(minutes):
        site.validate(scan(minute, (peer[minute],), "b"), Clock.SYNCED)
        verdict = site.validate(scan(minute, (value,), "a"), Clock.SYNCED)
        if verdict.scan.quality.get(0) is Q.UNCERTAIN_STUCK:
            return minute
    return None


class TestStuck:
    def test_a_frozen_sensor_is_stuck_after_an_hour_in_which_a_peer_of_another_device_moved(self) -> None:
        assert stuck_after(temperature(), 61.25) == 60

    def test_the_site_may_be_less_patient(self) -> None:
        assert stuck_after(temperature(), 61.25, checks=Checks(stuck_ms=15 * 60_000)) == 15

    def test_where_everything_stands_still_nothing_is_stuck(self) -> None:
        assert stuck_after(temperature(), 61.25, 200, peers_move=False) is None

    @pytest.mark.parametrize("value", [0.0, 100.0])
    def test_a_value_at_rest_is_not_stuck(self, value: float) -> None:
        assert stuck_after(channel(field(Encoding.F32), low=0.0, high=100.0), value) is None

    @pytest.mark.parametrize("quantity", [Quantity.STATE, Quantity.ENERGY, Quantity.COUNT])
    def test_a_state_or_a_counter_may_stand(self, quantity: Quantity) -> None:
        assert stuck_after(channel(field(Encoding.F32), quantity=quantity), 7.0) is None

    def test_a_constant_channel_may_stand(self) -> None:
        assert stuck_after(temperature(), 61.25, checks=Checks()) is None

    def test_an_instrument_that_counts_whole_degrees_is_given_a_day(self) -> None:
        assert stuck_after(channel(field(Encoding.I8)), 12.0, 300) is None
        assert stuck_after(channel(field(Encoding.I8)), 12.0, 1500) == 1440

    def test_without_a_channel_of_its_quantity_all_others_are_peers(self) -> None:
        assert stuck_after(flow(), 41.5) == 60

    def test_a_peer_that_moved_an_hour_ago_is_no_witness(self) -> None:
        site = SiteValidator([device("a", [temperature()]), device("b", [temperature()])])
        peer = [50.0 + min(minute, 12) for minute in range(100)]
        found: list[Quality | None] = []
        for minute in range(100):
            site.validate(scan(minute, (peer[minute],), "b"), Clock.SYNCED)
            found.append(site.validate(scan(minute, (44.5,), "a"), Clock.SYNCED).scan.quality.get(0))
        assert found[60] is Q.UNCERTAIN_STUCK
        assert set(found[76:]) == {None}

    def test_declared_peers_are_the_only_ones(self) -> None:
        declared = Checks(stuck_ms=30 * 60_000, peers=("b.u2",))
        site = SiteValidator(
            [
                device("a", [temperature("t")], [declared]),
                device("b", [temperature("u1"), temperature("u2")]),
            ]
        )
        moving = usual_day(120, spread=1.0)
        found: list[Quality | None] = []
        for minute in range(120):
            second = 50.0 if minute < 60 else moving[minute]
            site.validate(scan(minute, (moving[minute], second), "b"), Clock.SYNCED)
            found.append(site.validate(scan(minute, (44.5,), "a"), Clock.SYNCED).scan.quality.get(0))
        assert Q.UNCERTAIN_STUCK not in found[:60]
        assert Q.UNCERTAIN_STUCK in found[60:70]

    def test_a_sensor_that_moves_again_is_good_at_once_and_a_gap_begins_the_hour_anew(self) -> None:
        site = SiteValidator([device("a", [temperature("t"), temperature("peer")])])
        peer = usual_day(300, spread=1.0)

        def quality(minute: int, value: float) -> Quality | None:
            verdict = site.validate(scan(minute, (value, peer[minute]), "a"), Clock.SYNCED)
            return verdict.scan.quality.get(0)

        assert [quality(m, 55.0) for m in range(66)][-1] is Q.UNCERTAIN_STUCK
        assert quality(66, 55.1) is None
        assert {quality(m, 55.1) for m in range(67, 120)} == {None}
        assert {quality(m, 55.1) for m in range(130, 189)} == {None}
        assert quality(190, 55.1) is Q.UNCERTAIN_STUCK

    def test_bad_values_between_equal_ones_do_not_end_a_standstill(self) -> None:
        site = SiteValidator([device("a", [temperature("t"), temperature("peer")])])
        peer = usual_day(90, spread=1.0)
        last: Verdict | None = None
        for minute in range(70):
            lost = minute % 10 == 5
            values: tuple[Value, ...] = (None if lost else 55.0, peer[minute])
            faults = {"c0": Q.BAD_SENTINEL} if lost else {}
            last = site.validate(scan(minute, values, "a", **faults), Clock.SYNCED)
        assert last is not None
        assert last.scan.quality == {0: Q.UNCERTAIN_STUCK}


def side(*terms: tuple[str, int], constant: float = 0.0) -> Side:
    return Side(tuple(Term(1.0, name, index) for name, index in terms), constant)


SUPPLY, RETURN = ("a", 0), ("b", 0)
SWAPPED = Relation(
    name="supply-above-return",
    left=side(SUPPLY),
    op=">=",
    right=side(RETURN),
    margin=1.0,
    holds_ms=120_000,
    when=Condition("a", 0, 30.0, 1000.0),
    swapped=True,
    points=("a.t", "b.t"),
    unit="Cel",
)


def related(relation: Relation, a: list[Value], b: list[Value]) -> list[tuple[Verdict, Verdict]]:
    site = SiteValidator([device("a", [temperature()]), device("b", [temperature()])], [relation])
    return [
        (
            site.validate(scan(n, (x,), "a"), Clock.SYNCED),
            site.validate(scan(n + 0.05, (y,), "b"), Clock.SYNCED),
        )
        for n, x, y in zip(count(), a, b, strict=False)
    ]


class TestRelations:
    def test_a_swapped_pair_is_called_so_on_both_devices_once_it_has_lasted(self) -> None:
        found = related(SWAPPED, [45.0, 45.1, 45.2, 45.3], [70.0, 70.1, 70.2, 70.1])
        assert [a.scan.quality for a, _ in found] == [{}, {}, {}, {0: Q.UNCERTAIN_SWAPPED}]
        swapped = {0: Q.UNCERTAIN_SWAPPED}
        assert [b.scan.quality for _, b in found] == [{}, {}, swapped, swapped]
        assert found[2][1].broken == (
            RelationBroken(
                name="supply-above-return",
                points=("a.t", "b.t"),
                since_ms=WALL_MS + 3_000,
                taken=found[2][1].scan.taken,
                left=45.2,
                op=">=",
                right=70.2,
                margin=1.0,
                unit="Cel",
            ),
        )

    def test_what_holds_is_told_as_well(self) -> None:
        (first, second), *_ = related(SWAPPED, [70.0], [45.0])
        assert (first.kept, first.broken) == ((), ())
        assert second.kept == ("supply-above-return",)

    @pytest.mark.parametrize("back", [70.0, 70.9])
    def test_within_the_margin_it_holds(self, back: float) -> None:
        assert not related(SWAPPED, [70.0] * 5, [back] * 5)[-1][1].broken

    def test_without_heat_nothing_is_said(self) -> None:
        assert not related(SWAPPED, [20.0, 20.1] * 3, [24.0, 24.1] * 3)[-1][1].broken

    def test_it_is_over_when_it_holds_again(self) -> None:
        found = related(SWAPPED, [45.0, 45.1, 45.2, 45.3, 70.1], [70.0, 70.1, 70.2, 70.1, 45.2])
        assert found[3][1].broken
        # The jumps are judged for themselves: the values that end it are in doubt for one row.
        again = related(SWAPPED, [45.0, 45.1, 45.2, 60.0], [46.5, 46.6, 46.7, 46.8])
        assert again[2][1].broken
        assert again[3][0].kept == ("supply-above-return",)

    def test_a_balance_is_missed_to_either_side(self) -> None:
        balance = msgspec.structs.replace(
            SWAPPED, op="==", when=None, holds_ms=0, swapped=False, right=side(RETURN, constant=5.0)
        )
        values: list[tuple[float, bool]] = [(50.0, False), (48.9, True), (51.1, True), (50.9, False)]
        for supply, is_broken in values:
            verdict = related(balance, [supply], [45.0])[0][1]
            assert bool(verdict.broken) is is_broken
            assert (verdict.scan.quality.get(0) is Q.UNCERTAIN_INCONSISTENT) is is_broken

    def test_a_value_that_is_bad_or_old_decides_nothing(self) -> None:
        site = SiteValidator([device("a", [temperature()]), device("b", [temperature()])], [SWAPPED])
        site.validate(scan(0, (45.0,), "a"), Clock.SYNCED)
        site.validate(scan(0, (70.0,), "b"), Clock.SYNCED)
        bad = site.validate(scan(1, (45.0,), "a", c0=Q.BAD_DEVICE_STATUS), Clock.SYNCED)
        assert (bad.broken, bad.kept) == ((), ())
        for minute in range(5, 12):
            late = site.validate(scan(minute, (45.0,), "a"), Clock.SYNCED)
            assert (late.broken, late.kept) == ((), ())

    def test_a_worse_quality_stays(self) -> None:
        at_once = msgspec.structs.replace(SWAPPED, holds_ms=0)
        site = SiteValidator(
            [device("a", [temperature()]), device("b", [temperature(), temperature("t2")])], [at_once]
        )
        site.validate(scan(0, (45.0,), "a"), Clock.UNSYNCED)
        verdict = site.validate(scan(0, (70.0, None), "b", c1=Q.BAD_NO_ANSWER), Clock.UNSYNCED)
        assert verdict.scan.quality == {0: Q.UNCERTAIN_SWAPPED, 1: Q.BAD_NO_ANSWER}


def test_what_the_site_doubts_teaches_no_check() -> None:
    at_once = msgspec.structs.replace(SWAPPED, holds_ms=0, when=None)
    known = SiteValidator([device("a", [temperature()]), device("b", [temperature()])], [at_once])
    for minute, value in enumerate(usual_day(64, mean=80)):
        known.validate(scan(minute, (value,), "a"), Clock.SYNCED)
        known.validate(scan(minute, (value - 20,), "b"), Clock.SYNCED)
    for minute in (64, 65):  # the jump itself is in doubt for one row, and decides nothing
        known.validate(scan(minute, (40.0,), "a"), Clock.SYNCED)
        known.validate(scan(minute, (60.0,), "b"), Clock.SYNCED)
    before = known.state()
    for minute, value in enumerate(usual_day(200, mean=40), 66):
        known.validate(scan(minute, (value,), "a"), Clock.SYNCED)
        known.validate(scan(minute, (60.0 + value / 100,), "b"), Clock.SYNCED)
    assert known.state().devices["b"] == before.devices["b"]


def test_the_state_is_plain_numbers_with_a_version_and_survives_the_disk() -> None:
    devices = [device("a", [temperature()]), device("b", [flow()])]
    old, new = SiteValidator(devices), SiteValidator(devices[:1])
    for minute, value in enumerate(usual_day(64)):
        old.validate(scan(minute, (value,), "a"), Clock.SYNCED)
        old.validate(scan(minute, (value,), "b"), Clock.SYNCED)
    saved = msgspec.json.encode(old.state())
    new.restore(msgspec.json.decode(saved, type=SiteState))
    assert new.state().devices == {"a": old.state().devices["a"]}
    with pytest.raises(msgspec.ValidationError, match="version"):
        msgspec.json.decode(saved.replace(b'"version":1', b'"version":2'), type=SiteState)
