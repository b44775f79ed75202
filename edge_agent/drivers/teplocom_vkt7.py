"""Teplocom VKT-7 heat calculator, its own use of Modbus frames, serial 8N2.

Nothing has a fixed place: a reader opens a session, asks for decimal places and units, is told which elements
there are and how long, and then chooses and reads those of one kind after the other. A block is one such
session. The items are the two heat systems, 0 and 1; an item has nine bytes for each of its 22 elements, t1
t2 t3 V1 V2 V3 M1 M2 M3 P1 P2 Mg Qo Qg dt tx ta BNP VOC G1 G2 G3:

    1   quality: C0 good; as the meter says; 01 not in its list; 02 in a unit that is not known here
    8   i64, high byte first, millionths of °C, m³, t, kPa or MW·h; of G1…G3 an f32 (m³/h) and four zeros

V, M and Q are the totals of the kind "current totals", the others are current values. The list is asked for
while current values are chosen: with properties chosen some calculators tell an empty one.

Requests are `FF FF unit function register quantity … crc`, the checksum without the FF FF; function 16 only
chooses what is read and changes nothing that the meter keeps. Exceptions have six bytes; their codes are not
those of Modbus, so none is taken as for good. Address 0 is answered by any meter, with its own. Sources:
mustdieku/vkt7d, internal/protocol and internal/diagnostic; baminmru/vodopad-ip-server, DrvVKT7.
"""

import struct
from collections.abc import Generator, Iterable, Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

from edge_agent.drivers import Ask, GarbledError, RefusedError, Session, Step, Steps
from edge_agent.drivers._checksums import crc16_modbus
from edge_agent.samples import Block
from sensor_profiles.model import Space

_READ, _CHOOSE, _REFUSED = 0x03, 0x10, 0x80
_PREAMBLE: Final = b"\xff\xff"
_ACTIVE, _KIND, _DATA, _LIST = 0x3FFC, 0x3FFD, 0x3FFE, 0x3FFF
_BEGIN: Final = b"\xcc\x80\0\0\0"
_CURRENT, _TOTALS, _PROPERTIES = 4, 5, 6
_LOGICAL, _NUMBER = 0x40000000, 0x3FFFFFFF
_SYSTEM: Final = 22
"""Elements of a heat system; those of the second follow those of the first."""
_RECORD: Final = struct.Struct(">Bq")
_FLOW_RECORD: Final = struct.Struct(">Bf4x")
_GOOD, _ABSENT, _UNIT_UNKNOWN = 0xC0, 1, 2
_MILLIONTHS: Final = 6
_LARGEST: Final = 2**63 - 1
_FIRST_TEXT, _FIRST_DECIMALS = 44, 57
_MOST_DECIMALS, _LONGEST_NUMBER, _FLOW_BYTES = 9, 8, 4
_REASONS: Final = {1: 4, 2: 4, 3: 4}
"""What a calculator that has just restarted says would stand for `never again`; 4 may pass."""
_NO_SUCH_SYSTEM: Final = 2
_SESSION: Final = 0xFFFF
"""The item that stands for opening a session and nothing else."""
_WRITTEN_BYTES, _EXCEPTION_BYTES, _AROUND_DATA = 8, 6, 5


class Element(NamedTuple):
    """A value the meter can be asked for, and its bytes."""

    number: int
    size: int


class Form(NamedTuple):
    """Which elements tell the decimals of a value, in each heat system, and its unit; None: always one."""

    decimals: tuple[int, int]
    unit: int | None = None


class Told(NamedTuple):
    """A value as it was told: its bytes, and the meter's word for their quality."""

    raw: bytes
    quality: int


_FORMS: Final = {
    **dict.fromkeys((0, 1, 2), Form((57, 57))),
    **dict.fromkeys((3, 4, 5), Form((59, 69), 46)),
    **dict.fromkeys((6, 7, 8), Form((60, 70), 47)),
    **dict.fromkeys((9, 10), Form((61, 71), 48)),
    11: Form((65, 75), 47),
    **dict.fromkeys((12, 13), Form((66, 76), 53)),
    14: Form((62, 72)),
    15: Form((63, 73)),
    16: Form((64, 74)),
}
_FLOWS: Final = frozenset({19, 20, 21})
_FLOW_UNIT: Final = 45
_IN_TOTALS: Final = frozenset({3, 4, 5, 6, 7, 8, 11, 12, 13})
_KINDS: Final = {_CURRENT: frozenset({*_FORMS, *_FLOWS}) - _IN_TOTALS, _TOTALS: _IN_TOTALS}
"""Kind of values → the elements of a heat system that are read as such."""
_UNITS: Final = {
    45: {"м3": 1.0},
    46: {"м3": 1.0},
    47: {"т": 1.0},
    48: {"мпа": 1000.0, "кпа": 1.0, "бар": 100.0, "кг": 98.0665, "ат": 98.0665},
    53: {"гкал": 1.163, "гдж": 1 / 3.6, "мвт": 1.0},
}
"""Unit element → the beginning of its text, small letters → how much of ours."""
_ASKED_OF_PROPERTIES: Final = (
    *(Element(number, 7) for number in _UNITS),
    *(Element(number, 1) for number in sorted({n for form in _FORMS.values() for n in form.decimals})),
)
"""With the sizes they have in every calculator (vkt7d)."""


def _step(ask: Ask, function: int, register: int, sent: bytes = b"") -> Step:
    content = bytes((ask.unit, function)) + register.to_bytes(2, "big") + b"\0\0" + sent
    return Step(_PREAMBLE + _closed(content), partial(_take, ask.unit, function, register.to_bytes(2, "big")))


