"""The fault library: what can be told in a story, how bad it can be, and what a gateway should make of it.

The numbers are engineering judgement about ordinary boiler houses (signatures: flow gone within a minute,
outlet 1–5 K a minute hotter, pressure down by half a bar within minutes, …), to be tuned on site.
"""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from firmware_sim.plant.events import Kind
from wire.messages import AlarmCode


class Severity(StrEnum):
    """How bad it is."""

    MILD = "mild"
    ORDINARY = "ordinary"
    SEVERE = "severe"


class Target(StrEnum):
    """What an event happens to, hence which keys it needs."""

    BOILER_HOUSE = "boiler_house"
    AIR_POST = "air_post"
    SENSOR = "sensor"  # `device` and `channel`
    DEVICE = "device"  # `device`
    LINK = "link"  # `link`


class Entry(Struct, frozen=True, kw_only=True):
    """One kind of event.

    `levels` and `within_s` (from its beginning until the alarm is due) go mild, ordinary, severe. `sees` are
    the variables in which it shows; an alarm on any of them will do.
    """

    target: Target
    levels: tuple[float, float, float]
    within_s: tuple[float, float, float]
    codes: tuple[AlarmCode, ...]
    sees: tuple[str, ...] = ()
    over_s: float = 0.0

    def level(self, severity: Severity) -> float:
        """How much of it there is; see `Kind`."""
        return self.levels[list(Severity).index(severity)]

    def due_s(self, severity: Severity) -> float:
        """How long after its beginning the alarm is due at the latest."""
        return self.within_s[list(Severity).index(severity)]


_MINUTE, _HOUR, _DAY = 60.0, 3600.0, 86_400.0
_LOW = (AlarmCode.LOW, AlarmCode.LOW_LOW)
_HIGH = (AlarmCode.HIGH, AlarmCode.HIGH_HIGH)
_ODD = (AlarmCode.ANOMALY, AlarmCode.RELATION_BROKEN)
_SUDDEN = (2 * _MINUTE, 2 * _MINUTE, 2 * _MINUTE)
_FLOWS = ("flow_supply", "flow_return")
_PRESSURES = ("p_supply", "p_return", "dp_pump")
_PUMPS = ("pump_1_current", "pump_2_current", "pump_1_on", "pump_2_on")
_OUTLETS = ("t_supply", "t_boiler_1", "t_boiler_2", "t_boiler_3", "t_boiler_4")
_MAINS = ("u_l1", "u_l2", "u_l3", "i_l1", "i_l2", "i_l3", "power", "frequency", "ups_on_battery")
_DUSTS = ("pm1", "pm2_5", "pm10")

