"""Suppression by design: what nobody is bothered with while something else holds at a gateway; pure.

the site is in maintenance, its boilers are off, its gateway is silent
    ─▶ the alarms that the configuration names are suppressed, those raised meanwhile too
    ─▶ when that is over they are released; what then still holds calls as if it were new
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from collector.alarms.alarm import Action, Actor, Alarm, Change, Policy
from collector.alarms.happenings import act
from collector.alarms.lifecycle import SEEN, State, Trigger
from collector.alarms.silence import Facts
from collector.settings import Suppression
from wire.texts import GATEWAY_SILENT
from wire.topics import Gateway

DESIGN: Final = Actor("design")
"""Whose suppressions end by design; what a person suppressed stays so."""
CONCERNED: Final = SEEN | {State.SUPPRESSED}


class Suppressions(Struct, frozen=True):
    """What holds at a gateway, and which codes that suppresses; no code: all but the cause itself."""

    reason: str
    codes: frozenset[str]

    def cover(self, code: str) -> bool:
        """Whether an alarm of this code is suppressed."""
        return code in self.codes if self.codes else code != GATEWAY_SILENT


def causes(
    rules: Iterable[Suppression], facts: Iterable[Facts], silent: Iterable[Gateway]
) -> dict[Gateway, Suppressions]:
    """What holds now and suppresses something; of several rules that hold, the first.

    Args:
        rules: as configured.
        facts: what is known of the gateways.
        silent: those that are silent.
    """
    are_silent = frozenset(silent)
    found: dict[Gateway, Suppressions] = {}
    for rule in rules:
        for known in facts:
            gateway = known.gateway
            if rule.sites and gateway.site not in rule.sites:
                continue
            mode = known.status.mode.value if known.status else None
            holds = gateway in are_silent if rule.during == "gateway_silent" else mode == rule.during
            if holds:
                found.setdefault(gateway, Suppressions(rule.during, frozenset(rule.codes)))
    return found


def wanted(alarms: Iterable[Alarm], found: Mapping[Gateway, Suppressions]) -> Iterator[tuple[Alarm, Action]]:
    """What is to be done so that what is suppressed is what should be."""
    for one in alarms:
        cause = found.get(one.gateway)
        is_covered = cause is not None and cause.cover(one.event.code)
        if one.state is State.SUPPRESSED:
            if not is_covered and one.aside and one.aside.by == DESIGN.name:
                yield one, Action(trigger=Trigger.RELEASE)
        elif is_covered and cause is not None:
            yield one, Action(trigger=Trigger.SUPPRESS, comment=cause.reason)


def kept_down(change: Change, cause: Suppressions | None, now_ms: int, policy: Policy) -> Change:
    """A change after which the alarm would be shown, but is suppressed by design."""
    alarm = change.alarm
    if cause is None or alarm.state not in SEEN or not cause.cover(alarm.event.code):
        return change
    asked = Action(trigger=Trigger.SUPPRESS, comment=cause.reason)
    suppressed = act(alarm, asked, DESIGN, now_ms, policy)
    return Change(suppressed.alarm, change.entries + suppressed.entries)
