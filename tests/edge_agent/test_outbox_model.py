"""The outbox beside a toy model: random appends, receipts, restarts and shortages of room."""

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from edge_agent.outbox import Outbox
from edge_agent.outbox.inspection import Inspection
from edge_agent.samples import Told
from tests.edge_agent.outboxes import NAMES, epochs, everything, scan, told
from wire import codec
from wire.messages import Batch, Clock, Loss, LossReason

ROOMY = 4 * 1024 * 1024
TIGHT = 64 * 1024
RANGES = st.lists(st.tuples(st.integers(1, 400), st.integers(1, 400)), max_size=4)


class OutboxMachine(RuleBasedStateMachine):
    """The model: payloads by number as they were first seen, and the numbers a loss has told of.

    Beside it the alarm events by what has become of them, and the state that was written last.
    """

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.bound = TIGHT
        self.written: dict[int, bytes] = {}
        self.receipted: set[int] = set()
        self.told: list[Loss] = []
        self.events = 0
        self.waiting: set[str] = set()
        self.with_alarms: set[int] = set()
        self.state: dict[str, bytes] = {}
        self.box = self.open()

    def open(self) -> Outbox:
        return Outbox.open(
            self.folder / "o.db",
            max_bytes=self.bound,
            boot="boot-1",
            site_class="air_post",
            epoch_source=epochs(),
        )

    def note(self, seq: int) -> None:
        """The newest batch is there as soon as it has its number."""
        (new,) = self.box.pending(seq - 1, 1, 1)
        assert new.seq == seq
        self.written[seq] = new.payload
        batch = codec.decode(Batch, new.payload)
        self.told += batch.losses
        if batch.alarms:
            self.with_alarms.add(seq)

    def event(self, clock: Clock = Clock.SYNCED) -> Told:
        self.events += 1
        return told(self.events, clock=clock)

    @rule(count=st.integers(1, 60), wide=st.booleans(), alarmed=st.integers(0, 3))
    def append(self, count: int, wide: bool, alarmed: int) -> None:
        """So many batches; the first ones of them carry an alarm event and the state it led to."""
        for place in range(count):
            number = len(self.written) + 1
            alarms = [self.event()] if place < alarmed else []
            state = {"conditions": b"%d" % self.events} if alarms else {}
            one = scan(number, device="wide" if wide else "boiler-1")
            assert self.box.append([one], NAMES, alarms, state) == number
            self.state |= state
            self.note(number)
            self.see_that_alarm_events_went_last()

    @rule()
    def hold(self) -> None:
        one = self.event(Clock.UNSYNCED)
        assert self.box.append([], NAMES, [one]) is None
        self.waiting.add(one.event.id)

    @rule()
    def release(self) -> None:
        """Each event that waited is in exactly one of the new batches."""
        before = len(self.written)
        assert self.box.release("boot-1", 1) == len(self.waiting)
        found = self.box.pending(before, 1_000, 1 << 40)
        assert [one.seq for one in found] == list(range(before + 1, before + 1 + len(self.waiting)))
        events = [event for one in found for event in codec.decode(Batch, one.payload).alarms]
        assert {event.id for event in events} == self.waiting
        assert len(events) == len(self.waiting)
        for one in found:
            self.note(one.seq)
        self.waiting.clear()
        self.see_that_alarm_events_went_last()

    @rule(ranges=RANGES)
    def receipt(self, ranges: list[tuple[int, int]]) -> None:
        there = {one.seq for one in everything(self.box)}
        named = {n for n in there for first, last in ranges if first <= n <= last}
        assert self.box.receipted(self.box.epoch, ranges) == len(named)
        self.receipted |= named
        self.with_alarms -= named

    @rule(ranges=RANGES)
    def foreign_receipt(self, ranges: list[tuple[int, int]]) -> None:
        assert self.box.receipted("00000000000000ff", ranges) == 0

    @rule(tight=st.booleans())
    def reopen(self, tight: bool) -> None:
        self.box.close()
        self.bound = TIGHT if tight else ROOMY
        self.box = self.open()
        assert self.box.state() == self.state

    @precondition(lambda self: self.written)
    @rule(data=st.data())
    def page(self, data: st.DataObject) -> None:
        after = data.draw(st.integers(0, len(self.written)))
        count = data.draw(st.integers(1, 70))
        later = [one for one in everything(self.box) if one.seq > after]
        assert self.box.pending(after, count, 1 << 40) == later[:count]

    @invariant()
    def what_is_there_is_as_it_was_written(self) -> None:
        there = everything(self.box)
        assert [one.seq for one in there] == sorted({one.seq for one in there})
        assert all(self.written[one.seq] == one.payload for one in there)
        assert self.box.depth().batches == len(there)
        assert not self.receipted & {one.seq for one in there}

    @invariant()
    def depth_counts_what_is_there(self) -> None:
        there = [codec.decode(Batch, one.payload) for one in everything(self.box)]
        readings = sum(len(t.channels) * len(t.rows) for batch in there for t in batch.tables)
        assert self.box.depth().readings == readings
        assert self.box.depth().oldest_seq == (there[0].seq if there else len(self.written) + 1)

    @invariant()
    def what_is_gone_was_receipted_or_is_told(self) -> None:
        with Inspection(self.folder / "o.db") as inspection:
            untold = inspection.overview().untold_losses
        there = {one.seq for one in everything(self.box)}
        told = {n for loss in (*self.told, *untold) for n in range(loss.first_seq, loss.last_seq + 1)}
        assert set(self.written) - there - self.receipted <= told

    def see_that_alarm_events_went_last(self) -> None:
        """To be called after every write: where one has gone, nothing but the newest batch had none."""
        there = {one.seq for one in everything(self.box)}
        gone = self.with_alarms - there
        if gone:
            assert not there - self.with_alarms - {max(there)}
        self.with_alarms -= gone

    @invariant()
    def nothing_is_given_up_for_its_clock(self) -> None:
        assert LossReason.CLOCK_UNKNOWN not in {loss.reason for loss in self.told}

    def teardown(self) -> None:
        self.box.close()
        shutil.rmtree(self.folder)


OutboxMachine.TestCase.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)
TestOutboxModel = OutboxMachine.TestCase
