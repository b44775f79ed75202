"""English."""

from wire.messages import AlarmCode, Quality
from wire.texts.language import Language, Noun, Phrases
from wire.texts.parameters import (
    ADVERSE_WEATHER,
    AIR_EXCEEDANCE,
    FUEL_LOW,
    GATEWAY_SILENT,
    MAKEUP_HIGH,
    OFF_SCHEDULE,
)

_LASTED = "The alarm lasted {lasted}."
_LIMIT_EVIDENCE = (
    "The reading has been beyond its limit for {lasted}; the alarm ends when it is back at {clear_at}."
)
_LIMIT_CHECK = (
    "Compare with the neighbouring sensors and with the gauge on the spot; look at pumps, burner and valves."
)
_AT_ONCE = "Follow the emergency instructions. " + _LIMIT_CHECK


def _form(count: int) -> int:
    return 0 if count == 1 else 1


def _limit(name: str, bound: str, check: str = _LIMIT_CHECK) -> Phrases:
    return Phrases(
        name=name,
        happened=f"{{point}}: {{value}}, it must be {bound} {{limit}}. It began {{since}}.",
        evidence=_LIMIT_EVIDENCE,
        check=check,
        over=f"{{point}}: back to normal, {{value}}, the limit is {{limit}}. {_LASTED}",
    )


