"""The whole desk over a real database: gateways, dispatchers, the clock and restarts in any order."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from collector import state
from collector.alarms import book
from collector.alarms.alarm import Action, Actor
from collector.alarms.desk import Desk, Policies, Told
from collector.alarms.lifecycle import ASIDE, TABLE, State, Trigger
from collector.settings import AlarmsTable
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

MINUTE: Final = 60_000
PLACES: Final = ("t", "p")
PEOPLE = sorted(
    {Trigger.ACKNOWLEDGE, Trigger.RESET, Trigger.SHELVE, Trigger.SUPPRESS, Trigger.REMOVE, Trigger.RELEASE}
)
TABLE_OF = AlarmsTable(realarm_min=(30, 30, 30, 30), nag_min=(5, 5, 5, 5), latching=("latch",))
CODES = {"t": "high", "p": "latch"}
_numbers = itertools.count()


class Region(RuleBasedStateMachine):
    """Two alarms of one gateway; each run has a gateway of its own in the shared database."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.gateway = Gateway(f"m-{next(_numbers)}", "gw")
        self.now_ms = 1_000_000
        self.holds = dict.fromkeys(PLACES, False)
        self.raised = dict.fromkeys(PLACES, 0)
        self.sent: list[Told] = []
        self.engine = state.open_state(self.url)
        self.desk = Desk(Policies(TABLE_OF))

    def teardown(self) -> None:
        self.engine.dispose()

    @rule()
    def restart(self) -> None:
        self.engine.dispose()
        self.engine = state.open_state(self.url)
        self.desk = Desk(Policies(TABLE_OF))

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        with state.writing(self.engine) as transaction:
            yield transaction

    def key(self, place: str) -> str:
        return f"{self.gateway}/{CODES[place]}/{place}"

    @rule(place=st.sampled_from(PLACES), priority=st.integers(1, 4))
    def gateway_says(self, place: str, priority: int) -> None:
        self.holds[place] = not self.holds[place]
        self.raised[place] += self.holds[place]
        event = AlarmEvent(
            id=f"{CODES[place]}/{place}/{self.raised[place]}",
            code=CODES[place],
            state=AlarmState.RAISED if self.holds[place] else AlarmState.CLEARED,
            t_ms=self.now_ms,
            since_ms=self.now_ms,
            priority=priority,
        )
        self.sent.append((self.gateway, event))
        with self.writing() as transaction:
            self.desk.take(transaction, [self.sent[-1]], self.now_ms)

    @rule(data=st.data())
    def old_batches_come_again(self, data: st.DataObject) -> None:
        again = data.draw(st.permutations(self.sent))
        with self.writing() as transaction:
            before = book.last_seq(transaction)
            self.desk.take(transaction, again, self.now_ms)
            assert book.last_seq(transaction) == before

    @rule(minutes=st.integers(1, 90))
    def time_passes(self, minutes: int) -> None:
        self.now_ms += minutes * MINUTE
        with self.writing() as transaction:
            self.desk.pass_time(transaction, self.now_ms)
            assert not self.desk.is_due(transaction, self.now_ms)

    @rule(place=st.sampled_from(PLACES), trigger=st.sampled_from(PEOPLE), name=st.sampled_from("ab"))
    def person_does(self, place: str, trigger: Trigger, name: str) -> None:
        key = self.key(place)
        action = Action(trigger=trigger, comment="why", until_ms=self.now_ms + 60 * MINUTE)
        with self.writing() as transaction:
            known = book.known(transaction, [key]).get(key)
            before = book.last_seq(transaction)
            done = self.desk.act(transaction, [key], action, by=Actor(name), now_ms=self.now_ms)
            moved = book.last_seq(transaction) - before
        is_possible = known is not None and (known.state, trigger) in TABLE
        assert moved == is_possible
        assert (key in done.refused) == (
            not is_possible and not self.is_late(known.state if known else None, trigger)
        )

    @staticmethod
    def is_late(now: State | None, trigger: Trigger) -> bool:
        """Acknowledging what is over is no error."""
        return now is State.NORMAL and trigger is Trigger.ACKNOWLEDGE

    @rule(place=st.sampled_from(PLACES))
    def what_is_not_committed_did_not_happen(self, place: str) -> None:
        action = Action(trigger=Trigger.REMOVE, comment="why")
        with self.engine.connect() as given_up:
            self.desk.act(given_up, [self.key(place)], action, by=Actor("a"), now_ms=self.now_ms)

    @invariant()
    def the_book_says_what_the_plant_and_the_journal_say(self) -> None:
        with state.reading(self.engine) as connection:
            known = book.known(connection, [self.key(place) for place in PLACES])
            lines = {place: book.lines(connection, key=self.key(place)) for place in PLACES}
        for place in PLACES:
            entries = [line.entry for line in lines[place]]
            raises = [entry for entry in entries if entry.trigger is Trigger.RAISE]
            assert len(raises) == self.raised[place]
            alarm = known.get(self.key(place))
            assert (alarm is None) == (not entries)
            if alarm is None:
                continue
            assert alarm.active == self.holds[place]
            assert alarm.state is entries[-1].after
            assert not (alarm.active and alarm.state in {State.NORMAL, State.RETURNED})
            assert (alarm.aside is not None) == (alarm.state in ASIDE)
            for one, following in itertools.pairwise(entries):
                assert one.after is following.before

    @invariant()
    def the_chain_is_whole(self) -> None:
        with state.reading(self.engine) as connection:
            assert book.broken_at(connection) is None


@pytest.mark.parametrize("steps", [25])
def test_the_desk_over_a_database(state_url: str, steps: int) -> None:
    machine = type("Here", (Region,), {"url": state_url})
    state.open_state(state_url).dispose()
    run_state_machine_as_test(
        machine, settings=settings(max_examples=12, stateful_step_count=steps, deadline=None)
    )
