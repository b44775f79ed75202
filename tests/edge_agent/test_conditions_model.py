"""Whatever comes, alarms make sense: compared at each step with a model that remembers everything."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from edge_agent.conditions import ConditionsState, StateMisfitError, decode_state, encode_state
from edge_agent.conditions.board import Slot
from edge_agent.conditions.machine import Rule, Track, Turn, step
from edge_agent.conditions.timeline import Point
from edge_agent.settings.alarms import ChannelAlarms
from tests.edge_agent.watched import Gateway, device
from wire.messages import LinkStatus, Quality

values = st.one_of(
    st.none(), st.sampled_from([89.0, 92.0, 94.0, 96.0, 106.0]), st.floats(), st.text(max_size=2)
)
waits = st.sampled_from([0, 1, 1000, 20_000, 60_000, 400_000])


@dataclass
class Reference:
    """The rule said again, from a list of all judgements since it ended or knew nothing for too long."""

    rule: Rule
    raised: bool = False
    judged: list[tuple[int, bool, bool]] = field(default_factory=list)
    """Time, judgement, whether it follows the one before without a hole."""
    unbroken: bool = False
    turned: int = 0
    """How many of these came before it was raised."""

    def step(self, t: int, holds: bool | None) -> Turn:
        if holds is None:
            self.unbroken = False
            return Turn.NONE
        if self.judged and t - self.judged[-1][0] > self.rule.gap_ms:
            self.judged, self.turned, self.unbroken = [], 0, False
        self.judged.append((t, holds, self.unbroken))
        self.unbroken = True
        if not self._opposite_for(self.rule.off_delay_ms if self.raised else self.rule.on_delay_ms):
            return Turn.NONE
        if not self.raised and not holds:
            return Turn.NONE
        self.raised = not self.raised
        self.judged = [] if not self.raised else self.judged
        self.turned = len(self.judged)
        return Turn.RAISE if self.raised else Turn.CLEAR

    def _is_opposite(self, index: int) -> bool:
        if self.raised:
            return not self.judged[index][1]
        return sum(j[1] for j in self.judged[max(0, index + 1 - self.rule.of) : index + 1]) >= self.rule.count

    def _opposite_for(self, delay_ms: int) -> bool:
        held = 0
        index = len(self.judged) - 1
        if not self._is_opposite(index):
            return False
        first = self.turned if self.raised else 0
        while index > first and self._is_opposite(index - 1):
            t, _, follows = self.judged[index]
            held += t - self.judged[index - 1][0] if follows else 0
            index -= 1
        return held >= delay_ms


rules = st.builds(
    Rule,
    on_delay_ms=st.sampled_from([0, 5, 10]),
    off_delay_ms=st.sampled_from([0, 5, 10]),
    count=st.integers(1, 3),
    of=st.integers(3, 5),
    gap_ms=st.just(20),
)


@settings(max_examples=300, deadline=None)
@given(rules, st.lists(st.tuples(st.sampled_from([0, 1, 4, 6, 25]), st.sampled_from([True, False, None]))))
def test_the_machine_does_what_the_rule_says(
    constants: Rule, judgements: list[tuple[int, bool | None]]
) -> None:
    track, reference, t = Track(), Reference(constants), 1000
    for wait, holds in judgements:
        t += wait
        assert step(track, constants, t, holds=holds) is reference.step(t, holds)
        assert track.raised == reference.raised


@given(st.lists(st.tuples(st.integers(-100, 100), st.sampled_from([True, False, None])), max_size=40))
def test_a_delay_is_never_shorter_than_the_time_it_was_seen(
    judgements: list[tuple[int, bool | None]],
) -> None:
    constants = Rule(on_delay_ms=50, off_delay_ms=50, gap_ms=1000)
    track, t, seen_for, latest = Track(), 10_000, 0, 0
    for wait, holds in judgements:
        t += wait
        if holds is not None:
            seen_for += max(t - latest, 0) if latest else 0
            latest = max(t, latest)
        turn = step(track, constants, t, holds=holds)
        assert turn is Turn.NONE or seen_for >= 50
        seen_for = 0 if turn is not Turn.NONE else seen_for


class Plant(RuleBasedStateMachine):
    """Three devices on two links, polled, restarted and mistreated in any order."""

    def __init__(self) -> None:
        super().__init__()
        watched = ChannelAlarms(
            low=30, high=95, high_high=105, deadband=2, on_delay_s=30, rate_per_min=20, stuck_min=5
        )
        self.gateway = Gateway(
            device("a", watched, watched), device("b", watched), device("c", watched, link="lan")
        )

    @rule(name=st.sampled_from("abc"), value=values, quality=st.none() | st.sampled_from(Quality), wait=waits)
    def polled(self, name: str, value: float | str | None, quality: Quality | None, wait: int) -> None:
        self.gateway.wait(wait)
        width = 2 if name == "a" else 1
        self.gateway.scan(name, *[value] * width, faults={} if quality is None else {0: quality})

    @rule(value=st.sampled_from([96.0, 106.0, 50.0]), times=st.integers(1, 5))
    def steady(self, value: float, times: int) -> None:
        for _ in range(times):
            for name, width in (("a", 2), ("b", 1), ("c", 1)):
                self.gateway.scan(name, *[value] * width)
            self.gateway.wait()

    @rule(
        names=st.sets(st.sampled_from("abc")), times=st.integers(1, 5), fault=st.sampled_from(["no", "down"])
    )
    def silent(self, names: set[str], times: int, fault: str) -> None:
        quality = Quality.BAD_NO_ANSWER if fault == "no" else Quality.BAD_LINK_DOWN
        for _ in range(times):
            for name in names:
                self.gateway.silent(name, quality)
            self.gateway.wait()

    @rule(up=st.booleans(), load=st.floats(0, 1), late=st.integers(0, 5))
    def told(self, up: bool, load: float, late: int) -> None:
        self.gateway.health(LinkStatus(name="line", up=up, load=load, late_polls=late))

    @rule(back=st.integers(1, 10_000_000))
    def wall_clock_set_back(self, back: int) -> None:
        self.gateway.wait(-back)
        self.gateway.boot_ms -= back

    @rule()
    def duplicate(self) -> None:
        for name, width in (("a", 2), ("b", 1), ("c", 1)):
            self.gateway.scan(name, *[70.0] * width)
            assert self.gateway.scan(name, *[200.0] * width) == []

    @rule(away=waits)
    def restarted(self, away: int) -> None:
        before = self.gateway.standing()
        self.gateway.restart(away_ms=away)
        assert self.gateway.standing() == before

    @invariant()
    def alternates_and_no_effect_stands_beside_its_cause(self) -> None:
        standing = {key.rpartition("/")[0] for key in self.gateway.standing()}
        for key in standing:
            code, _, place = key.partition("/")
            assert not (code == "high" and f"high_high/{place}" in standing)
            owner = place.partition("/")[0]
            link = "lan" if owner == "c" else "line"
            if code in {"sensor_broken", "sensor_missing", "stuck", "stuck_beside_others"}:
                assert f"device_silent/{owner}" not in standing
            if code in {"sensor_broken", "sensor_missing", "stuck", "device_silent"}:
                assert f"link_silent/{link}" not in standing


def test_alarms_make_sense_whatever_comes() -> None:
    run_state_machine_as_test(
        Plant, settings=settings(max_examples=60, stateful_step_count=40, deadline=None)
    )


@given(st.binary(max_size=60))
def test_bytes_that_are_no_state_are_refused_by_name(saved: bytes) -> None:
    with pytest.raises(StateMisfitError):
        decode_state(saved)


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing() -> None:
    gateway = Gateway(device("heat", None))
    newer = ConditionsState(version=2, latest=Point(), slots={})
    odd = ConditionsState(latest=Point(), slots={"high/heat/t0": Slot(Track(raised=True))})
    for state, sentence in (
        (newer, "version 2; this program knows 1"),
        (odd, "raised, yet nothing was said"),
    ):
        with pytest.raises(StateMisfitError, match=sentence):
            gateway.conditions.restore(decode_state(encode_state(state)))
    assert gateway.minutes("heat", 70.0, 71.0) == []
