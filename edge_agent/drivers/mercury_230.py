"""Mercury 230, 231, 234, 236 electricity meters, the maker's own protocol, serial 9600 8N1 as delivered.

`address command parameters crc` asks, `address data crc` answers, and nothing in an answer tells what it
answers. The items are numbered by command and parameter, each one a request:

    0x0500 + tariff  energy since reset, tariff 0 the sum: A+ A− R+ R−, each u32 in order BADC
    0x1100 + BWRI    an instantaneous value, signed: i32, high byte first
    0x1170           the meter's own temperature: u16, high byte first

An instantaneous value comes as three bytes b0 b1 b2: the amount is (b0 & 3F) b2 b1, bit 7 of b0 the sign of
active power, bit 6 that of reactive power; here they have become one number.

A meter answers only in a session. One that has none says so with status 5, and then `address 01 level
password crc` opens one at level 1, which may read and nothing else; it lapses by itself after minutes. Status
frames are `address status crc`. Sources: wirenboard/wb-mqtt-serial, src/devices/mercury230_device.cpp and
test/TMercury230Test.*.dat.
"""

from functools import partial
from typing import Final

from edge_agent.drivers import Ask, RefusedError, Session, Step, Steps, _frames
from edge_agent.drivers._checksums import crc16_modbus
from edge_agent.samples import Block
from sensor_profiles.model import Space

_OPEN, _ENERGY, _INSTANT = 0x01, 0x05, 0x08
_SESSION: Final = 0x0100
"""The item that stands for opening a session."""
_ENERGY_ITEMS, _TEMPERATURE = 0x05, 0x1170
_AT_LEVEL_1: Final = b"\x01"
_CLOSED: Final = 5
_ACTIVE: Final = frozenset(range(0x1100, 0x1104))
_REACTIVE: Final = frozenset(range(0x1104, 0x1108))
_AMOUNT, _NEGATIVE_ACTIVE, _NEGATIVE_REACTIVE = 0x3F, 0x80, 0x40
_STATUS_BYTES, _ENERGY_BYTES, _TEMPERATURE_BYTES, _INSTANT_BYTES = 1, 16, 2, 3


def _step(ask: Ask, sent: bytes, answered: int) -> Step:
    """A request with its checksum, and how many bytes of data answer it."""
    head = bytes((ask.unit,))
    return Step(_closed(head + sent), partial(_take, head, answered))


def _closed(content: bytes) -> bytes:
    return content + crc16_modbus(content).to_bytes(2, "little")


def _is_valid(frame: bytes) -> bool:
    return _closed(frame[:-2]) == frame


def _take(head: bytes, answered: int, received: bytearray) -> bytes | None:
    if frame := _frames.take(received, head, len(head) + answered + 2, _is_valid):
        return frame[len(head) : -2]
    if status := _frames.take(received, head, len(head) + _STATUS_BYTES + 2, _is_valid):
        _see(status[len(head)])
    return None


def _see(status: int) -> None:
    """A status where data was asked for: it can only be a refusal; 0 is the answer to something else."""
    if code := status & 0x0F:
        raise RefusedError(code)


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
    amount = (data[0] & _AMOUNT) << 16 | data[2] << 8 | data[1]
    negative = (item in _ACTIVE and data[0] & _NEGATIVE_ACTIVE) or (
        item in _REACTIVE and data[0] & _NEGATIVE_REACTIVE
    )
    return (-amount if negative else amount).to_bytes(4, "big", signed=True)


def _proof(_blocks: tuple[Block, ...]) -> Block:
    """Opening a session anew: its answer is shorter than any that brings data."""
    return Block(Space.ITEM, _SESSION, 1)


DRIVER = Session(read=_read, most_steps=3, proof=_proof)
