"""What goes wrong between an instrument and its reader: one table an instrument, seeded, changed by hand.

    request ─▶ strike() ─▶ the protocol asks: silent? exception? unit? ─▶ frame ─▶ deliver() ─▶ the wire

A strike is drawn once a request (once a frame for an instrument that streams). The same seed and the same
requests give the same faults.
"""

import random
from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct


class LineFault(StrEnum):
    """What happens to an answer; the comment says what `amount` means and what it is when none is given."""

    SILENT = "silent"  # no answer at all
    LATE = "late"  # milliseconds too late; 1500
    BAD_CRC = "bad_crc"  # the checksum is wrong; over Modbus TCP, which has none, the transaction number
    WRONG_UNIT = "wrong_unit"  # another address answers, checksum right; how far away, 1
    EXCEPTION = "exception"  # the Modbus exception code; 4 (device failure). Other protocols: no answer
    BUSY = "busy"  # Modbus exception 6. Other protocols: no answer
    TRUNCATE = "truncate"  # bytes missing at the end; 2
    DROP = "drop"  # bytes missing at random places; 1
    GARBAGE_BEFORE = "garbage_before"  # random bytes before the answer; 3
    GARBAGE_AFTER = "garbage_after"  # random bytes after it; 3
    ECHO = "echo"  # the adapter repeats the request before the answer


_DEFAULT_AMOUNT = {
    LineFault.LATE: 1500,
    LineFault.WRONG_UNIT: 1,
    LineFault.EXCEPTION: 4,
    LineFault.BUSY: 6,
    LineFault.TRUNCATE: 2,
    LineFault.DROP: 1,
    LineFault.GARBAGE_BEFORE: 3,
    LineFault.GARBAGE_AFTER: 3,
}
_MOST_AMOUNT = {LineFault.WRONG_UNIT: 255, LineFault.EXCEPTION: 255}
_NO_LIMIT = 86_400_000
_SPOILS = frozenset({LineFault.BAD_CRC, LineFault.WRONG_UNIT, LineFault.TRUNCATE, LineFault.DROP})
_DOUBT = frozenset({LineFault.LATE, LineFault.GARBAGE_BEFORE, LineFault.GARBAGE_AFTER, LineFault.ECHO})


class Delivery(StrEnum):
    """What a correct reader can have made of an answer; a truth file needs all three.

    CLEAN: whole, right and at once: it has the values. SPOILED: it must not believe them. DOUBTFUL: right
    bytes, but late, echoed or among noise: it may have taken or refused them, never as other values nor as
    the answer to another request.
    """

    CLEAN = "clean"
    DOUBTFUL = "doubtful"
    SPOILED = "spoiled"


class Armed(Struct, frozen=True):
    """A fault that waits: `left` is how many more requests it may hit (None: no end)."""

    amount: int
    probability: float
    left: int | None


Hits = Mapping[LineFault, int]
"""What strikes one request, and its amount."""


