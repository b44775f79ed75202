"""Commands in the book: entered, sent when it makes sense, answered once."""

from collections.abc import Iterable
from itertools import pairwise

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from collector import state
from collector.arrivals import Answered
from collector.commands import book
from collector.commands.entry import Entry
from collector.commands.telling import FIRST_WAIT_S, LONGEST_WAIT_S, Telling
from tests.collector.collecting import GATEWAY, NOW_MS, OTHER
from wire.messages import (
    Command,
    CommandAnswer,
    CommandOutcome,
    Configure,
    OperatingMode,
    Order,
    Rebaseline,
    SetMode,
)
from wire.topics import Gateway

DONE, REFUSED = CommandOutcome.DONE, CommandOutcome.REFUSED
ORDERS: tuple[Order, ...] = (
    Rebaseline(device="trm138"),
    SetMode(mode=OperatingMode.MAINTENANCE, until_ms=NOW_MS + 5),
    Configure(version=3, toml="[site]\nname = 'қазандық'\n"),
)


def command(number: int, order: Order = ORDERS[0], t_ms: int = NOW_MS) -> Command:
    return Command(id=f"{number:016x}", t_ms=t_ms, expires_ms=t_ms + 1_000, by="Айгүл", order=order)


def answered(number: int | str, outcome: CommandOutcome = DONE, gateway: Gateway = GATEWAY) -> Answered:
    name = number if isinstance(number, str) else f"{number:016x}"
    return Answered(gateway, CommandAnswer(id=name, t_ms=2**70, outcome=outcome, says="so\0 be it"))


def enter(engine: sa.Engine, *commands: Command) -> None:
    with state.writing(engine) as transaction:
        for one in commands:
            book.enter(transaction, GATEWAY, one)


def answer(engine: sa.Engine, *answers: Answered, now_ms: int = NOW_MS + 7) -> None:
    with state.writing(engine) as transaction:
        book.answer(transaction, answers, now_ms)


def waiting(engine: sa.Engine, now_ms: int = NOW_MS) -> list[Command]:
    with state.reading(engine) as connection:
        return [entry.command for entry in book.waiting(connection, now_ms)]


def test_a_command_waits_until_it_is_answered_or_too_late(engine: sa.Engine) -> None:
    commands = [command(n, order, NOW_MS + n) for n, order in enumerate(ORDERS)]
    enter(engine, *reversed(commands))
    assert waiting(engine) == commands
    assert waiting(engine, NOW_MS + 1_001) == commands[2:]
    answer(engine, answered(2))
    assert waiting(engine) == commands[:2]
    with state.reading(engine) as connection:
        (newest, *_) = book.entries(connection, 10)
        assert book.entry(connection, commands[2].id) == newest
        assert book.entry(connection, "f" * 16) is None
    assert newest == Entry(
        gateway=GATEWAY, command=commands[2], answered_ms=NOW_MS + 7, outcome=DONE, says="so\ufffd be it"
    )


def test_the_first_answer_stays_and_a_gateway_answers_for_itself_only(engine: sa.Engine) -> None:
    enter(engine, command(1))
    answer(engine, answered(1, gateway=OTHER), answered(9), answered("\0"), answered("' OR 1=1"))
    assert waiting(engine) == [command(1)]
    answer(engine, answered(1, REFUSED), answered(1, DONE))
    answer(engine, answered(1, DONE), now_ms=NOW_MS + 99)
    with state.reading(engine) as connection:
        (entry,) = book.entries(connection, 10)
    assert (entry.outcome, entry.answered_ms) == (REFUSED, NOW_MS + 7)


@pytest.mark.parametrize("text", ["\0", "\ud800", "x" * 10_000, "қ" * 600])
def test_any_name_can_be_entered(engine: sa.Engine, text: str) -> None:
    enter(engine, Command(id=f"{1:016x}", t_ms=0, expires_ms=2**53, by=text, order=ORDERS[0]))
    assert len(waiting(engine)[0].by) <= 500


# --- when a command is sent

HERE = {GATEWAY}


def entries(*orders: Order, gateway: Gateway = GATEWAY) -> list[Entry]:
    return [Entry(gateway=gateway, command=command(n, order)) for n, order in enumerate(orders)]


def numbers(found: Iterable[Entry]) -> list[int]:
    return [int(entry.command.id, 16) for entry in found]


def test_a_gateway_that_is_away_is_told_when_it_is_back() -> None:
    telling, told = Telling(), entries(ORDERS[0])
    assert not telling.due(told, set(), 0)
    assert telling.due(told, HERE, 1) == told
    assert not telling.due(told, HERE, 2)
    assert not telling.due(told, set(), 2.5)
    assert telling.due(told, HERE, 3) == told


def test_an_unanswered_command_is_sent_ever_more_rarely() -> None:
    telling, told = Telling(), entries(ORDERS[0])
    sent = [float(s) for s in range(300) if telling.due(told, HERE, s)]
    waits = [b - a for a, b in pairwise(sent)]
    assert waits == [FIRST_WAIT_S, 10, 20, 40, LONGEST_WAIT_S, LONGEST_WAIT_S, LONGEST_WAIT_S]


def test_of_one_kind_only_the_oldest_is_under_way_and_other_kinds_and_gateways_go_their_own_way() -> None:
    later = SetMode(mode=OperatingMode.OFF)
    told = [*entries(ORDERS[1], ORDERS[0], later), *entries(ORDERS[1], gateway=OTHER)]
    telling = Telling()
    assert telling.due(told, {GATEWAY, OTHER}, 0) == [told[0], told[1], told[3]]
    assert numbers(telling.due(told[1:], {GATEWAY, OTHER}, 1)) == [2]


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=30))
def test_nothing_is_remembered_of_what_was_answered(steps: list[tuple[int, bool]]) -> None:
    telling = Telling()
    for now_s, (count, here) in enumerate(steps):
        found = telling.due(entries(*ORDERS[:count]), HERE if here else set(), now_s)
        assert len(telling._sent) <= count * here
        assert len(found) <= count * here
