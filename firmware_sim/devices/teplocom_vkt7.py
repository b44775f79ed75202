"""Teplocom VKT-7: values that are chosen before they are read, their units and decimals told apart.

    FF FF unit 10 3FFF 0000 CC 80 00 00 00 crc     a session begins
    FF FF unit 10 3FFD 0000 02 kind 00 crc         current values (4), their totals (5) or properties (6)
    FF FF unit 03 3FFC 0000 crc                    which elements there are: u32, u16 size, low byte first;
                                                   an empty list while properties are chosen
    FF FF unit 10 3FFF 0000 n elements crc         which of them are wanted
    FF FF unit 03 3FFE 0000 crc                    the bytes of each, its quality, and a zero

It shows heat in GJ and pressure in MPa. Without a session, and asked for elements that are not of the kind
chosen, it refuses with exception 2; other writes are counted and refused. Source: mustdieku/vkt7d,
internal/protocol/protocol.go, internal/diagnostic/diagnostic.go.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.image import Answer, Block
from firmware_sim.devices.instrument import Instrument, Reply
from firmware_sim.devices.modbus import crc16
from sensor_profiles.model import Profile, Space

_ACTIVE, _KIND, _DATA, _LIST = 0x3FFC, 0x3FFD, 0x3FFE, 0x3FFF
_READ, _CHOOSE = 3, 16
_CURRENT, _TOTALS, _PROPERTIES = 4, 5, 6
_KIND_BYTES: Final = 2
_BEGIN: Final = bytes.fromhex("CC80000000")
_RECORD, _SYSTEM = 9, 22
_IMAGE_BYTES: Final = _RECORD * _SYSTEM
_FLOWS: Final = (19, 20, 21)
_HEATS, _PRESSURES = (12, 13), (9, 10)
_COUNTERS: Final = frozenset({3, 4, 5, 6, 7, 8, 11, 12, 13, 17, 18})
_UNITS: Final = {44: "°C", 45: "м3/ч", 46: "м3", 47: "т", 48: "МПа", 52: "т", 53: "ГДж", 54: "ГДж"}
_DECIMALS: Final = {57: 6, 59: 6, 60: 6, 61: 9, 62: 6, 63: 6, 64: 6, 65: 6, 66: 7}
_SECOND_DECIMALS: Final = {69: 6, 70: 6, 71: 9, 72: 6, 73: 6, 74: 6, 75: 6, 76: 7}
_ALL_DECIMALS: Final = _DECIMALS | _SECOND_DECIMALS
_GJ_STEPS: Final = 36
"""A millionth of a MW·h in the seventh decimal place of a GJ."""
_UNKNOWN, _NO_ADDRESS = 1, 2
_EXCEPTION_EXTRA: Final = b"\0"


class _Talk(Struct):
    """What an instrument has been told in this session."""

    kind: int = _CURRENT
    wanted: tuple[int, ...] = ()

    def fits(self) -> bool:
        """Whether all that is wanted is of the kind that was chosen."""
        if self.kind == _PROPERTIES:
            return all(one in _UNITS or one in _ALL_DECIMALS for one in self.wanted)
        counters = self.kind == _TOTALS
        return all(one < 2 * _SYSTEM and (one % _SYSTEM in _COUNTERS) is counters for one in self.wanted)


def _request(data: bytes) -> bytes:
    """Without the FF FF and the checksum."""
    return data[2:-2]


def _is_request(data: bytes) -> bool:
    return data[:2] == b"\xff\xff" and data[3] in {_READ, _CHOOSE} and crc16(data[2:-2]) == data[-2:]


def _register(data: bytes) -> int:
    return int.from_bytes(_request(data)[2:4], "big")


def _closed(content: bytes) -> bytes:
    return content + crc16(content)


_PROTOCOL = Protocol(
    lengths=(10, 13, 15, *range(17, 17 + 6 * 48, 6)),
    is_request=_is_request,
    is_read=lambda data: data[3] == _READ,
    unit_of=lambda data: data[2],
    frame_bytes=lambda _: _IMAGE_BYTES,
    build=lambda unit, data: _closed(bytes([unit, _READ, len(data)]) + data),
    checksum_at=-1,
)


class _Calculators(FramedSpeaker):
    def __init__(self, instruments: Iterable[Instrument]) -> None:
        super().__init__(_PROTOCOL, instruments)
        self._talks: dict[Instrument, _Talk] = {}

    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        talk = self._talks.get(instrument)
        if request[3] == _CHOOSE:
            yield from self._chosen(instrument, request)
        elif talk is None:
            yield from self._says(instrument, request, _exception(request, _NO_ADDRESS))
        elif _register(request) == _ACTIVE:
            told = b"".join(struct.pack("<IH", one, _size(one)) for one in _active(instrument, talk.kind))
            frame = _closed(bytes([instrument.unit, _READ, len(told)]) + told)
            yield from self._says(instrument, request, frame)
        elif _register(request) != _DATA or not talk.wanted or not talk.fits():
            yield from self._says(instrument, request, _exception(request, _NO_ADDRESS))
        elif talk.kind == _PROPERTIES:
            told = b"".join(map(_property, talk.wanted))
            frame = _closed(bytes([instrument.unit, _READ, len(told)]) + told)
            yield from self._says(instrument, request, frame)
        else:
            yield from super()._asked(instrument, request, t_ms)

    def _chosen(self, instrument: Instrument, request: bytes) -> Iterator[Reply]:
        register, told = _register(request), _request(request)[6:]
        talk = self._talks.get(instrument)
        if register == _LIST and told == _BEGIN:
            self._talks[instrument] = _Talk()
        elif talk is None:
            yield from self._says(instrument, request, _exception(request, _NO_ADDRESS))
            return
        elif register == _KIND and told[0] == _KIND_BYTES:
            talk.kind, talk.wanted = told[1], ()
        elif register == _LIST and told[0] == len(told) - 1:
            talk.wanted = tuple(n & 0xFFFF for n, _ in struct.iter_unpack("<IH", told[1:]))
        else:
            instrument.writes_attempted += 1
            yield from self._says(instrument, request, _exception(request, _UNKNOWN))
            return
        yield from self._says(instrument, request, _closed(_request(request)[:6]))

    def _says(self, instrument: Instrument, request: bytes, frame: bytes) -> Iterator[Reply]:
        """Anything but values, after the faults of its line."""
        instrument.requests += 1
        strike = instrument.faults.strike()
        mute = self._is_mute(strike, request)
        own = b"" if mute else _closed(bytes([strike.unit(instrument.unit)]) + frame[1:-2])
        if data := strike.deliver(own, request=request, checksum_at=-1):
            yield Reply(data, strike.delay_ms)

    def _answer(self, instrument: Instrument, request: bytes) -> Answer | None:  # noqa: ARG002 - it was chosen
        wanted = self._talks[instrument].wanted
        values = instrument.values()
        system = wanted[0] // _SYSTEM if wanted else 0
        image = instrument.layout.answer(Block(Space.ITEM, system, _IMAGE_BYTES), values)
        if image is None:
            return None
        told = b"".join(_value(one % _SYSTEM, image.data) for one in wanted)
        elements = _elements(instrument.profile)
        return Answer(told, {name: said for name, said in image.served.items() if elements[name] in wanted})


def _exception(request: bytes, code: int) -> bytes:
    return _closed(bytes([request[2], request[3] | 0x80, code]) + _EXCEPTION_EXTRA)


def _active(instrument: Instrument, kind: int) -> list[int]:
    return [] if kind == _PROPERTIES else sorted(_elements(instrument.profile).values())


def _elements(profile: Profile) -> dict[str, int]:
    """Channel → the element it is read from."""
    fields = {channel.name: channel.field for channel in profile.channels}
    return {name: field.address * _SYSTEM + field.byte // _RECORD for name, field in fields.items()}


def _size(element: int) -> int:
    if element >= min(_UNITS):
        return 7 if element in _UNITS else 1
    return 4 if element % _SYSTEM in _FLOWS else 8


def _property(element: int) -> bytes:
    if element in _UNITS:
        text = _UNITS[element].encode("cp866")
        return len(text).to_bytes(2, "little") + text + b"\xc0\0"
    return bytes([_ALL_DECIMALS[element], 0xC0, 0])


def _value(place: int, image: bytes) -> bytes:
    """One element of the image as the calculator tells it: low byte first, its quality behind it."""
    record = image[place * _RECORD : (place + 1) * _RECORD]
    quality, raw = record[:1], record[1:]
    if place in _FLOWS:
        return raw[3::-1] + quality + b"\0"
    steps = _GJ_STEPS if place in _HEATS else 1
    number = int.from_bytes(raw, "big", signed=True) * steps
    return number.to_bytes(8, "little", signed=True) + quality + b"\0"


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The calculators of a line, told apart by address."""
    return _Calculators(instruments)
