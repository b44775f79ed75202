"""Kamstrup MULTICAL heat meters, the Kamstrup Meter Protocol (KMP), serial or optical head, 1200 8N2.

`80` 3F 10 01 register crc `0D` reads one register, and `40` 3F 10 register unit length sign-and-exponent
mantissa crc `0D` answers; inside, the bytes 06 0D 1B 40 80 are written as 1B and the inverted byte. Items are
the registers by their numbers. What is delivered of one is an i64, high byte first: thousandths of MW·h, kW,
m³, m³/h, t, t/h, °C, K, kPa or s, whatever unit the meter counts in. −2⁶² stands where it gave no number, or
counts in a unit that is not known here.

The value is ± mantissa · 10^±exponent: bit 7 of the byte before the mantissa is the sign of the value, bit 6
that of the exponent. An answer without a register is taken for a refusal. Sources: esphome/esphome,
components/kamstrup_kmp; baminmru/vodopad-ip-server, DrvMC601.
"""

from typing import Final

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
_UNITS: Final = {
    **dict(zip((1, 2, 3, 4), (1e-6, 1e-3, 1.0, 1e3), strict=True)),  # Wh … GWh
    **{5 + n: _MWH["J"] * 10 ** (3 * n) for n in range(4)},  # J … GJ
    **{9 + n: _MWH["cal"] * 10 ** (3 * n) for n in range(4)},  # cal … Gcal
    **dict(zip((22, 23, 24), (1.0, 1e3, 1e6), strict=True)),  # kW … GW; sources disagree about 21
    **dict.fromkeys((0, 37, 38, 40, 42, 44, 45, 51, 60), 1.0),  # °C K m³ m³/h t t/h s, and pure numbers
    **dict.fromkeys((39, 41, 61), 1e-3),  # l, l/h, ms
    **dict(zip((46, 58, 62), (3600.0, 60.0, 86_400.0), strict=True)),  # h, min, d
    **dict(zip((52, 55, 56, 57), (100.0, 10.0, 10.0, 10 / 3.6), strict=True)),  # bar, ten m³, t and GJ
}
"""The meter's unit code → how much of ours it is; by their place in the table of esphome."""


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
            return _number(content[4:-_CRC]).to_bytes(8, "big", signed=True)
    return None


def _number(record: bytes) -> int:
    """Thousandths of our unit, or that there is no number."""
    unit, length, form, mantissa = record[0], record[1], record[2], record[3:]
    if unit not in _UNITS or not 0 < length == len(mantissa) <= _LONGEST_MANTISSA:
        return NOTHING
    exponent = -(form & _EXPONENT) if form & _FRACTION else form & _EXPONENT
    amount: float = int.from_bytes(mantissa, "big") * 10.0**exponent * _UNITS[unit] * 1000
    if amount > _MOST:
        return NOTHING
    return round(-amount if form & _NEGATIVE else amount)


DRIVER = Dialogue(question=_question, answer=_answer)
