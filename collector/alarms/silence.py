"""Which gateways are silent: a dead one cannot tell; pure."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from wire.messages import About, AlarmEvent, AlarmState, Presence, Status
from wire.texts import GATEWAY_SILENT
from wire.topics import Gateway

PERIODS: Final = 3
"""So many of its own periods without a new reading make a gateway silent."""
LEAST_MS: Final = 30_000
"""A reading may be on its way for so long, however often there is one."""
_PRIORITY: Final = {"offline": 2, "stale": 2, "stopped": 3}


class Facts(Struct, frozen=True, kw_only=True):
    """What is known of a gateway; times are Unix ms, None where it has not said so."""

    gateway: Gateway
    about: About | None = None
    status: Status | None = None
    newest_ms: int | None = None
    """Its newest reading."""


def silent(facts: Iterable[Facts], now_ms: int) -> Iterator[tuple[Gateway, AlarmEvent]]:
    """An alarm for each gateway that is offline by its last will, was stopped, or brings nothing new."""
    for known in facts:
        reason = _reason(known, now_ms)
        if reason is not None:
            yield known.gateway, _event(known, reason, now_ms)


def _reason(known: Facts, now_ms: int) -> str | None:
    presence = known.status.state if known.status else None
    if presence is Presence.OFFLINE:
        return "offline"
    if presence is Presence.STOPPED:
        return "stopped"
    period_ms = _period_ms(known.about)
    since_ms = _since_ms(known)
    if period_ms is None or since_ms is None:
        return None
    return "stale" if now_ms - since_ms > max(PERIODS * period_ms, LEAST_MS) else None


def _period_ms(about: About | None) -> float | None:
    """Of the device that is read most often; None when there is none."""
    return min((1000 * device.period_s for device in about.devices), default=None) if about else None


def _since_ms(known: Facts) -> int | None:
    """The newest reading; a gateway that never brought one is waited for since it began."""
    if known.newest_ms is not None:
        return known.newest_ms
    return known.about.started_ms if known.about else None


def _event(known: Facts, reason: str, now_ms: int) -> AlarmEvent:
    since_ms = _since_ms(known)
    began_ms = min(now_ms if since_ms is None else since_ms, now_ms)
    period_ms = _period_ms(known.about)
    return AlarmEvent(
        id=f"{GATEWAY_SILENT}/{known.gateway}/{began_ms}",
        code=GATEWAY_SILENT,
        state=AlarmState.RAISED,
        t_ms=now_ms,
        since_ms=began_ms,
        priority=_PRIORITY[reason],
        params={
            "reason": reason,
            "last_ms": known.newest_ms,
            "period_s": None if period_ms is None else period_ms / 1000,
        },
    )
