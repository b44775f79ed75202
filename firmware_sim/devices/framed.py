"""What the small serial protocols share: a request of fixed form, one reply frame, perhaps a stream."""

from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

from firmware_sim.devices.image import Answer, Block
from firmware_sim.devices.instrument import Instrument, Reply
from firmware_sim.faults import Strike
from sensor_profiles.model import Profile, Space

_KEPT = 64
"""Bytes kept that are no request yet; no request of these protocols is longer."""


class Protocol(NamedTuple):
    """A protocol as data and small pure functions."""

    lengths: tuple[int, ...]
    """Bytes of a request; that of the reading one first."""
    is_request: Callable[[bytes], bool]
    """Whether bytes of such a length are a request: head and checksum."""
    is_read: Callable[[bytes], bool]
    """Whether a request only reads; all others are counted and not obeyed."""
    unit_of: Callable[[bytes], int | None]
    """Whom a request is for; None: the protocol has no addresses."""
    frame_bytes: Callable[[Profile], int]
    build: Callable[[int, bytes], bytes]
    """Unit and image → the reply frame with head and checksum."""
    checksum_at: int
    streams: bool = False
    """It can send unasked, each second; one that has no requests always does."""
    build_unasked: Callable[[bytes], bytes] | None = None
    """Image → the frame that is sent unasked, where it is not the answer's."""
    answers_while_streaming: bool = True
    block_of: Callable[[bytes], Block] | None = None
    """Request → what it asks for, where that is not the whole frame."""


class FramedSpeaker:
    """Speaks such a protocol for the instruments of a line; whatever is no request is skipped."""

    lost = False

    def __init__(self, protocol: Protocol, instruments: Iterable[Instrument]) -> None:
        self._protocol = protocol
        self._instruments = tuple(instruments)
        self._buffer = b""

    def hear(self, data: bytes, t_ms: int) -> Iterator[Reply]:
        self._buffer += data
        while (request := self._next()) is not None:
            for instrument in self._instruments:
                if self._is_for(instrument, request):
                    yield from self._asked(instrument, request, t_ms)
        self._buffer = self._buffer[-_KEPT:]

    def speak(self, t_ms: int) -> Iterator[Reply]:
        for instrument in self._instruments:
            if self._is_streaming(instrument):
                yield from self._reply(instrument, b"", t_ms)

    def _next(self) -> bytes | None:
        """Cut the first request out of the buffer, with all that stands before it."""
        for length in self._protocol.lengths:
            for low in range(len(self._buffer) - length + 1):
                request = self._buffer[low : low + length]
                if self._protocol.is_request(request):
                    self._buffer = self._buffer[low + length :]
                    return request
        return None

    def _is_for(self, instrument: Instrument, request: bytes) -> bool:
        return self._protocol.unit_of(request) in {None, instrument.unit}

    def _asked(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        instrument.requests += 1
        if not self._protocol.is_read(request):
            instrument.writes_attempted += 1
        elif self._protocol.answers_while_streaming or not self._is_streaming(instrument):
            yield from self._reply(instrument, request, t_ms)

    def _is_streaming(self, instrument: Instrument) -> bool:
        return self._protocol.streams and (instrument.streaming or not self._protocol.lengths)

    def _reply(self, instrument: Instrument, request: bytes, t_ms: int) -> Iterator[Reply]:
        """An answer, or (without a request) a frame of the stream, after the faults of its line."""
        strike = instrument.faults.strike()
        answer = None if self._is_mute(strike, request) else self._answer(instrument, request)
        frame = b"" if answer is None else self._build(strike.unit(instrument.unit), answer.data, request)
        data = strike.deliver(frame, request=request, checksum_at=self._protocol.checksum_at)
        if data:
            # Among streamed frames a reader cannot tell which one is the answer, so none must be had.
            mode: Literal["asked", "stream"] = "stream" if self._is_streaming(instrument) else "asked"
            said = instrument.served(t_ms, mode, answer.served, strike) if answer else None
            yield Reply(data, strike.delay_ms, instrument, said)

    def _build(self, unit: int, image: bytes, request: bytes) -> bytes:
        if not request and self._protocol.build_unasked is not None:
            return self._protocol.build_unasked(image)
        return self._protocol.build(unit, image)

    def _is_mute(self, strike: Strike, request: bytes) -> bool:
        """Without exceptions and addresses in a protocol, refusing and answering as another are silence."""
        addressed = self._protocol.unit_of(request) is not None if request else False
        return strike.silent or strike.exception is not None or (not addressed and strike.unit(0) != 0)

    def _answer(self, instrument: Instrument, request: bytes) -> Answer | None:
        return instrument.layout.answer(self._block(instrument.profile, request), instrument.values())

    def _block(self, profile: Profile, request: bytes) -> Block:
        if self._protocol.block_of is not None:
            return self._protocol.block_of(request)
        return Block(Space.FRAME, 0, self._protocol.frame_bytes(profile))
