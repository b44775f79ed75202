"""Sensirion SPS30 over SHDLC: idle after power-up, measuring once it has been told to.

Request `7E addr cmd len … sum 7E`, answer the same with a state after the command; 7E, 7D, 11, 13 inside
become 7D and the byte with bit 5 turned. Idle, it answers a read with state 43. Start is obeyed, since it
changes no setting; stop, cleaning and the rest are counted and not obeyed. Source:
Sensirion/embedded-uart-sps.
"""

from collections.abc import Iterable, Iterator

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument, Reply

_FLAG = b"\x7e"
_START, _READ = 0, 3
_NO_ERROR, _IDLE = 0, 0x43
_DATA_BYTES, _CHECKSUM_AT = 40, -2
_STUFFED = {0x7E: b"\x7d\x5e", 0x7D: b"\x7d\x5d", 0x11: b"\x7d\x31", 0x13: b"\x7d\x33"}
_MARK = b"\x7d"


def _stuff(data: bytes) -> bytes:
    return b"".join(_STUFFED.get(byte, bytes([byte])) for byte in data)


def _unstuff(data: bytes) -> bytes:
    for byte, pair in _STUFFED.items():
        if byte != _MARK[0]:
            data = data.replace(pair, bytes([byte]))
    return data.replace(_STUFFED[_MARK[0]], _MARK)


def _framed(body: bytes) -> bytes:
    return _FLAG + _stuff(body + bytes([255 - sum(body) % 256])) + _FLAG


def _is_request(data: bytes) -> bool:
    if data[:1] != _FLAG or data[-1:] != _FLAG or _FLAG in data[1:-1]:
        return False
    return _framed(_unstuff(data[1:-1])[:-1]) == data


_PROTOCOL = Protocol(
    lengths=tuple(range(6, 13)),
    is_request=_is_request,
    is_read=lambda data: _unstuff(data[1:-1])[1] == _READ,
    unit_of=lambda data: _unstuff(data[1:-1])[0],
    frame_bytes=lambda _: _DATA_BYTES,
    build=lambda unit, image: _framed(bytes([unit, _READ, _NO_ERROR, _DATA_BYTES]) + image),
    checksum_at=_CHECKSUM_AT,
)


class _Sps30s(FramedSpeaker):
    """Knows which of its sensors have been started since power-up."""

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        super().__init__(_PROTOCOL, instruments)
        self._measuring: set[Instrument] = set()

    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        unit, command = _unstuff(request[1:-1])[:2]
        if command == _START:
            self._measuring.add(instrument)
            yield from self._states(instrument, request, bytes([unit, _START, _NO_ERROR, 0]))
        elif command == _READ and instrument not in self._measuring:
            yield from self._states(instrument, request, bytes([unit, _READ, _IDLE, 0]))
        else:
            yield from super()._asked(instrument, request, t_ms)

    def _states(self, instrument: Instrument, request: bytes, body: bytes) -> Iterator[Reply]:
        """An answer without values, after the faults of its line."""
        instrument.requests += 1
        strike = instrument.faults.strike()
        frame = b"" if strike.silent or strike.exception is not None else _framed(body)
        if data := strike.deliver(frame, request=request, checksum_at=_CHECKSUM_AT):
            yield Reply(data, strike.delay_ms)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The sensors of a line, told apart by address."""
    return _Sps30s(instruments)
