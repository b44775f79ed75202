"""Pulsar meters: address in packed decimals, function, length, data, id, CRC-16/MODBUS low byte first.

Function 1 reads the channels of a mask, values one after the other; a channel there is not is error 2, a
function there is not error 1. Functions that set clock or parameters are counted, refused and not obeyed.
Sources: kihamo/boggart providers/pulsar; latonita/esphome-pulsar-m.
"""

from collections.abc import Iterable, Iterator

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.image import Answer, Block
from firmware_sim.devices.instrument import Instrument, Reply
from firmware_sim.devices.modbus import crc16
from sensor_profiles.layout import size_of
from sensor_profiles.model import Profile, Space

_READ = 1
_NO_FUNCTION, _WRONG_MASK = 1, 2
_CHECKSUM_AT = -1


def _frame(unit: int, function: int, data: bytes, number: bytes) -> bytes:
    digits = [int(digit) for digit in str(unit).zfill(8)]
    address = bytes(16 * high + low for high, low in zip(digits[::2], digits[1::2], strict=True))
    body = address + bytes([function, len(data) + 10]) + data + number
    return body + crc16(body)


def _is_request(data: bytes) -> bool:
    return data[:4].hex().isdecimal() and data[5] == len(data) and crc16(data[:-2]) == data[-2:]


def _channels(request: bytes) -> list[int]:
    mask = int.from_bytes(request[6:10], "little")
    return [bit for bit in range(32) if mask >> bit & 1]


_PROTOCOL = Protocol(
    lengths=(14, 10, 12, 16, 18, 20, 24, 28, 32),
    is_request=_is_request,
    is_read=lambda data: data[4] == _READ,
    unit_of=lambda data: int(data[:4].hex()),
    frame_bytes=lambda _: 0,
    build=lambda unit, image: _frame(unit, _READ, image, bytes(2)),
    checksum_at=_CHECKSUM_AT,
)


def _sizes(profile: Profile) -> dict[int, int]:
    """Channel → bytes of its value."""
    return {channel.field.address: size_of(channel.field) for channel in profile.channels}


class _Pulsars(FramedSpeaker):
    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        error = _error(instrument.profile, request)
        if not error:
            yield from super()._asked(instrument, request, t_ms)
            return
        instrument.requests += 1
        instrument.writes_attempted += error == _NO_FUNCTION
        strike = instrument.faults.strike()
        frame = b""
        if not strike.silent and strike.exception is None:
            frame = _frame(strike.unit(instrument.unit), 0, bytes([error]), request[-4:-2])
        if data := strike.deliver(frame, request=request, checksum_at=_CHECKSUM_AT):
            yield Reply(data, strike.delay_ms)

    def _answer(self, instrument: Instrument, request: bytes) -> Answer | None:
        sizes, values = _sizes(instrument.profile), instrument.values()
        blocks = [Block(Space.ITEM, channel, sizes[channel]) for channel in _channels(request)]
        answers = [answer for block in blocks if (answer := instrument.layout.answer(block, values))]
        served = {name: value for answer in answers for name, value in answer.served.items()}
        return Answer(b"".join(answer.data for answer in answers), served)

    def _build(self, unit: int, image: bytes, request: bytes) -> bytes:
        return _frame(unit, _READ, image, request[-4:-2])


def _error(profile: Profile, request: bytes) -> int:
    """Why a request is refused; 0: it is not."""
    if request[4] != _READ:
        return _NO_FUNCTION
    asked, there = _channels(request), _sizes(profile)
    return 0 if asked and there.keys() >= set(asked) else _WRONG_MASK


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The meters of a line, told apart by their eight digits."""
    return _Pulsars(_PROTOCOL, instruments)
