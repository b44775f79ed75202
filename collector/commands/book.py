"""Every command, from the moment a person gave it: durable, answered once.

Invariant: a command that is in the book and not too late is sent until its gateway has answered, whoever is
killed meanwhile; the first answer stays. A gateway can answer its own commands only.
"""

import re
from collections.abc import Iterable, Iterator

import msgspec
import sqlalchemy as sa

from collector import state
from collector.arrivals import Answered
from collector.commands.entry import Entry
from wire.messages import Command, CommandOutcome, Configure, Order
from wire.topics import Gateway

WAITING = 1_000
"""Commands looked at together; the oldest come first."""
_SAYS_LENGTH = 500
_NUMBER = re.compile(r"[0-9a-f]{16}")
"""Databases refuse some texts; nothing else was ever given as a number."""


def enter(transaction: sa.Connection, gateway: Gateway, command: Command) -> None:
    """Enter a command; sent from when the transaction has committed."""
    transaction.execute(
        state.commands.insert(),
        {
            "id": command.id,
            "site": gateway.site,
            "gateway": gateway.gateway,
            "order": msgspec.json.encode(command.order),
            "by": state.storable(command.by, _SAYS_LENGTH),
            "t_ms": command.t_ms,
            "expires_ms": command.expires_ms,
            "says": "",
        },
    )


def waiting(connection: sa.Connection, now_ms: int, limit: int = WAITING) -> list[Entry]:
    """Commands that were not answered and are not too late (Unix ms), the oldest first."""
    c = state.commands.c
    query = sa.select(state.commands).where(c.answered_ms.is_(None), c.expires_ms > now_ms)
    return [_entry(row) for row in connection.execute(query.order_by(c.t_ms, c.id).limit(limit)).mappings()]


def answer(transaction: sa.Connection, answers: Iterable[Answered], now_ms: int) -> None:
    """Note what gateways say came of their commands; what nobody asked is passed over."""
    c = state.commands.c
    for item in answers:
        if not _NUMBER.fullmatch(item.answer.id):
            continue
        ours = (c.id == item.answer.id, c.site == item.gateway.site, c.gateway == item.gateway.gateway)
        values = {
            "answered_ms": now_ms,
            "outcome": item.answer.outcome.value,
            "says": state.storable(item.answer.says, _SAYS_LENGTH),
        }
        transaction.execute(state.commands.update().where(*ours, c.answered_ms.is_(None)).values(values))


def entries(connection: sa.Connection, limit: int) -> Iterator[Entry]:
    """The newest commands, the newest first."""
    c = state.commands.c
    query = sa.select(state.commands).order_by(c.t_ms.desc(), c.id.desc()).limit(limit)
    yield from map(_entry, connection.execute(query).mappings())


def newest_version(connection: sa.Connection, gateway: Gateway) -> int:
    """The highest version of a configuration that a gateway was ever told; 0: none."""
    c = state.commands.c
    query = sa.select(state.commands).where(c.site == gateway.site, c.gateway == gateway.gateway)
    orders = (_entry(row).command.order for row in connection.execute(query).mappings())
    return max((order.version for order in orders if isinstance(order, Configure)), default=0)


def entry(connection: sa.Connection, number: str) -> Entry | None:
    """One command, or None when there is none with this id."""
    query = sa.select(state.commands).where(state.commands.c.id == number)
    row = connection.execute(query).mappings().one_or_none()
    return _entry(row) if row else None


def _entry(row: sa.RowMapping) -> Entry:
    return Entry(
        gateway=Gateway(row["site"], row["gateway"]),
        command=Command(
            id=row["id"],
            t_ms=row["t_ms"],
            expires_ms=row["expires_ms"],
            by=row["by"],
            order=msgspec.json.decode(row["order"], type=Order),
        ),
        answered_ms=row["answered_ms"],
        outcome=row["outcome"] and CommandOutcome(row["outcome"]),
        says=row["says"],
    )
