"""Modbus as instruments answer it: PDUs (FC01–04, 17, 43/14), RTU frames and MBAP frames.

Sources: MODBUS Application Protocol Specification V1.1b3 §6, §7; MODBUS over Serial Line V1.02 §2.5;
MODBUS Messaging on TCP/IP V1.0b §3.1. Everything that is no read is answered with exception 1 and counted.
"""

import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from firmware_sim.devices.image import Block
from firmware_sim.devices.instrument import Instrument, Reply
from firmware_sim.faults import Strike
from sensor_profiles.model import BITS, Space
from wire.messages import Value

_READS = {1: Space.COIL, 2: Space.DISCRETE, 3: Space.HOLDING, 4: Space.INPUT}
_MOST_BITS = 2000
_REPORT_SERVER_ID, _ENCAPSULATED, _READ_DEVICE_ID = 0x11, 0x2B, 0x0E
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS, _ILLEGAL_VALUE = 1, 2, 3
_BROADCAST = 0
_LONGEST_FRAME = 256
_MBAP = struct.Struct(">HHHB")
_NOTHING: Mapping[str, Value] = {}


class Pdu(NamedTuple):
    """An answer without address and checksum, and what it says."""

    data: bytes
    served: Mapping[str, Value] = _NOTHING


def crc16(data: bytes) -> bytes:
    """CRC-16/MODBUS, low byte first."""
    crc = 0xFFFF
    for byte in data:
        crc = (crc >> 8) ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc.to_bytes(2, "little")


def _crc_of_byte(value: int) -> int:
    for _ in range(8):
        value = (value >> 1) ^ (0xA001 if value & 1 else 0)
    return value


_CRC_TABLE = tuple(_crc_of_byte(value) for value in range(256))


def answer(instrument: Instrument, request: bytes) -> Pdu:
    """What an instrument says to a request PDU (function code first)."""
    function = request[0]
    if function in _READS:
        return _read(instrument, function, request)
    if request == bytes([_REPORT_SERVER_ID]):
        return _server_id(instrument)
    if request[:2] == bytes([_ENCAPSULATED, _READ_DEVICE_ID]):
        return _device_id(instrument, request)
    instrument.writes_attempted += 1
    return _exception(function, _ILLEGAL_FUNCTION)


def _exception(function: int, code: int) -> Pdu:
    return Pdu(bytes([function | 0x80, code]))


def _read(instrument: Instrument, function: int, request: bytes) -> Pdu:
    space = _READS[function]
    if not instrument.layout.has(space):
        return _exception(function, _ILLEGAL_FUNCTION)
    most = _MOST_BITS if space in BITS else instrument.profile.max_registers
    start, count = struct.unpack(">HH", request[1:]) if len(request) == 5 else (0, 0)  # noqa: PLR2004 - §6.1
    if not 1 <= count <= most:
        return _exception(function, _ILLEGAL_VALUE)
    found = instrument.layout.answer(Block(space, start, count), instrument.values())
    if found is None:
        return _exception(function, _ILLEGAL_ADDRESS)
    return Pdu(bytes([function, len(found.data)]) + found.data, found.served)


def _text(text: str, most: int) -> bytes:
    return text.encode("ascii", "replace")[:most]


def _server_id(instrument: Instrument) -> Pdu:
    """FC17: the vendor's and the model's name, then `running` (0xFF)."""
    said = _text(f"{instrument.profile.vendor} {instrument.profile.model}", 240) + b"\xff"
    return Pdu(bytes([_REPORT_SERVER_ID, len(said)]) + said)


def _device_id(instrument: Instrument, request: bytes) -> Pdu:
    """FC43/14, basic category (§6.21): objects 0 vendor, 1 product code, 2 revision."""
    profile = instrument.profile
    objects = [_text(profile.vendor, 80), _text(profile.model, 80), b"1.0"]
    if len(request) != 4 or not 1 <= request[2] <= 4:  # noqa: PLR2004 - four read codes, §6.21
        return _exception(_ENCAPSULATED, _ILLEGAL_VALUE)
    code, wanted = request[2], request[3]
    single = code == 4  # noqa: PLR2004 - individual access
    if wanted >= len(objects) and single:
        return _exception(_ENCAPSULATED, _ILLEGAL_ADDRESS)
    first = wanted if wanted < len(objects) else 0
    listed = list(enumerate(objects))[first : first + 1 if single else None]
    body = b"".join(bytes([number, len(text)]) + text for number, text in listed)
    return Pdu(bytes([_ENCAPSULATED, _READ_DEVICE_ID, code, 0x81, 0, 0, len(listed)]) + body)


def _respond(instrument: Instrument, request: bytes, strike: Strike) -> Pdu | None:
    """The PDU after the faults that a protocol knows of; None: no answer."""
    instrument.requests += 1
    if strike.silent:
        return None
    if strike.exception is not None:
        return _exception(request[0], strike.exception)
    return answer(instrument, request)


class _Framing(NamedTuple):
    """How a PDU travels; `checksum_at` is what a wrong checksum changes."""

    build: Callable[[int, bytes], bytes]
    checksum_at: int


