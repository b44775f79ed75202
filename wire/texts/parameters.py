"""The parameters of each alarm code and how each is shown; the sentences of all languages use these alone."""

from enum import Enum, auto
from typing import Final

from wire.messages import AlarmCode

GATEWAY_SILENT: Final = "gateway_silent"
"""The collector's own alarm: a dead gateway cannot tell of itself."""


AIR_EXCEEDANCE: Final = "air_exceedance"
OFF_SCHEDULE: Final = "off_schedule"
FUEL_LOW: Final = "fuel_low"
MAKEUP_HIGH: Final = "makeup_high"
ADVERSE_WEATHER: Final = "adverse_weather"
CENTRE_CODES: Final = (
    GATEWAY_SILENT,
    AIR_EXCEEDANCE,
    OFF_SCHEDULE,
    FUEL_LOW,
    MAKEUP_HIGH,
    ADVERSE_WEATHER,
)
"""Alarms that only the centre can raise."""


class Kind(Enum):
    """How a parameter is shown."""

    MEASURE = auto()  # a number in the unit that stands in `unit`
    RATE = auto()  # the same, a minute, with its sign
    PACE = auto()  # the same without a sign
    NUMBER = auto()
    SHARE = auto()  # 0…1, shown in per cent
    MINUTES = auto()  # a duration
    SECONDS = auto()  # a duration
    POLLS = auto()
    DEVICES = auto()
    TIME = auto()  # Unix milliseconds
    REASON = auto()  # a word that every language knows
    DETECTOR = auto()
    RELATION = auto()  # >=, <= or ==
    CHANNEL = auto()  # the name of a channel of the event's device, or device.channel
    CHANNELS = auto()  # several, separated by comma and blank
    DAYS = auto()  # a number of days
    DOUBT = auto()  # why a value is doubtful; absent: it is not
    TEXT = auto()  # shown as it came


_LIMIT: Final = {"value": Kind.MEASURE, "limit": Kind.MEASURE, "clear_at": Kind.MEASURE}
PARAMETERS: Final[dict[str, dict[str, Kind]]] = {
    AlarmCode.LOW_LOW: _LIMIT,
    AlarmCode.LOW: _LIMIT,
    AlarmCode.HIGH: _LIMIT,
    AlarmCode.HIGH_HIGH: _LIMIT,
    AlarmCode.RATE: {"value": Kind.MEASURE, "rate": Kind.RATE, "limit": Kind.PACE},
    AlarmCode.STUCK: {"value": Kind.MEASURE, "minutes": Kind.MINUTES},
    AlarmCode.SENSOR_BROKEN: {"reason": Kind.REASON, "value": Kind.MEASURE},
    AlarmCode.DEVICE_SILENT: {"missed": Kind.POLLS, "period_s": Kind.SECONDS, "reason": Kind.REASON},
    AlarmCode.LINK_SILENT: {"devices": Kind.DEVICES, "reason": Kind.REASON},
    AlarmCode.BUS_OVERLOAD: {"load": Kind.SHARE, "limit": Kind.SHARE, "late": Kind.NUMBER},
    AlarmCode.ANOMALY: {
        "channel": Kind.CHANNEL,
        "value": Kind.MEASURE,
        "expected": Kind.MEASURE,
        "score": Kind.NUMBER,
        "detector": Kind.DETECTOR,
        "others": Kind.CHANNELS,
    },
    AlarmCode.RELATION_BROKEN: {
        "relation": Kind.TEXT,
        "points": Kind.CHANNELS,
        "left": Kind.MEASURE,
        "op": Kind.RELATION,
        "right": Kind.MEASURE,
        "margin": Kind.MEASURE,
    },
    AIR_EXCEEDANCE: {
        "value": Kind.MEASURE,
        "limit": Kind.MEASURE,
        "times": Kind.NUMBER,
        "suspect": Kind.DOUBT,
    },
    OFF_SCHEDULE: {
        "value": Kind.MEASURE,
        "expected": Kind.MEASURE,
        "outdoor": Kind.MEASURE,
        "limit": Kind.MEASURE,
    },
    FUEL_LOW: {
        "value": Kind.MEASURE,
        "days": Kind.DAYS,
        "limit_days": Kind.DAYS,
        "daily": Kind.MEASURE,
    },
    MAKEUP_HIGH: {"value": Kind.MEASURE, "limit": Kind.MEASURE},
    ADVERSE_WEATHER: {"degree": Kind.NUMBER, "until_ms": Kind.TIME, "source": Kind.TEXT},
    GATEWAY_SILENT: {"reason": Kind.REASON, "last_ms": Kind.TIME, "period_s": Kind.SECONDS},
}
COMMON: Final = frozenset({"point", "device", "link", "gateway", "since", "lasted", "code", "params"})
"""What the sentences of every code may name besides."""
