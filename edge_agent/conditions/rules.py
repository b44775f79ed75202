"""Delays and counts of an alarm: what the channel says, else what is said of the code."""

from typing import Final

from edge_agent.conditions.machine import Rule
from edge_agent.settings import Device
from edge_agent.settings.alarms import ChannelAlarms, DelayTable

_GAP_PERIODS: Final = 5
_LEAST_GAP_MS: Final = 60_000


def rule(of_code: DelayTable, longest_gap_ms: int, own: ChannelAlarms | None = None) -> Rule:
    """The rule of one alarm; `own` replaces what it names."""

    def chosen(key: str) -> float:
        replaced = getattr(own, key, None)
        return float(getattr(of_code, key) if replaced is None else replaced)

    return Rule(
        on_delay_ms=round(chosen("on_delay_s") * 1000),
        off_delay_ms=round(chosen("off_delay_s") * 1000),
        count=int(chosen("count")),
        of=int(chosen("of")),
        gap_ms=longest_gap_ms,
    )


def gap_ms(device: Device) -> int:
    """After so long without a judgement, what was pending on this device begins anew."""
    return max(_GAP_PERIODS * device.period_ms, _LEAST_GAP_MS)
