"""Alarms that a person found to be none: who said so, why, and the command that told the gateway."""

import sqlalchemy as sa
from msgspec import Struct

from collector import state
from wire.topics import Gateway


class FalseAlarm(Struct, frozen=True, kw_only=True):
    """A person's word that an alarm was none; `t_ms` is the collector's clock, Unix ms."""

    by: str
    comment: str
    t_ms: int
    command_id: str


def mark(transaction: sa.Connection, gateway: Gateway, alarm_id: str, word: FalseAlarm) -> None:
    """Mark one occurrence; a later word takes the place of an earlier one."""
    table = state.false_alarms
    values = {"by": word.by, "comment": word.comment, "t_ms": word.t_ms, "command_id": word.command_id}
    keys = {"site": gateway.site, "gateway": gateway.gateway, "id": alarm_id}
    entry = state.insert(transaction, table).values(**keys, **values)
    transaction.execute(entry.on_conflict_do_update(index_elements=list(keys), set_=values))


def marked(connection: sa.Connection) -> dict[tuple[Gateway, str], FalseAlarm]:
    """All that are marked: gateway and id of the alarm → the word."""
    return {
        (Gateway(row["site"], row["gateway"]), row["id"]): FalseAlarm(
            by=row["by"], comment=row["comment"], t_ms=row["t_ms"], command_id=row["command_id"]
        )
        for row in connection.execute(sa.select(state.false_alarms)).mappings()
    }
