"""What each kind of alarm is due and means: its priority, cause, consequence and action, from a table; pure.

    kinds.toml (shipped) ◀─ [[alarms.kind]] (the configuration of a centre takes precedence)

A row may be for a quantity, for a class of sites, or for both; the row that says most about an alarm counts,
each of its columns for itself. Where no row has a priority, the gateway's own counts.
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from collector.settings import AlarmKind, Words
from wire import config_file
from wire.messages import About, AlarmEvent

_FILE: Final = "kinds.toml"


class _Shipped(Struct, frozen=True, forbid_unknown_fields=True):
    kind: tuple[AlarmKind, ...]


class Guidance(Struct, frozen=True):
    """What an alarm means, in one language; None where nobody has written it."""

    cause: str | None
    consequence: str | None
    action: str | None


class Kinds:
    """The rows of a table, looked up by what an alarm is about."""

    def __init__(self, configured: Iterable[AlarmKind] = ()) -> None:
        self._rows: dict[str, list[AlarmKind]] = {}
        for row in sorted([*configured, *shipped()], key=_said):
            self._rows.setdefault(row.code, []).append(row)

    def priority(self, event: AlarmEvent, about: About | None) -> int:
        """Of an alarm; 0: nothing is said, its gateway's own counts."""
        found = (row.priority for row in self._matching(event, about))
        return next((priority for priority in found if priority), 0)

    def guidance(self, event: AlarmEvent, about: About | None, language: str) -> Guidance:
        """What people are told of an alarm in a language (ru, kk, en)."""
        rows = self._matching(event, about)
        return Guidance(
            _first((row.cause for row in rows), language),
            _first((row.consequence for row in rows), language),
            _first((row.action for row in rows), language),
        )

    def _matching(self, event: AlarmEvent, about: About | None) -> list[AlarmKind]:
        rows = self._rows.get(event.code, [])
        if not rows:
            return []
        measured = quantity(event, about)
        site_class = about.site_class if about else None
        return [
            row for row in rows if row.quantity in {None, measured} and row.site_class in {None, site_class}
        ]


@cache
def shipped() -> tuple[AlarmKind, ...]:
    """The table that comes with the program."""
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return config_file.parse(text, _Shipped, _FILE).kind


def quantity(event: AlarmEvent, about: About | None) -> str | None:
    """What the channel of an alarm measures; None where it is about no channel, or about an unknown one."""
    if about is None or event.device is None:
        return None
    name = event.channel or event.params.get("channel")
    channels = (one for device in about.devices if device.name == event.device for one in device.channels)
    return next((one.quantity for one in channels if one.name == name), None)


def _said(row: AlarmKind) -> int:
    """The more a row says of what it is for, the earlier it counts; sorting keeps configured ones before."""
    return -((row.quantity is not None) + (row.site_class is not None))


def _first(found: Iterable[Words | None], language: str) -> str | None:
    words = next((one for one in found if one is not None), None)
    return None if words is None else str(getattr(words, language))
