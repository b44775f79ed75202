"""How a Modbus device names itself: function 17 (report server id) and 43/14 (read device identification).

Both only read. The answers have no fixed length, so each frame is measured as it comes in:

    17     unit 11 count data… crc               data: whatever the maker likes, often with a name in it
    43/14  unit 2B 0E code conformity more next number (id length text)… crc

Source: Modbus application protocol V1.1b3, §6.13, §6.21.
"""

import re
import struct
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from edge_agent.drivers import Ask, Framing, LinkDownError, RefusedError
from edge_agent.drivers._checksums import crc16_modbus
from edge_agent.samples import Block
from sensor_profiles.model import Space

_SERVER_ID, _ENCAPSULATED, _DEVICE_ID = 0x11, 0x2B, 0x0E
_BASIC: Final = 1
_MBAP = struct.Struct(">HHHB")
_EXCEPTION: Final = 0x80
_LISTED_AT: Final = 7
"""Where the objects of 43/14 begin, counted from the unit."""
_SHOWN = re.compile(r"[^\x20-\x7e]+")
NOTHING: Final = Block(Space.HOLDING, 0, 0)
"""These requests name no registers."""
Measure = Callable[[bytes], int]
"""The length of the answer that begins with these bytes (from the unit on, without CRC); 0: not known yet."""


class Identity(Struct, frozen=True, kw_only=True):
    """What a device says of itself; empty where it says nothing."""

    vendor: str = ""
    product: str = ""
    revision: str = ""
    server_id: str = ""

    @property
    def text(self) -> str:
        """All of it, for people and for looking for names in it."""
        return " ".join(filter(None, (self.vendor, self.product, self.revision, self.server_id)))


class Naming:
    """One of the two questions, as a driver."""

    numbered = True

    def __init__(self, pdu: bytes, measure: Measure) -> None:
        self._pdu = pdu
        self._measure = measure

    def request(self, ask: Ask) -> bytes:
        """See `Driver.request`."""
        if ask.framing is Framing.MBAP:
            return _MBAP.pack(ask.transaction, 0, 1 + len(self._pdu), ask.unit) + self._pdu
        body = bytes((ask.unit,)) + self._pdu
        return body + crc16_modbus(body).to_bytes(2, "little")

    def take(self, ask: Ask, received: bytearray) -> bytes | None:
        """See `Driver.take`; the data is the PDU."""
        return (self._mbap if ask.framing is Framing.MBAP else self._rtu)(ask, received)

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:  # noqa: ARG002  it is asked once
        """See `Driver.resync`."""
        return None

    def _mbap(self, ask: Ask, received: bytearray) -> bytes | None:
        while len(received) >= _MBAP.size:
            transaction, protocol, length, unit = _MBAP.unpack_from(received)
            if protocol:
                raise LinkDownError("what came is not Modbus TCP; is it a serial server (--rtu-over-tcp)?")
            if len(received) < 6 + length:
                return None
            pdu = bytes(received[_MBAP.size : 6 + length])
            del received[: 6 + length]
            if (transaction, unit) == (ask.transaction, ask.unit):
                return self._accepted(pdu)
        return None

    def _rtu(self, ask: Ask, received: bytearray) -> bytes | None:
        request = self.request(ask)
        begin = len(request) if received.startswith(request) else 0
        for start in range(begin, len(received) - 4):
            size = self._size(ask, bytes(received[start:]))
            frame = bytes(received[start : start + size + 2])
            if size and len(frame) == size + 2 and _is_whole(frame):
                del received[: start + size + 2]
                return self._accepted(frame[1:-2])
        return None

    def _size(self, ask: Ask, data: bytes) -> int:
        if data[0] != ask.unit:
            return 0
        if data[1] == self._pdu[0] | _EXCEPTION:
            return 3
        return self._measure(data) if data[1] == self._pdu[0] else 0

    def _accepted(self, pdu: bytes) -> bytes:
        if pdu[0] & _EXCEPTION:
            raise RefusedError(pdu[1] if len(pdu) > 1 else 0)
        return pdu


def _is_whole(frame: bytes) -> bool:
    return crc16_modbus(frame[:-2]) == int.from_bytes(frame[-2:], "little")


def _server_id_size(data: bytes) -> int:
    return 3 + data[2]


def _device_id_size(data: bytes) -> int:
    if len(data) <= _LISTED_AT or data[2] != _DEVICE_ID:
        return 0
    at = _LISTED_AT + 1
    for _ in range(data[_LISTED_AT]):
        if len(data) < at + 2:
            return 0
        at += 2 + data[at + 1]
    return at


SERVER_ID: Final = Naming(bytes((_SERVER_ID,)), _server_id_size)
DEVICE_ID: Final = Naming(bytes((_ENCAPSULATED, _DEVICE_ID, _BASIC, 0)), _device_id_size)


def parse(device_id: bytes, server_id: bytes) -> Identity:
    """The names in the PDUs of both answers; an empty PDU is one that did not come."""
    objects = _objects(device_id)
    return Identity(
        vendor=_text(objects.get(0, b"")),
        product=_text(objects.get(1, b"")),
        revision=_text(objects.get(2, b"")),
        server_id=_text(server_id[2:]),
    )


def _objects(pdu: bytes) -> dict[int, bytes]:
    """Object number → text of 43/14; a list that is cut short gives what is whole."""
    found: dict[int, bytes] = {}
    at = _LISTED_AT
    while at + 2 <= len(pdu) and at + 2 + pdu[at + 1] <= len(pdu):
        found[pdu[at]] = pdu[at + 2 : at + 2 + pdu[at + 1]]
        at += 2 + pdu[at + 1]
    return found


def _text(data: bytes) -> str:
    """Readable characters; a run of others is one space."""
    return _SHOWN.sub(" ", data.decode("latin-1")).strip()
