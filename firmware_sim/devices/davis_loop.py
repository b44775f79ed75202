"""Davis Vantage consoles, awake: `LOOP 1` LF is answered with ACK and one packet of 99 bytes.

`LOO`, barometer trend, type 0, the measured fields (little-endian), LF CR, CRC-16/CCITT high byte first.
The line feed that wakes is answered with LF CR. Source: Davis Vantage serial support 2.6.1; weewx
vantage.py.
"""

from binascii import crc_hqx
from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument

_REQUEST = b"LOOP 1\n"
_AWAKE, _ACK = b"\n\r", b"\x06"
_HEAD, _TREND_AND_TYPE = b"LOO", b"\x00\x00"
_PACKET_BYTES, _MEASURED = 99, slice(5, 95)


def _build(_: int, image: bytes) -> bytes:
    packet = _HEAD + _TREND_AND_TYPE + image[_MEASURED] + b"\n\r"
    return _AWAKE + _ACK + packet + crc_hqx(packet, 0).to_bytes(2, "big")


_PROTOCOL = Protocol(
    lengths=(len(_REQUEST),),
    is_request=lambda data: data == _REQUEST,
    is_read=lambda _: True,
    unit_of=lambda _: None,
    frame_bytes=lambda _: _PACKET_BYTES,
    build=_build,
    checksum_at=-1,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The console of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
