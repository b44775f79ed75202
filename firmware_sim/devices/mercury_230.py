"""Mercury 230: a meter that answers reads in an open session, and says 5 when it has none.

Requests `address command … crc`, answers `address data crc`, status `address code crc`. 01 opens a session
at level 1 with six bytes of password; 05 00 tariff reads energy since reset; 08 11 BWRI reads an
instantaneous value: three bytes, the top one first, then the lowest, then the middle one, two sign bits in
the top one; FF FF FF is a value it does not measure. All else is counted and refused with 1, as is a session
at level 2, which could write, with 3. A session lapses after 240 s without a request.
Sources: wirenboard/wb-mqtt-serial, src/devices/mercury230_device.cpp; Shden/mercury236.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.image import Answer, Block
from firmware_sim.devices.instrument import Instrument, Reply
from firmware_sim.devices.modbus import crc16
from sensor_profiles.model import Channel, Encoding, Space
from wire.messages import Value

_OPEN, _ENERGY, _INSTANT = 0x01, 0x05, 0x08
_READING: Final = 1
_PARAMETERS: Final = 2
_UNKNOWN, _NO_ACCESS, _NO_SESSION = 1, 3, 5
_LAPSES_MS: Final = 240_000
_ENERGY_ITEM, _INSTANT_ITEM, _TEMPERATURE_ITEM = 0x0500, 0x1100, 0x1170
_MOST: Final = 0x3FFFFE
_NONE: Final = -(2**31)
_IMAGE_BYTES: Final = {_ENERGY_ITEM: 16, _TEMPERATURE_ITEM: 2}
_INSTANT_IMAGE_BYTES: Final = 4


def _closed(content: bytes) -> bytes:
    return content + crc16(content)


def _item(request: bytes) -> int:
    """What is asked for; 0: nothing that can be read."""
    command, parameters = request[1], request[2:-2]
    if command == _ENERGY and len(parameters) == _PARAMETERS and parameters[0] == 0:
        return _ENERGY_ITEM + parameters[1]
    if command == _INSTANT and len(parameters) == _PARAMETERS and parameters[0] == _INSTANT_ITEM >> 8:
        return _INSTANT_ITEM + parameters[1]
    return 0


def _asked_for(request: bytes) -> Block:
    item = _item(request)
    length = _IMAGE_BYTES.get(item if item == _TEMPERATURE_ITEM else item & 0xFF00, _INSTANT_IMAGE_BYTES)
    return Block(Space.ITEM, item, length)


_PROTOCOL = Protocol(
    lengths=(6, 11, 4, 5, 7, 8, 9, 10),
    is_request=lambda data: _closed(data[:-2]) == data,
    is_read=lambda data: _item(data) != 0,
    unit_of=lambda data: data[0],
    frame_bytes=lambda _: 0,
    build=lambda unit, data: _closed(bytes([unit]) + data),
    checksum_at=-1,
    block_of=_asked_for,
)


class _Meters(FramedSpeaker):
    """Knows with whom a session is open, and since when nothing was asked in it."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        super().__init__(_PROTOCOL, instruments)
        self._asked_ms: dict[Instrument, int] = {}

    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        in_session = t_ms - self._asked_ms.get(instrument, -_LAPSES_MS) < _LAPSES_MS
        if request[1] == _OPEN:
            yield from self._opened(instrument, request, t_ms)
            return
        instrument.writes_attempted += not _item(request)
        if not in_session:
            yield from self._says(instrument, request, _NO_SESSION)
        elif not instrument.layout.answer(_asked_for(request), {}):
            yield from self._says(instrument, request, _UNKNOWN)
        else:
            self._asked_ms[instrument] = t_ms
            yield from super()._asked(instrument, request, t_ms)

    def _opened(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        level, password = request[2], request[3:-2].hex()
        instrument.writes_attempted += level != _READING
        if level == _READING and password == instrument.profile.password:
            self._asked_ms[instrument] = t_ms
            yield from self._says(instrument, request, 0)
        else:
            yield from self._says(instrument, request, _NO_ACCESS)

    def _says(self, instrument: Instrument, request: bytes, code: int) -> Iterator[Reply]:
        """A status, after the faults of its line."""
        instrument.requests += 1
        strike = instrument.faults.strike()
        mute = strike.silent or strike.exception is not None
        frame = b"" if mute else _closed(bytes([strike.unit(instrument.unit), code]))
        if data := strike.deliver(frame, request=request, checksum_at=-1):
            yield Reply(data, strike.delay_ms)

    def _answer(self, instrument: Instrument, request: bytes) -> Answer | None:
        values = instrument.values()
        told = {one.name: _sendable(one, values.get(one.name)) for one in instrument.profile.channels}
        return instrument.layout.answer(_asked_for(request), told)

    def _build(self, unit: int, image: bytes, request: bytes) -> bytes:
        item = _item(request)
        if item < _INSTANT_ITEM or item == _TEMPERATURE_ITEM:
            return super()._build(unit, image, request)
        return super()._build(unit, _three_bytes(item - _INSTANT_ITEM, image), request)


def _sign_bit(bwri: int) -> int:
    """Of the top byte; 0: the value has no sign."""
    return {0: 0x80, 1: 0x40}.get(bwri // 4, 0)


def _sendable(channel: Channel, value: Value) -> Value:
    """An instantaneous value as far as 22 bits, and a sign where it has one, can tell it."""
    if channel.field.encoding is not Encoding.I32 or not isinstance(value, (int, float)):
        return value
    most = _MOST * channel.scale
    return min(max(value, -most if _sign_bit(channel.field.address - _INSTANT_ITEM) else 0.0), most)


def _three_bytes(bwri: int, image: bytes) -> bytes:
    number = int.from_bytes(image, "big", signed=True)
    if number == _NONE:
        return b"\xff\xff\xff"
    top, middle, lowest = abs(number).to_bytes(3, "big")
    return bytes([top | (_sign_bit(bwri) if number < 0 else 0), lowest, middle])


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The meters of a line, told apart by address."""
    return _Meters(instruments)
