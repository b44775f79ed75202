"""Teplovodokhran "Pulsar" meters of heat and water and pulse loggers, their own protocol, serial 9600 8N1.

An item is a channel, 0…31; its bytes are the value as the meter sends it, low byte first: f32, f64 or u32,
by the model. Each channel is asked for by itself, so that one a meter does not have is refused alone:

    address  01  0E  mask     id  crc        the mask has the channel's bit
    address  01  L   value    id  crc        L counts all bytes, 0E for four of a value
    address  00  0B  error    id  crc        1 no such function, 2 wrong mask, 3 wrong length, …

The address has eight decimal digits, two a byte, as printed on the meter; all other numbers are sent low
byte first, crc is CRC-16/MODBUS. The id is repeated by the answer, so a late one is known. The echo of a
request for a value of four bytes is a valid answer in form: whatever equals the request is passed over (a
counter that stands at exactly the mask's value is not read until it moves).

Sources: wirenboard/wb-mqtt-serial, src/devices/pulsar_device.cpp; kihamo/boggart, providers/pulsar;
latonita/esphome-pulsar-m.
"""

from typing import Final

from edge_agent.drivers import Ask, RefusedError, _frames
from edge_agent.drivers._checksums import crc16_modbus
from edge_agent.samples import Block

_READ, _ERROR = 1, 0
_AROUND: Final = 10
"""Address, function, length; id, CRC."""
_DATA_AT: Final = 6
_MASK: Final = 0xFFFF_FFFF


def _head(unit: int, function: int, data_bytes: int) -> bytes:
    return bytes.fromhex(f"{unit:08d}") + bytes((function, _AROUND + data_bytes))


def _crc(data: bytes) -> bytes:
    return crc16_modbus(data).to_bytes(2, "little")


class _Pulsar:
    """Its answers carry the number of their request: after a timeout the next one is fresh by itself."""

    numbered = False

    def request(self, ask: Ask) -> bytes:
        mask = (1 << ask.block.start & _MASK).to_bytes(4, "little")
        body = _head(ask.unit, _READ, len(mask)) + mask + ask.transaction.to_bytes(2, "little")
        return body + _crc(body)

    def take(self, ask: Ask, received: bytearray) -> bytes | None:
        sent, number = self.request(ask), ask.transaction.to_bytes(2, "little")

        def is_answer(frame: bytes) -> bool:
            return frame[-4:-2] == number and frame[-2:] == _crc(frame[:-2]) and frame != sent

        for function, count in ((_READ, ask.block.count), (_ERROR, 1)):
            head = _head(ask.unit, function, count)
            if frame := _frames.take(received, head, _AROUND + count, is_answer):
                return _data(frame)
        return None

    def resync(self, _: tuple[Block, ...]) -> Block | None:
        return None


def _data(frame: bytes) -> bytes:
    if frame[4] == _ERROR:
        raise RefusedError(frame[_DATA_AT])
    return frame[_DATA_AT:-4]


DRIVER = _Pulsar()
