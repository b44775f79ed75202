"""Omnicomm LLS fuel level sensors, binary request and reply by address.

Request `31 addr 06 crc`, reply `3E addr 06`, i8 °C, u16 LE level, u16 LE frequency, crc; CRC-8 Dallas/Maxim
over all before it. Source: doc.omnicomm.ru/en/lls_integration/binary.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_REQUEST, _REPLY, _READ = 0x31, 0x3E, 0x06
_FRAME_BYTES = 9


def crc8(data: bytes) -> int:
    """CRC-8 Dallas/Maxim: polynomial 0x31 reflected, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8C if crc & 1 else 0)
    return crc


def _build(unit: int, image: bytes) -> bytes:
    body = bytes([_REPLY, unit, _READ]) + image[3 : _FRAME_BYTES - 1]
    return body + bytes([crc8(body)])


_PROTOCOL = Protocol(
    lengths=(4, 5, 6, 7, 8),
    is_request=lambda data: data[0] == _REQUEST and crc8(data[:-1]) == data[-1],
    is_read=lambda data: data[2] == _READ and len(data) == 4,  # noqa: PLR2004 - head, address, command, crc
    unit_of=lambda data: data[1],
    frame_bytes=lambda _: _FRAME_BYTES,
    build=_build,
    checksum_at=-1,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """LLS sensors of a line, told apart by address."""
    return FramedSpeaker(_PROTOCOL, instruments)