def _closed(content: bytes) -> bytes:
    return content + crc16_modbus(content).to_bytes(2, "little")


def _take(unit: int, function: int, register: bytes, received: bytearray) -> bytes | None:
    for low in range(len(received) - _EXCEPTION_BYTES + 1):
        frame = bytes(received[low : low + _length(received[low:])])
        if not frame or unit not in {0, frame[0]} or _closed(frame[:-2]) != frame:
            continue
        if frame[1] == function | _REFUSED:
            del received[: low + len(frame)]
            raise RefusedError(_REASONS.get(frame[2], frame[2]))
        if frame[1] == function and (function == _READ or frame[2:4] == register):
            del received[: low + len(frame)]
            return frame[3:-2]
    return None


def _length(rest: bytearray) -> int:
    """Bytes of the frame that would begin here; 0: none does."""
    if rest[1] & _REFUSED:
        return _EXCEPTION_BYTES
    return {_READ: rest[2] + _AROUND_DATA, _CHOOSE: _WRITTEN_BYTES}.get(rest[1], 0)


def _choose(ask: Ask, register: int, sent: bytes) -> Step:
    return _step(ask, _CHOOSE, register, bytes((len(sent),)) + sent)


def _begin(ask: Ask) -> Step:
    return _step(ask, _CHOOSE, _LIST, _BEGIN)


def _read(ask: Ask) -> Steps:
    yield _begin(ask)
    if ask.block.start == _SESSION:
        return b"\0"
    properties = yield from _chosen(ask, _PROPERTIES, _ASKED_OF_PROPERTIES)
    yield _choose(ask, _KIND, bytes((_CURRENT, 0)))
    there = _elements((yield _step(ask, _READ, _ACTIVE)))
    values: dict[int, Told] = {}
    for kind, places in _KINDS.items():
        wanted = [one for one in there if _place(one.number, ask.block.start) in places]
        if wanted:
            values |= yield from _chosen(ask, kind, wanted)
    if not values:
        raise RefusedError(_NO_SUCH_SYSTEM)
    return _image(ask.block.start, properties, values)[: ask.block.count]


def _chosen(ask: Ask, kind: int, wanted: Sequence[Element]) -> Generator[Step, bytes, dict[int, Told]]:
    """Choose a kind of values and elements of it, and read them."""
    yield _choose(ask, _KIND, bytes((kind, 0)))
    yield _choose(ask, _LIST, _listed(wanted))
    return _told(wanted, (yield _step(ask, _READ, _DATA)))


def _place(number: int, system: int) -> int:
    return number - system * _SYSTEM


def _elements(data: bytes) -> list[Element]:
    if not data or len(data) % 6:
        raise GarbledError(f"a list of elements of {len(data)} bytes")
    return [Element(number & _NUMBER, size) for number, size in struct.iter_unpack("<IH", data)]


def _listed(elements: Iterable[Element]) -> bytes:
    return b"".join(struct.pack("<IH", one.number | _LOGICAL, one.size) for one in elements)


def _told(elements: Sequence[Element], data: bytes) -> dict[int, Told]:
    """Element → what was told of it; units bring their own length."""
    told, at = {}, 0
    for one in elements:
        size = one.size
        if _FIRST_TEXT <= one.number < _FIRST_DECIMALS:
            size = int.from_bytes(data[at : at + 2], "little")
            at += 2
        if at + size + 2 > len(data):
            raise GarbledError(f"{len(data)} bytes for {len(elements)} elements")
        told[one.number] = Told(data[at : at + size], data[at + size])
        at += size + 2
    return told


def _image(system: int, properties: Mapping[int, Told], values: Mapping[int, Told]) -> bytes:
    return b"".join(
        _record(place, system, properties, values.get(place + system * _SYSTEM)) for place in range(_SYSTEM)
    )


def _record(place: int, system: int, properties: Mapping[int, Told], value: Told | None) -> bytes:
    if value is None:
        return _RECORD.pack(_ABSENT, 0)
    if place in _FLOWS:
        return _flow(properties, value)
    form = _FORMS[place]
    factor = 1.0 if form.unit is None else _factor(form.unit, properties)
    decimals = properties[form.decimals[min(system, 1)]].raw[0]
    if factor is None or decimals > _MOST_DECIMALS:
        return _RECORD.pack(_UNIT_UNKNOWN, 0)
    if not 0 < len(value.raw) <= _LONGEST_NUMBER:
        raise GarbledError(f"element {place} of {len(value.raw)} bytes")
    amount = round(
        int.from_bytes(value.raw, "little", signed=True) * factor * 10.0 ** (_MILLIONTHS - decimals)
    )
    return _RECORD.pack(value.quality, amount) if abs(amount) <= _LARGEST else _RECORD.pack(_UNIT_UNKNOWN, 0)


def _flow(properties: Mapping[int, Told], value: Told) -> bytes:
    if len(value.raw) != _FLOW_BYTES:
        raise GarbledError(f"a flow of {len(value.raw)} bytes")
    if _factor(_FLOW_UNIT, properties) is None:
        return _RECORD.pack(_UNIT_UNKNOWN, 0)
    return _FLOW_RECORD.pack(value.quality, struct.unpack("<f", value.raw)[0])


def _factor(unit: int, properties: Mapping[int, Told]) -> float | None:
    text = properties[unit].raw.decode("cp866").strip().lower()
    return next((factor for begins, factor in _UNITS[unit].items() if text.startswith(begins)), None)


def _proof(_blocks: tuple[Block, ...]) -> Block:
    """The confirmation of a new session is no answer to a read."""
    return Block(Space.ITEM, _SESSION, 1)


DRIVER = Session(read=_read, most_steps=12, proof=_proof)
