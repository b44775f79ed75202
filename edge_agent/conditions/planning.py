"""From the configuration to the plan; whatever could not work was refused when the file was read."""

from collections.abc import Sequence
from typing import Final

from edge_agent.conditions.board import Spot
from edge_agent.conditions.channels import Plot, watched
from edge_agent.conditions.plan import Plan, WatchedDevice, WatchedLink
from edge_agent.conditions.rules import gap_ms, rule
from edge_agent.settings import Device
from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms, DelayTable
from edge_agent.settings.checks import usual
from wire.messages import AlarmCode

_WITNESS_MS: Final = 120_000
"""A device that is polled at least so often may testify for its link, whatever the others do."""
_DOUBLED: Final = 1.0
"""News of an anomaly, whose level is log₂ of its score."""


def plan(devices: Sequence[Device], alarms: AlarmsTable, relations: Sequence[str] = ()) -> Plan:
    """What is watched on these devices, their channels and links.

    Args:
        devices: with what the site says about their channels.
        alarms: what is said of each kind of alarm.
        relations: the names of declared relations between channels.
    """
    by_link: dict[str, list[Device]] = {}
    for device in devices:
        by_link.setdefault(device.link, []).append(device)
    longest_ms = max(map(gap_ms, devices), default=0)
    return Plan(
        tuple(_device(device, alarms) for device in devices),
        tuple(_link(name, here, alarms) for name, here in by_link.items()),
        {name: _spot(AlarmCode.RELATION_BROKEN, alarms, longest_ms, name=name) for name in relations},
    )


def _spot(
    code: AlarmCode,
    alarms: AlarmsTable,
    longest_gap_ms: int,
    *,
    name: str = "",
    link: str | None = None,
    device: str | None = None,
    causes: tuple[str, ...] = (),
    news: float = 0.0,
) -> Spot:
    """A spot with the rule of its code; its key is made of what it is about."""
    of_code: DelayTable = getattr(alarms, code)
    return Spot(
        key=f"{code}/{device or link or name}",
        code=code,
        rule=rule(of_code, longest_gap_ms),
        priority=of_code.priority,
        link=link,
        device=device,
        causes=causes,
        news=news,
    )


def _link(name: str, devices: Sequence[Device], alarms: AlarmsTable) -> WatchedLink:
    longest_ms = max(map(gap_ms, devices))
    slowest_ms = max(_WITNESS_MS, 2 * min(device.period_ms for device in devices))
    silent = _spot(AlarmCode.LINK_SILENT, alarms, longest_ms, link=name)
    return WatchedLink(
        name=name,
        devices=len(devices),
        witnesses=frozenset(device.name for device in devices if device.period_ms <= slowest_ms),
        silent=silent,
        overload=_spot(AlarmCode.BUS_OVERLOAD, alarms, longest_ms, link=name, causes=(silent.key,)),
        load=alarms.bus_overload.load,
    )


def _device(device: Device, alarms: AlarmsTable) -> WatchedDevice:
    link_silent = f"{AlarmCode.LINK_SILENT}/{device.link}"
    tables = device.alarms or (None,) * len(device.channels)
    checks = device.checks or tuple(map(usual, device.channels))
    silent = _spot(
        AlarmCode.DEVICE_SILENT,
        alarms,
        gap_ms(device),
        link=device.link,
        device=device.name,
        causes=(link_silent,),
    )
    away = (silent.key, link_silent)
    return WatchedDevice(
        name=device.name,
        link=device.link,
        period_ms=device.period_ms,
        channel_names=tuple(channel.name for channel in device.channels),
        units=tuple(channel.quantity.unit for channel in device.channels),
        channels=tuple(
            watched(
                Plot(
                    device=device,
                    channel=channel,
                    table=table or ChannelAlarms(),
                    checks=check,
                    alarms=alarms,
                    away=away,
                ),
                index,
            )
            for index, (channel, table, check) in enumerate(zip(device.channels, tables, checks, strict=True))
        ),
        silent=silent,
        anomaly=_spot(
            AlarmCode.ANOMALY,
            alarms,
            gap_ms(device),
            link=device.link,
            device=device.name,
            causes=away,
            news=_DOUBLED,
        ),
    )
