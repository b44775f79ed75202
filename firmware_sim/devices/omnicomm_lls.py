"""Omnicomm LLS fuel level sensors, binary request and reply by address.

Request `31 addr 06 crc`, reply `3E addr 06`, i8 °C, u16 LE level, u16 LE frequency, crc; CRC-8 Dallas/Maxim
over all before it. Escort's DB-2 is asked with F0 and tells more. Sources: wirenboard/wb-mqtt-serial,
test/lls_test.cpp; doc.omnicomm.ru/en/lls_integration/binary.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.image import Answer
from firmware_sim.devices.instrument import Instrument

_REQUEST, _REPLY = 0x31, 0x3E
_READS = {0x06: 9, 0xF0: 24}
"""Command → bytes of its reply."""
_REQUEST_BYTES = 4


def crc8(data: bytes) -> int:
    """CRC-8 Dallas/Maxim: polynomial 0x31 reflected, from 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x8C if crc & 1 else 0)
    return crc


def _build(unit: int, image: bytes) -> bytes:
    command = next(command for command, length in _READS.items() if length == len(image))
    body = bytes([_REPLY, unit, command]) + image[3:-1]
    return body + bytes([crc8(body)])


_PROTOCOL = Protocol(
    lengths=(4, 5, 6, 7, 8),
    is_request=lambda data: data[0] == _REQUEST and crc8(data[:-1]) == data[-1],
    is_read=lambda data: data[2] in _READS and len(data) == _REQUEST_BYTES,
    unit_of=lambda data: data[1],
    frame_bytes=lambda profile: profile.frame_bytes or _READS[0x06],
    build=_build,
    checksum_at=-1,
)


class _LevelSensors(FramedSpeaker):
    """Each answers the read its profile describes."""

    def _answer(self, instrument: Instrument, request: bytes) -> Answer | None:
        is_its = _PROTOCOL.frame_bytes(instrument.profile) == _READS[request[2]]
        return super()._answer(instrument, request) if is_its else None


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """LLS sensors of a line, told apart by address."""
    return _LevelSensors(_PROTOCOL, instruments)
