"""Kamstrup MULTICAL heat meters, the Kamstrup Meter Protocol (KMP), serial or optical head, 1200 8N2.

`80` 3F 10 01 register crc `0D` reads one register, and `40` 3F 10 register unit length sign-and-exponent
mantissa crc `0D` answers; inside, the bytes 06 0D 1B 40 80 are written as 1B and the inverted byte. Items are
the registers by their numbers. What is delivered of one is an i64, high byte first: thousandths of MW·h, kW,
m³, m³/h, t, t/h, °C, K, kPa or s, whatever unit the meter counts in. −2⁶² stands where it gave no number,
counts in a unit that is not known here, or in one that measures something else than the register does.

The value is ± mantissa · 10^±exponent: bit 7 of the byte before the mantissa is the sign of the value, bit 6
that of the exponent. An answer without a register is taken for a refusal. Sources: esphome/esphome,
components/kamstrup_kmp; baminmru/vodopad-ip-server, DrvMC601; gertvdijk/PyKMP (units, the maker's examples).
"""

from enum import Enum, auto
from typing import Final, NamedTuple

from edge_agent.drivers import Ask, RefusedError
from edge_agent.drivers._checksums import crc16_ccitt
from edge_agent.drivers._dialogue import Dialogue

_ASKS, _ANSWERS, _END, _ESCAPE = b"\x80", b"\x40", b"\x0d", 0x1B
_ESCAPED: Final = frozenset(b"\x06\x0d\x1b\x40\x80")
_METER_READS: Final = b"\x3f\x10"
_ONE_REGISTER: Final = b"\x01"
_HEADER, _CRC, _LONGEST_MANTISSA = 7, 2, 4
_NEGATIVE, _FRACTION, _EXPONENT = 0x80, 0x40, 0x3F
_MOST: Final = 2**53
"""Beyond it a float is no longer exact to the thousandth."""
NOTHING: Final = -(2**62)
_MWH: Final = {"J": 1 / 3.6e9, "cal": 4.1868 / 3.6e9}


class Kind(Enum):
    """What a unit or a register measures."""

    HEAT = auto()
    POWER = auto()
    TEMPERATURE = auto()
    VOLUME = auto()
    VOLUME_FLOW = auto()
    MASS = auto()
    MASS_FLOW = auto()
    PRESSURE = auto()
    TIME = auto()
    NUMBER = auto()


class Unit(NamedTuple):
    """A unit of the meter: what it measures, and how much of ours it is."""

    kind: Kind
    factor: float


_UNITS: Final = {
    **{1 + n: Unit(Kind.HEAT, 10.0 ** (3 * n - 6)) for n in range(4)},  # Wh … GWh
    **{5 + n: Unit(Kind.HEAT, _MWH["J"] * 10 ** (3 * n)) for n in range(4)},  # J … GJ
    **{9 + n: Unit(Kind.HEAT, _MWH["cal"] * 10 ** (3 * n)) for n in range(4)},  # cal … Gcal
    57: Unit(Kind.HEAT, 10 / 3.6),  # ten GJ
    **{21 + n: Unit(Kind.POWER, 10.0 ** (3 * n - 3)) for n in range(4)},  # W … GW
    37: Unit(Kind.TEMPERATURE, 1.0),
    38: Unit(Kind.TEMPERATURE, 1.0),  # K, of a difference
    39: Unit(Kind.VOLUME, 1e-3),
    40: Unit(Kind.VOLUME, 1.0),
    55: Unit(Kind.VOLUME, 10.0),
    41: Unit(Kind.VOLUME_FLOW, 1e-3),
    42: Unit(Kind.VOLUME_FLOW, 1.0),
    44: Unit(Kind.MASS, 1.0),
    56: Unit(Kind.MASS, 10.0),
    45: Unit(Kind.MASS_FLOW, 1.0),
    52: Unit(Kind.PRESSURE, 100.0),  # bar
    46: Unit(Kind.TIME, 3600.0),
    58: Unit(Kind.TIME, 60.0),
    60: Unit(Kind.TIME, 1.0),
    61: Unit(Kind.TIME, 1e-3),
    62: Unit(Kind.TIME, 86_400.0),
    0: Unit(Kind.NUMBER, 1.0),
    51: Unit(Kind.NUMBER, 1.0),
}
"""The meter's unit code → what it is; by their place in the tables of esphome and PyKMP."""
_REGISTERS: Final = {
    **dict.fromkeys((60, 61, 62, 63, 94, 95, 96), Kind.HEAT),
    80: Kind.POWER,
    **dict.fromkeys((68, 69), Kind.VOLUME),
    **dict.fromkeys((72, 73), Kind.MASS),
    **dict.fromkeys((74, 75), Kind.VOLUME_FLOW),
    **dict.fromkeys((86, 87, 88, 89, 122), Kind.TEMPERATURE),
    **dict.fromkeys((91, 92), Kind.PRESSURE),
    1004: Kind.TIME,
}
"""Register → what it measures; the others tell it by their unit."""


def _question(ask: Ask) -> bytes:
    content = _METER_READS + _ONE_REGISTER + ask.block.start.to_bytes(2, "big")
    return _ASKS + _stuffed(content + crc16_ccitt(content).to_bytes(2, "big")) + _END


def _stuffed(content: bytes) -> bytes:
    return b"".join(bytes((_ESCAPE, b ^ 0xFF)) if b in _ESCAPED else bytes((b,)) for b in content)


def _unstuffed(content: bytes) -> bytes:
    """The bytes that were meant; what is cut off is found out by its checksum."""
    parts = content.split(bytes((_ESCAPE,)))
    return parts[0] + b"".join(bytes((part[0] ^ 0xFF,)) + part[1:] for part in parts[1:] if part)


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    register = ask.block.start.to_bytes(2, "big")
    while (high := received.find(_END)) >= 0:
        frame = bytes(received[:high])
        del received[: high + 1]
        content = _unstuffed(frame.rpartition(_ANSWERS)[2]) if _ANSWERS in frame else b""
        if content[:2] != _METER_READS or crc16_ccitt(content):
            continue
        if len(content) == len(_METER_READS) + _CRC:
            raise RefusedError(0)
        if content[2:4] == register and len(content) >= _HEADER + _CRC:
            return _number(ask.block.start, content[4:-_CRC]).to_bytes(8, "big", signed=True)
    return None


def _number(register: int, record: bytes) -> int:
    """Thousandths of our unit, or that there is no number."""
    unit, length, form, mantissa = _UNITS.get(record[0]), record[1], record[2], record[3:]
    if unit is None or not 0 < length == len(mantissa) <= _LONGEST_MANTISSA:
        return NOTHING
    if unit.kind is not _REGISTERS.get(register, unit.kind):
        return NOTHING
    exponent = -(form & _EXPONENT) if form & _FRACTION else form & _EXPONENT
    amount: float = int.from_bytes(mantissa, "big") * 10.0**exponent * unit.factor * 1000
    if amount > _MOST:
        return NOTHING
    return round(-amount if form & _NEGATIVE else amount)


DRIVER = Dialogue(question=_question, answer=_answer)
