"""Mercury 230, 231, 234, 236 electricity meters, the maker's own protocol, serial 9600 8N1 as delivered.

`address command parameters crc` asks, `address data crc` answers, and nothing in an answer tells what it
answers. The items are numbered by command and parameter, each one a request:

    0x0500 + tariff  energy since reset, tariff 0 the sum: A+ A− R+ R−, each u32 in order BADC
    0x1100 + BWRI    an instantaneous value, signed: i32, high byte first
    0x1170           the meter's own temperature: u16, high byte first

An instantaneous value comes as three bytes b0 b1 b2: the amount is (b0 & 3F) b2 b1, bit 7 of b0 the sign of
active power, bit 6 that of reactive power; here they have become one number. FF FF FF is delivered as
`NOTHING`: the meter does not measure it. A value of three bytes and its request look alike, so that whatever
equals the request is passed over as its echo.

A meter answers only in a session. One that has none says so with status 5, and then `address 01 level
password crc` opens one at level 1, which may read and nothing else; it lapses by itself after minutes. Status
frames are `address status crc`; a value that begins like one, checksum and all, and comes in two pieces is
taken for a refusal: no value then. Sources: wirenboard/wb-mqtt-serial, src/devices/mercury230_device.cpp and
test/TMercury230Test.*.dat; Shden/mercury236, mercury236.c.
"""

from functools import partial
from typing import Final

from edge_agent.drivers import Ask, RefusedError, Session, Step, Steps, _frames
from edge_agent.drivers._checksums import crc16_modbus
from edge_agent.drivers._text import NOTHING
from edge_agent.samples import Block
from sensor_profiles.model import Space

_OPEN, _ENERGY, _INSTANT = 0x01, 0x05, 0x08
_SESSION: Final = 0x0100
"""The item that stands for opening a session."""
_ENERGY_ITEMS, _TEMPERATURE = 0x05, 0x1170
_AT_LEVEL_1: Final = b"\x01"
_CLOSED: Final = 5
_CODES: Final = {2: 4}
"""An internal error of the meter may pass, as a device failure of Modbus may; its 2 would not."""
_NOT_MEASURED: Final = b"\xff\xff\xff"
_ACTIVE: Final = frozenset(range(0x1100, 0x1104))
_REACTIVE: Final = frozenset(range(0x1104, 0x1108))
_AMOUNT, _NEGATIVE_ACTIVE, _NEGATIVE_REACTIVE = 0x3F, 0x80, 0x40
_AROUND: Final = 3
"""Address and checksum."""
_STATUS_BYTES, _ENERGY_BYTES, _TEMPERATURE_BYTES, _INSTANT_BYTES = 1, 16, 2, 3


def _step(ask: Ask, content: bytes, answered: int) -> Step:
    """A request with its checksum, and how many bytes of data answer it."""
    sent = _closed(bytes((ask.unit,)) + content)
    return Step(sent, partial(_take, sent, answered))


def _closed(content: bytes) -> bytes:
    return content + crc16_modbus(content).to_bytes(2, "little")


def _take(sent: bytes, answered: int, received: bytearray) -> bytes | None:
    def is_answer(frame: bytes) -> bool:
        return frame != sent and _closed(frame[:-2]) == frame

    def is_refusal(frame: bytes) -> bool:
        return is_answer(frame) and _code(frame[1]) != 0

    if frame := _frames.take(received, sent[:1], _AROUND + answered, is_answer):
        return frame[1:-2]
    if frame := _frames.take(received, sent[:1], _AROUND + _STATUS_BYTES, is_refusal):
        _see(frame[1])
    return None


def _code(status: int) -> int:
    return status & 0x0F


def _see(status: int) -> None:
    """A status where data was asked for: it can only be a refusal; 0 is the answer to something else."""
    if code := _code(status):
        raise RefusedError(_CODES.get(code, code))


def _opening(ask: Ask) -> Step:
    return _step(ask, bytes((_OPEN,)) + _AT_LEVEL_1 + ask.password, _STATUS_BYTES)


def _reading(ask: Ask) -> Step:
    item, tariff_or_bwri = ask.block.start, ask.block.start & 0xFF
    if item >> 8 == _ENERGY_ITEMS:
        return _step(ask, bytes((_ENERGY, 0, tariff_or_bwri)), _ENERGY_BYTES)
    length = _TEMPERATURE_BYTES if item == _TEMPERATURE else _INSTANT_BYTES
    return _step(ask, bytes((_INSTANT, item >> 8, tariff_or_bwri)), length)


def _read(ask: Ask) -> Steps:
    if ask.block.start == _SESSION:
        _see((yield _opening(ask))[0])
        return b"\0"
    reading = _reading(ask)
    try:
        data = yield reading
    except RefusedError as refusal:
        if refusal.code != _CLOSED:
            raise
        _see((yield _opening(ask))[0])
        data = yield reading
    return _delivered(ask.block.start, data)[: ask.block.count]


def _delivered(item: int, data: bytes) -> bytes:
    """What the profile sees of an answer."""
    if len(data) != _INSTANT_BYTES:
        return data
    if data == _NOT_MEASURED:
        return NOTHING
    amount = (data[0] & _AMOUNT) << 16 | data[2] << 8 | data[1]
    negative = (item in _ACTIVE and data[0] & _NEGATIVE_ACTIVE) or (
        item in _REACTIVE and data[0] & _NEGATIVE_REACTIVE
    )
    return (-amount if negative else amount).to_bytes(4, "big", signed=True)


def _proof(_blocks: tuple[Block, ...]) -> Block:
    """Opening a session anew: its answer is shorter than any that brings data."""
    return Block(Space.ITEM, _SESSION, 1)


DRIVER = Session(read=_read, most_steps=3, proof=_proof)