ENGLISH = Language(
    phrases={
        AlarmCode.LOW_LOW: _limit("below its outer limit", "at least", _AT_ONCE),
        AlarmCode.LOW: _limit("below its limit", "at least"),
        AlarmCode.HIGH: _limit("above its limit", "at most"),
        AlarmCode.HIGH_HIGH: _limit("above its outer limit", "at most", _AT_ONCE),
        AlarmCode.RATE: Phrases(
            name="changes too fast",
            happened="{point}: changes by {rate}, at most {limit} is allowed; now {value}. It began {since}.",
            evidence="The rate was taken over the latest readings of this channel.",
            check="Find out whether something was started, stopped or has burst; if all is quiet there, "
            "look at the sensor and its wire.",
            over=f"{{point}}: no longer changes too fast, {{value}}. {_LASTED}",
        ),
        AlarmCode.STUCK: Phrases(
            name="the reading does not move",
            happened="{point}: exactly {value} for more than {minutes}. It began {since}.",
            evidence="Readings of a running plant always move a little; here each is exactly the one before.",
            check="Look at the sensor, its wire and whether the instrument's output is frozen; "
            "compare with a neighbouring sensor.",
            over=f"{{point}}: the reading moves again, {{value}}. {_LASTED}",
        ),
        AlarmCode.SENSOR_BROKEN: Phrases(
            name="sensor broken",
            happened="{point}: no good readings, {reason}. It began {since}.",
            evidence="The instrument itself answers; the last that came of this channel: {value}.",
            check="Look at the sensor, its terminals and wire; replace the sensor if it is broken.",
            over=f"{{point}}: the sensor works again, {{value}}. {_LASTED}",
        ),
        AlarmCode.DEVICE_SILENT: Phrases(
            name="does not answer",
            happened="The device {device} does not answer: {missed} in a row in vain. It began {since}.",
            evidence="Reason: {reason}; it is polled every {period_s}; the link {link} itself is open.",
            check="Look at the device's power, its terminals and its address on the line.",
            over=f"The device {{device}} answers again. {_LASTED}",
        ),
        AlarmCode.LINK_SILENT: Phrases(
            name="no connection",
            happened="The link {link}: no device can be reached, it has {devices}. It began {since}.",
            evidence="Reason: {reason}. No separate alarms are raised for the devices of this link.",
            check="Look at the adapter or network cable, the line's power and its ends.",
            over=f"The link {{link}}: connected again. {_LASTED}",
        ),
        AlarmCode.BUS_OVERLOAD: Phrases(
            name="line overloaded",
            happened="The link {link} cannot keep up: busy for {load}, {limit} is allowed; "
            "late polls: {late}. It began {since}.",
            evidence="The load was measured over the last polling period and has been high for {lasted}.",
            check="Poll less often, raise the baud rate or move some devices to another line.",
            over=f"The link {{link}} keeps up again: busy for {{load}}. {_LASTED}",
        ),
        AlarmCode.ANOMALY: Phrases(
            name="unusual behaviour",
            happened="{channel}: now {value}, expected {expected}. It began {since}.",
            evidence="Deviation in relation to the threshold: {score}; found by: {detector}; "
            "other unusual channels: {others}.",
            check="Compare with the heating schedule and the neighbouring channels; if this is normal "
            "operation, mark the alarm as false.",
            over=f"{{channel}}: as usual again. {_LASTED}",
        ),
        AlarmCode.RELATION_BROKEN: Phrases(
            name="readings contradict one another",
            happened="The relation “{relation}” is broken: found {left}, it must be {op} {right}. "
            "It began {since}.",
            evidence="Channels: {points}; tolerance {margin}. Each channel by itself looks sound.",
            check="See whether sensors were swapped and whether there is a leak; compare these channels.",
            over=f"The relation “{{relation}}” holds again. {_LASTED}",
        ),
        AIR_EXCEEDANCE: Phrases(
            name="above the permissible concentration",
            happened="{point}: {value} on average over 20 minutes, the maximum single concentration is "
            "{limit}: {times} times. It began {since}.",
            evidence="{suspect} The mean was taken over good readings; it has been above for {lasted}.",
            check="Compare with the neighbouring posts and the wind; tell the environmental service.",
            over=f"{{point}}: within the norm again, {{value}}, the limit is {{limit}}. {_LASTED}",
        ),
        OFF_SCHEDULE: Phrases(
            name="supply off the schedule",
            happened="{point}: {value} on average, the schedule asks for {expected} at {outdoor} outdoors. "
            "It began {since}.",
            evidence="The tolerance is {limit} to either side; it has been off for {lasted}.",
            check="Contact the boiler house: look at fire, pumps and mixing; compare the sensors.",
            over=f"{{point}}: on schedule again, {{value}} of {{expected}}. {_LASTED}",
        ),
        FUEL_LOW: Phrases(
            name="little fuel left",
            happened="{point}: {value} left, which lasts for {days}. It began {since}.",
            evidence="Used in a day of late: {daily}; there should be enough for {limit_days}.",
            check="Order a delivery; look at the level meter and for a leak or theft.",
            over=f"{{point}}: enough fuel again, {{value}}, for {{days}}. {_LASTED}",
        ),
        MAKEUP_HIGH: Phrases(
            name="make-up above its norm",
            happened="{point}: {value} on average over an hour, the norm is {limit}. It began {since}.",
            evidence="It has been above for {lasted}: water leaves the network.",
            check="Look for a leak: compare supply and return flow, inspect the route and the chambers.",
            over=f"{{point}}: make-up is normal again, {{value}}, the norm is {{limit}}. {_LASTED}",
        ),
        ADVERSE_WEATHER: Phrases(
            name="adverse weather",
            happened="Adverse weather was announced, degree {degree}. From {since} to {until_ms}.",
            evidence="Source: {source}.",
            check="Notify enterprises and schools as is laid down for this degree.",
            over=f"Adverse weather is over, the degree was {{degree}}. {_LASTED}",
        ),
        GATEWAY_SILENT: Phrases(
            name="silent",
            happened="The gateway {gateway} is silent: {reason}. Last readings: {last_ms}.",
            evidence="Readings usually come every {period_s}; there have been none for {lasted}.",
            check="Look at the site's power, its connection and the gateway itself.",
            over=f"The gateway {{gateway}} is back. {_LASTED}",
        ),
    },
    unknown_code=Phrases(
        name="an alarm of an unknown kind",
        happened="The gateway told of an alarm “{code}”, which this program does not know. It began {since}.",
        evidence="The numbers that came with it: {params}.",
        check="Upgrade the central program; until then look at the readings of this point.",
        over="The alarm “{code}” is over, it lasted {lasted}.",
    ),
    reasons={
        Quality.BAD_SENTINEL: "the instrument sends its code for a broken sensor",
        Quality.BAD_NOT_FINITE: "the instrument sends what is no number",
        Quality.BAD_DEVICE_STATUS: "the instrument itself reports a sensor fault",
        Quality.BAD_OUT_OF_RANGE: "the value is outside of what is possible",
        Quality.BAD_RATE: "the value changes faster than is possible",
        Quality.UNCERTAIN_STALE: "the instrument repeats old readings",
        Quality.BAD_REFUSED: "the instrument refuses to give this channel",
        Quality.BAD_NO_ANSWER: "requests are not answered",
        Quality.BAD_GARBLED: "answers are garbled",
        Quality.BAD_LINK_DOWN: "the line's port is not open",
        Quality.BAD_NOT_TEXT: "unreadable characters instead of text",
        "down": "the line's port is not open",
        "no_answer": "no device answers",
        "offline": "the connection to the broker was lost",
        "stopped": "the gateway's program was stopped",
        "stale": "no new readings although it is connected",
    },
    unknown_reason="no reason given",
    relations={">=": "at least", "<=": "at most", "==": "equal to"},
    detectors={
        "innovations": "forecast from past readings",
        "seasonal": "usual values of this hour and weekday",
        "expected": "calculation from other channels",
        "multivariate": "combination of channels",
    },
    unknown_detector="statistical model",
    units={
        "Cel": "°C",
        "kPa": "kPa",
        "Pa": "Pa",
        "hPa": "hPa",
        "m3/h": "m³/h",
        "t/h": "t/h",
        "m3": "m³",
        "t": "t",
        "%": "%",
        "%{RH}": "%",
        "mm": "mm",
        "kW": "kW",
        "MW.h": "MWh",
        "V": "V",
        "A": "A",
        "mA": "mA",
        "W": "W",
        "var": "var",
        "VA": "VA",
        "kW.h": "kWh",
        "1": "",
        "": "",
        "Hz": "Hz",
        "/min": "rpm",
        "d": "days",
        "s": "s",
        "ug/m3": "µg/m³",
        "mg/m3": "mg/m³",
        "/dL": "per 0.1 l",
        "[ppm]": "ppm",
        "m/s": "m/s",
        "deg": "°",
        "W/m2": "W/m²",
        "um": "µm",
        "mm/h": "mm/h",
        "lx": "lx",
        "dB": "dB",
        "[ppb]": "ppb",
    },
    forms={
        Noun.SECOND: ("second", "seconds"),
        Noun.MINUTE: ("minute", "minutes"),
        Noun.HOUR: ("hour", "hours"),
        Noun.DAY: ("day", "days"),
        Noun.POLL: ("poll", "polls"),
        Noun.DEVICE: ("device", "devices"),
    },
    form=_form,
    decimal_mark=".",
    thousands_mark=",",
    time="%Y-%m-%d %H:%M",
    rate="{change} a minute",
    device="Device {}",
    link="Link {}",
    gateway="Gateway {}",
    relation="Relation “{}”",
    incidents={
        "power": "One cause, probably a power cut: {sites}",
        "common": "Several sites at once, one cause: {sites}",
        "gateway": "No data from the site: {sites}",
        "link": "No connection to instruments: {sites}",
        "plant": "Several alarms of one cause: {sites}",
    },
    doubts={
        "so2": "The value follows sulphur dioxide: the hydrogen sulphide cell probably answers to it.",
        "other": "The value is doubtful.",
        "none": "Nothing speaks for a false reading.",
    },
    region="Region",
    over_title="{title} — over",
    covered="There is no separate alarm any more: the alarm “{cause}” now tells the same.",
    see_cause="See the alarm “{cause}”.",
    no_longer_watched="The alarm is over: by its settings the gateway no longer watches this.",
    nothing_to_do="Nothing to do.",
    clock_not_set="The gateway's clock had not been set, the time is approximate.",
    not_known="unknown",
    none="none",
    moment="less than a second",
)