class Strike:
    """The faults that hit one request."""

    def __init__(self, hits: Hits, rng: random.Random) -> None:
        self._hits = hits
        self._rng = rng

    @property
    def silent(self) -> bool:
        """No answer (an echo still comes: the adapter is not the instrument)."""
        return LineFault.SILENT in self._hits

    @property
    def exception(self) -> int | None:
        """The Modbus exception code to answer with."""
        return self._hits.get(LineFault.EXCEPTION, self._hits.get(LineFault.BUSY))

    @property
    def delay_ms(self) -> int:
        return self._hits.get(LineFault.LATE, 0)

    @property
    def delivery(self) -> Delivery:
        if not self._hits:
            return Delivery.CLEAN
        if _SPOILS & self._hits.keys():
            return Delivery.SPOILED
        return Delivery.DOUBTFUL if _DOUBT & self._hits.keys() else Delivery.CLEAN

    def unit(self, unit: int) -> int:
        """The address the answer carries."""
        shift = self._hits.get(LineFault.WRONG_UNIT)
        return unit if shift is None else (unit + shift) % 256

    def deliver(self, frame: bytes, *, request: bytes = b"", checksum_at: int = -1) -> bytes:
        """What reaches the reader instead of `frame`; empty when nothing does.

        Args:
            frame: the right answer, empty when there is none.
            request: what an echoing adapter repeats.
            checksum_at: index of a byte that a wrong checksum changes.
        """
        if not self._hits:
            return frame
        damaged = self._damaged(bytearray(frame), checksum_at) if frame else b""
        return request * (LineFault.ECHO in self._hits) + damaged

    def _damaged(self, frame: bytearray, checksum_at: int) -> bytes:
        if LineFault.BAD_CRC in self._hits:
            frame[checksum_at] ^= self._rng.randrange(1, 256)
        if cut := self._hits.get(LineFault.TRUNCATE):
            del frame[-cut:]
        for _ in range(min(self._hits.get(LineFault.DROP, 0), len(frame))):
            del frame[self._rng.randrange(len(frame))]
        before, after = (self._noise(kind) for kind in (LineFault.GARBAGE_BEFORE, LineFault.GARBAGE_AFTER))
        return before + bytes(frame) + after

    def _noise(self, kind: LineFault) -> bytes:
        return self._rng.randbytes(self._hits.get(kind, 0))


_NO_FAULT: Hits = {}


class LineFaults:
    """The faults of one instrument's line, armed and disarmed while it runs."""

    def __init__(self, rng: random.Random | None = None, told: Callable[[], Hits] = dict) -> None:
        """Put a line together.

        Args:
            rng: chance.
            told: what a story lets strike now, beside what is armed.
        """
        self._rng = rng or random.Random(0)  # noqa: S311 - noise that repeats, no secret
        self._told = told
        self._armed: dict[LineFault, Armed] = {}

    @property
    def armed(self) -> Mapping[LineFault, Armed]:
        """What may still strike."""
        return dict(self._armed)

    def arm(
        self,
        fault: LineFault | str,
        amount: int | None = None,
        *,
        probability: float = 1.0,
        count: int | None = None,
    ) -> None:
        """Let a fault strike from the next request on.

        Args:
            fault: which one, or its name.
            amount: see `LineFault`; None takes what stands there.
            probability: 0…1, of each request.
            count: how many requests it hits before it is over; None: until `disarm`.

        Raises:
            ValueError: no such fault, or a number out of range.
        """
        kind = LineFault(fault)
        size, most = amount or _DEFAULT_AMOUNT.get(kind, 1), _MOST_AMOUNT.get(kind, _NO_LIMIT)
        if not (1 <= size <= most and 0 <= probability <= 1) or (count is not None and count < 1):
            raise ValueError(f"{kind}: amount 1…{most}, probability 0…1 and count ≥ 1 are needed")
        self._armed[kind] = Armed(size, probability, count)

    def disarm(self, fault: LineFault | str) -> None:
        """End one fault; nothing happens when it was not armed."""
        self._armed.pop(LineFault(fault), None)

    def clear(self) -> None:
        """End all faults."""
        self._armed.clear()

    def strike(self) -> Strike:
        """Draw what happens to the next answer; counts down the faults that hit."""
        told = self._told()
        if not (self._armed or told):
            return Strike(_NO_FAULT, self._rng)
        return Strike({**told, **self._struck()}, self._rng)

    def _struck(self) -> dict[LineFault, int]:
        """Draw which armed faults hit the next answer; counts down those that do."""
        return {kind: armed.amount for kind, armed in list(self._armed.items()) if self._hits(kind, armed)}

    def _hits(self, kind: LineFault, armed: Armed) -> bool:
        if armed.probability < 1 and self._rng.random() >= armed.probability:
            return False
        if armed.left is not None:
            self._count_down(kind, armed.left)
        return True

    def _count_down(self, kind: LineFault, left: int) -> None:
        if left == 1:
            del self._armed[kind]
        else:
            armed = self._armed[kind]
            self._armed[kind] = Armed(armed.amount, armed.probability, left - 1)