CATALOG: Mapping[Kind, Entry] = {
    Kind.PUMP_STOP: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.6, 1.0, 1.0),
        within_s=_SUDDEN,
        codes=(*_LOW, AlarmCode.RATE, *_ODD),
        sees=(*_FLOWS, *_PRESSURES, *_PUMPS),
    ),
    Kind.OVERSHOOT: Entry(
        target=Target.BOILER_HOUSE,
        levels=(12.0, 25.0, 60.0),
        within_s=(60 * _MINUTE, 30 * _MINUTE, 20 * _MINUTE),
        codes=(*_HIGH, AlarmCode.RATE, *_ODD),
        sees=(*_OUTLETS, "p_supply", "p_return", "t_flue", "fuel_rate"),
    ),
    Kind.BURST: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.7, 2.0, 6.0),
        within_s=(5 * _MINUTE, 2 * _MINUTE, 2 * _MINUTE),
        codes=(*_LOW, *_HIGH, AlarmCode.RATE, *_ODD),
        sees=(*_PRESSURES, *_FLOWS, "flow_make_up"),
    ),
    Kind.SLOW_LEAK: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.08, 0.15, 0.3),
        within_s=(48 * _HOUR, 24 * _HOUR, 12 * _HOUR),
        codes=(*_HIGH, *_ODD),
        sees=("flow_make_up", *_FLOWS),
        over_s=6 * _HOUR,
    ),
    Kind.FROZEN_BRANCH: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.92, 1.0, 1.0),
        within_s=(2 * _HOUR, _HOUR, _HOUR),
        codes=(*_LOW, AlarmCode.RATE, *_ODD),
        sees=("flow_branch_1", "flow_branch_2", "flow_branch_3", "t_branch_1", "t_branch_2", "t_branch_3"),
    ),
    Kind.DRAUGHT_LOSS: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.8, 1.0, 1.3),
        within_s=_SUDDEN,
        codes=(*_LOW, *_HIGH, AlarmCode.RATE, *_ODD),
        sees=("draught", "t_flue", "co_flue", "co_hall"),
    ),
    Kind.POWER_OUTAGE: Entry(
        target=Target.BOILER_HOUSE,
        levels=(8.0, 4.0, 1.0),
        within_s=_SUDDEN,
        codes=(*_LOW, *_HIGH, AlarmCode.RATE, AlarmCode.DEVICE_SILENT, AlarmCode.LINK_SILENT, *_ODD),
        sees=(*_FLOWS, *_PRESSURES, *_PUMPS, *_MAINS),
    ),
    Kind.BOILER_TRIP: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.3, 0.5, 0.8),
        within_s=(60 * _MINUTE, 30 * _MINUTE, 15 * _MINUTE),
        codes=(*_LOW, AlarmCode.RATE, *_ODD),
        sees=(*_OUTLETS, "boiler_1_on", "boiler_2_on", "boiler_3_on", "boiler_4_on", "t_flue", "fuel_rate"),
    ),
    Kind.FUEL_THEFT: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.03, 0.08, 0.25),
        within_s=(30 * _MINUTE, 20 * _MINUTE, 10 * _MINUTE),
        codes=(*_LOW, AlarmCode.RATE, *_ODD),
        sees=("fuel_level", "fuel_stock"),
    ),
    Kind.FUEL_LEAK: Entry(
        target=Target.BOILER_HOUSE,
        levels=(0.015, 0.04, 0.12),
        within_s=(6 * _HOUR, 2 * _HOUR, _HOUR),
        codes=(*_LOW, AlarmCode.RATE, *_ODD),
        sees=("fuel_level", "fuel_stock"),
    ),
    Kind.EMISSION_PEAK: Entry(
        target=Target.AIR_POST,
        levels=(3.0, 10.0, 40.0),
        within_s=(40 * _MINUTE, 30 * _MINUTE, 20 * _MINUTE),
        codes=(*_HIGH, AlarmCode.RATE, *_ODD),
        sees=("so2", "h2s", *_DUSTS),
    ),
    Kind.INVERSION: Entry(
        target=Target.AIR_POST,
        levels=(0.6, 0.85, 0.95),
        within_s=(4 * _HOUR, 3 * _HOUR, 2 * _HOUR),
        codes=(*_HIGH, *_ODD),
        sees=(*_DUSTS, "so2", "no2", "co"),
    ),
    Kind.CROSS_SENSITIVITY: Entry(
        target=Target.SENSOR,
        levels=(0.03, 0.1, 0.3),
        within_s=(12 * _HOUR, 6 * _HOUR, 3 * _HOUR),
        codes=(*_HIGH, *_ODD),
    ),
    Kind.FOULING: Entry(
        target=Target.SENSOR,
        levels=(8.0, 25.0, 80.0),
        within_s=(4 * _DAY, 3 * _DAY, 2 * _DAY),
        codes=(*_HIGH, *_ODD),
        over_s=3 * _DAY,
    ),
    Kind.SENSOR_BREAK: Entry(
        target=Target.SENSOR,
        levels=(1.0, 1.0, 1.0),
        within_s=(3 * _MINUTE, 3 * _MINUTE, 3 * _MINUTE),
        codes=(AlarmCode.SENSOR_BROKEN,),
    ),
    Kind.SENSOR_STUCK: Entry(
        target=Target.SENSOR,
        levels=(1.0, 1.0, 1.0),
        within_s=(75 * _MINUTE, 75 * _MINUTE, 75 * _MINUTE),
        codes=(AlarmCode.STUCK, *_ODD),
    ),
    Kind.SENSOR_DRIFT: Entry(
        target=Target.SENSOR,
        levels=(3.0, 6.0, 15.0),
        within_s=(4 * _DAY, 3 * _DAY, 2 * _DAY),
        codes=(*_LOW, *_HIGH, *_ODD),
        over_s=3 * _DAY,
    ),
    Kind.SENSOR_JUMP: Entry(
        target=Target.SENSOR,
        levels=(10.0, 40.0, 90.0),
        within_s=_SUDDEN,
        codes=(*_LOW, *_HIGH, AlarmCode.RATE, AlarmCode.SENSOR_BROKEN, *_ODD),
    ),
    Kind.SENSOR_NOISE: Entry(
        target=Target.SENSOR,
        levels=(3.0, 10.0, 30.0),
        within_s=(60 * _MINUTE, 30 * _MINUTE, 10 * _MINUTE),
        codes=(*_LOW, *_HIGH, AlarmCode.RATE, AlarmCode.SENSOR_BROKEN, *_ODD),
    ),
    Kind.SENSOR_SWAP: Entry(
        target=Target.SENSOR,
        levels=(1.0, 1.0, 1.0),
        within_s=_SUDDEN,
        codes=(*_LOW, *_HIGH, AlarmCode.RATE, *_ODD),
    ),
    Kind.BUS_FAULT: Entry(
        target=Target.LINK,
        levels=(0.5, 0.95, 1.0),
        within_s=(15 * _MINUTE, 5 * _MINUTE, 5 * _MINUTE),
        codes=(AlarmCode.LINK_SILENT, AlarmCode.DEVICE_SILENT),
    ),
    Kind.DEVICE_SILENT: Entry(
        target=Target.DEVICE,
        levels=(0.5, 1.0, 1.0),
        within_s=(15 * _MINUTE, 5 * _MINUTE, 5 * _MINUTE),
        codes=(AlarmCode.DEVICE_SILENT,),
    ),
}
