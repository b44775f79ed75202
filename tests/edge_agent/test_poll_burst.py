"""When a device is polled beside its grid, and what that may cost the others: simulated time only."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from edge_agent.poll.budget import Budget
from edge_agent.poll.burst import HOUR_MS, Burst
from edge_agent.settings import PollTable

TICK_MS = 60_000
DEFAULTS = PollTable()


def polled_at(burst: Burst, *times_ms: int) -> None:
    for now_ms in times_ms:
        burst.polled(now_ms, answered=True)


def slots(burst: Burst, start_ms: int, end_ms: int, *, hurried: bool = False) -> list[int]:
    """Every burst poll of a device that is alone on its line and answers within 50 ms."""
    found: list[int] = []
    now_ms = start_ms
    while now_ms < end_ms:
        tick_ms = (now_ms // TICK_MS + 1) * TICK_MS
        slot_ms = burst.slot(now_ms, 1000, tick_ms, tick_ms)
        now_ms = tick_ms if slot_ms is None else slot_ms
        if slot_ms is not None:
            found.append(slot_ms)
        polled_at(burst, now_ms)
        if hurried:
            burst.hurry(now_ms)
        now_ms += 50
    return found


def test_nothing_is_polled_beside_the_grid_while_nothing_is_wrong() -> None:
    assert slots(burst := Burst(DEFAULTS, 1000), 0, HOUR_MS) == []
    assert not burst.is_on(HOUR_MS)


def test_a_burst_is_a_poll_every_five_seconds_for_two_minutes() -> None:
    burst = Burst(DEFAULTS, 1000)
    polled_at(burst, 0)
    burst.hurry(50)
    each_minute = list(range(5000, 60_000, 5000))
    assert slots(burst, 50, HOUR_MS) == [*each_minute, *(60_000 + t for t in each_minute)]


def test_hurry_long_after_the_last_poll_is_a_poll_at_once_and_again_prolongs() -> None:
    burst = Burst(DEFAULTS, 1000)
    polled_at(burst, 0)
    burst.hurry(31_234)
    assert burst.slot(31_234, 1000, TICK_MS, TICK_MS) == 31_234
    burst.hurry(100_000)
    assert burst.is_on(220_000)
    assert not burst.is_on(220_001)


def test_a_device_is_never_polled_faster_than_its_profile_allows() -> None:
    burst = Burst(DEFAULTS, 7000)
    polled_at(burst, 0)
    burst.hurry(0)
    times = slots(burst, 50, 60_000)
    assert times == [7000, 14_000, 21_000, 28_000, 35_000, 42_000, 49_000]
    assert burst.slot(53_001, 10, TICK_MS, TICK_MS) is None, "too near to the next regular one"


@pytest.mark.parametrize(("longest_ms", "expected"), [(1000, 59_000), (1001, None)])
def test_a_burst_poll_begins_only_if_it_ends_before_the_next_tick(
    longest_ms: int, expected: int | None
) -> None:
    burst = Burst(DEFAULTS, 100)
    polled_at(burst, 54_000)
    burst.hurry(54_000)
    assert burst.slot(54_000, longest_ms, 2 * TICK_MS, TICK_MS) == expected


def test_a_device_that_does_not_answer_is_left_alone_until_a_poll_is_answered() -> None:
    burst = Burst(DEFAULTS, 1000)
    burst.hurry(0)
    assert burst.slot(1000, 100, TICK_MS, TICK_MS) is None, "never polled yet"
    polled_at(burst, 1000)
    burst.polled(6000, answered=False)
    assert burst.slot(6001, 100, TICK_MS, TICK_MS) is None
    polled_at(burst, 60_000)
    assert burst.slot(60_100, 100, 2 * TICK_MS, 2 * TICK_MS) == 65_000


def test_what_is_always_odd_is_polled_fast_for_a_quarter_of_each_hour() -> None:
    burst = Burst(DEFAULTS, 1000)
    polled_at(burst, 0)
    burst.hurry(0)
    extra = slots(burst, 50, 3 * HOUR_MS, hurried=True)
    assert max(extra[:165]) < 900_000 < HOUR_MS <= extra[165], "180 polls, of which 15 were regular"
    assert len(extra) == pytest.approx(3 * 165, abs=3)


def test_no_seconds_an_hour_is_no_burst_at_all() -> None:
    burst = Burst(PollTable(burst_per_hour_s=0), 1000)
    polled_at(burst, 0)
    burst.hurry(0)
    assert slots(burst, 50, HOUR_MS, hurried=True) == []


class Odd(Struct, frozen=True):
    """A device of the simulated line: what its answers take, `longest_ms` at most, and when it looks odd."""

    period_ms: int
    longest_ms: int
    answers_ms: list[int]
    odd: list[bool]


class Simulated:
    """A line in simulated time: regular polls at their ticks, burst polls as `Burst` and `Budget` allow."""

    def __init__(self, devices: list[Odd], poll: PollTable) -> None:
        self.devices, self.poll = devices, poll
        self.bursts = [Burst(poll, 1000) for _ in devices]
        self.capacity_s = max(d.longest_ms for d in devices) / 1000 + poll.burst_share * poll.burst_every_s
        self.budget = Budget(poll.burst_share, self.capacity_s, 0.0)
        self.due_ms = [device.period_ms for device in devices]
        self.regular: list[tuple[int, int]] = []
        """When due, and when begun."""
        self.extra: list[tuple[int, int, int]] = []
        """Device, begun, took."""
        self.now_ms = self.rest_ms = self.polls = 0

    def run(self, end_ms: int) -> None:
        while self.now_ms < end_ms:
            due = [n for n, due_ms in enumerate(self.due_ms) if due_ms <= self.now_ms]
            for n in due:
                self.regular.append((self.due_ms[n], self.now_ms))
                self.due_ms[n] += self.devices[n].period_ms
                self._poll(n)
            self._burst() if not due else None

    def _burst(self) -> None:
        tick_ms = min(self.due_ms)
        free_ms = max(self.now_ms, self.rest_ms)
        found = [
            (slot_ms, n)
            for n, burst in enumerate(self.bursts)
            if (slot_ms := burst.slot(free_ms, self.devices[n].longest_ms, self.due_ms[n], tick_ms))
            is not None
        ]
        if not found or min(found)[0] > self.now_ms:
            self.now_ms = min([tick_ms, *(slot_ms for slot_ms, _ in found)])
            return
        _, n = min(found)
        if not self.budget.affords("bursts", self.devices[n].longest_ms / 1000, self.now_ms / 1000):
            self.rest_ms = self.now_ms + round(1000 * self.poll.burst_every_s)
            return
        began_ms = self.now_ms
        self._poll(n)
        took_ms = self.now_ms - began_ms
        self.extra.append((n, began_ms, took_ms))
        self.budget.spend(took_ms / 1000)

    def _poll(self, n: int) -> None:
        device, began_ms = self.devices[n], self.now_ms
        self.polls += 1
        self.now_ms += min(device.answers_ms[self.polls % len(device.answers_ms)], device.longest_ms)
        self.bursts[n].polled(began_ms, answered=self.now_ms - began_ms < device.longest_ms)
        if device.odd[self.polls % len(device.odd)]:
            self.bursts[n].hurry(self.now_ms)


@st.composite
def odd_devices(draw: st.DrawFn) -> Odd:
    longest_ms = draw(st.integers(20, 1500))
    return Odd(
        period_ms=draw(st.sampled_from([5000, 10_000, 60_000])),
        longest_ms=longest_ms,
        answers_ms=draw(st.lists(st.integers(1, longest_ms), min_size=1, max_size=5)),
        odd=draw(st.lists(st.booleans(), min_size=1, max_size=5)),
    )


LINES = st.lists(odd_devices(), min_size=1, max_size=3)
POLLS = st.builds(
    PollTable,
    burst_every_s=st.sampled_from([1.0, 2.0, 5.0]),
    burst_for_s=st.sampled_from([5.0, 30.0, 120.0]),
    burst_per_hour_s=st.sampled_from([0.0, 20.0, 300.0]),
    burst_share=st.floats(0.01, 0.5),
)


@given(LINES, POLLS)
@settings(max_examples=60, deadline=None)
def test_bursts_keep_within_their_share_of_the_line_in_any_stretch(
    devices: list[Odd], poll: PollTable
) -> None:
    line = Simulated(devices, poll)
    line.run(300_000)
    for first in range(len(line.extra)):
        spent_s = 0.0
        for _, began_ms, took_ms in line.extra[first:]:
            spent_s += took_ms / 1000
            stretch_s = (began_ms + took_ms - line.extra[first][1]) / 1000
            assert spent_s <= poll.burst_share * stretch_s + line.capacity_s + 1e-6


@given(LINES, POLLS)
@settings(max_examples=60, deadline=None)
def test_a_regular_poll_begins_as_if_there_were_no_bursts(devices: list[Odd], poll: PollTable) -> None:
    """Only other regular polls of the same line, which come first, can hold one up."""
    line = Simulated(devices, poll)
    line.run(300_000)
    extra = [(began_ms, began_ms + took_ms) for _, began_ms, took_ms in line.extra]
    for due_ms, _ in line.regular:
        assert not any(began < due_ms < ended for began, ended in extra)
    assert all(line.due_ms[n] >= 300_000 for n in range(len(devices))), "and none is left out"


@given(LINES, POLLS)
@settings(max_examples=40, deadline=None)
def test_in_any_hour_a_device_is_polled_fast_only_so_long(devices: list[Odd], poll: PollTable) -> None:
    line = Simulated(devices, poll)
    line.run(HOUR_MS + 900_000)
    most = poll.burst_per_hour_s // poll.burst_every_s
    for n in range(len(devices)):
        times = [began_ms for m, began_ms, _ in line.extra if m == n]
        assert all(sum(t <= u < t + HOUR_MS for u in times) <= most for t in times)
        assert all(b - a >= 1000 * poll.burst_every_s for a, b in pairwise(times))