class _Talk:
    """Requests to replies, whatever the framing."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._by_unit = {instrument.unit: instrument for instrument in instruments}

    def knows(self, unit: int) -> bool:
        return unit in self._by_unit

    def reply(self, unit: int, request: bytes, frame: bytes, framing: _Framing, t_ms: int) -> Iterator[Reply]:
        instrument = self._by_unit.get(unit)
        if instrument is None:
            return
        strike = instrument.faults.strike()
        pdu = _respond(instrument, request, strike)
        right = b"" if pdu is None else framing.build(strike.unit(unit), pdu.data)
        data = strike.deliver(right, request=frame, checksum_at=framing.checksum_at)
        if not data:
            return
        said = instrument.served(t_ms, "asked", pdu.served, strike) if pdu and pdu.served else None
        yield Reply(data, strike.delay_ms, instrument, said)

    def broadcast(self, request: bytes) -> None:
        """Address 0 is for writes, which nobody answers (serial line §2.1)."""
        for instrument in self._by_unit.values():
            instrument.requests += 1
            answer(instrument, request)


def _rtu(unit: int, pdu: bytes) -> bytes:
    body = bytes([unit]) + pdu
    return body + crc16(body)


_RTU = _Framing(_rtu, -1)


class RtuSpeaker:
    """RTU: finds requests in a stream by length and checksum, so that noise between them costs nothing."""

    lost = False

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._talk = _Talk(instruments)
        self._buffer = b""

    def hear(self, data: bytes, t_ms: int) -> Iterator[Reply]:
        self._buffer += data
        while (found := self._find()) is not None:
            low, high = found
            frame, self._buffer = self._buffer[low:high], self._buffer[high:]
            yield from self._take(frame, t_ms)
        self._buffer = self._buffer[-_LONGEST_FRAME:]

    def speak(self, t_ms: int) -> Iterator[Reply]:  # noqa: ARG002 - Modbus never speaks unasked
        yield from ()

    def _take(self, frame: bytes, t_ms: int) -> Iterator[Reply]:
        unit, request = frame[0], frame[1:-2]
        if unit == _BROADCAST:
            self._talk.broadcast(request)
        yield from self._talk.reply(unit, request, frame, _RTU, t_ms)

    def _find(self) -> tuple[int, int] | None:
        """The first request of known length, else one of unknown length that ends with what has come."""
        data = self._buffer
        starts = [low for low in range(len(data) - 3) if self._is_address(data[low])]
        for low in starts:
            length = _request_length(data[low:])
            if length and _is_frame(data[low : low + length], length):
                return low, low + length
        for low in starts:
            if not _request_length(data[low:]) and _is_frame(data[low:], len(data) - low):
                return low, len(data)
        return None

    def _is_address(self, unit: int) -> bool:
        return unit == _BROADCAST or self._talk.knows(unit)


def _is_frame(data: bytes, length: int) -> bool:
    return len(data) == length <= _LONGEST_FRAME and crc16(data[:-2]) == data[-2:]


_FIXED_LENGTH = {1: 8, 2: 8, 3: 8, 4: 8, 5: 8, 6: 8, 7: 4, 8: 8, 11: 4, 12: 4, 17: 4, 22: 10, 24: 6, 43: 7}
_COUNTED_AT = {15: 6, 16: 6, 20: 2, 21: 2, 23: 10}
"""Function → where its byte count stands; the data and the checksum follow it."""


def _request_length(data: bytes) -> int:
    """Bytes of the RTU request that begins here; 0: function not known, or its count not here yet."""
    if fixed := _FIXED_LENGTH.get(data[1]):
        return fixed
    at = _COUNTED_AT.get(data[1])
    return at + 1 + data[at] + 2 if at is not None and at < len(data) else 0


class TcpSpeaker:
    """Modbus TCP: one connection's stream of MBAP frames."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        self._talk = _Talk(instruments)
        self._buffer = b""
        self.lost = False

    def hear(self, data: bytes, t_ms: int) -> Iterator[Reply]:
        self._buffer += data
        while len(self._buffer) >= _MBAP.size and not self.lost:
            transaction, protocol, length, unit = _MBAP.unpack_from(self._buffer)
            self.lost = protocol != 0 or not 2 <= length <= 254  # noqa: PLR2004 - unit and PDU, §3.1.3
            if self.lost or len(self._buffer) < 6 + length:
                return
            frame, self._buffer = self._buffer[: 6 + length], self._buffer[6 + length :]
            yield from self._talk.reply(unit, frame[_MBAP.size :], frame, _mbap(transaction), t_ms)

    def speak(self, t_ms: int) -> Iterator[Reply]:  # noqa: ARG002 - Modbus never speaks unasked
        yield from ()


def _mbap(transaction: int) -> _Framing:
    def build(unit: int, pdu: bytes) -> bytes:
        return _MBAP.pack(transaction, 0, len(pdu) + 1, unit) + pdu

    return _Framing(build, 1)


def speaker(instruments: Iterable[Instrument]) -> RtuSpeaker:
    """Modbus RTU for the instruments of a serial line."""
    return RtuSpeaker(instruments)
