"""A device's channels compiled for one set of answers: a scan is read by two `struct` calls and few steps.

got    f32 that need no more · other f32 · all other channels · statuses · None for what has no bytes
"""

import math
from collections.abc import Sequence
from typing import Any, Final

from msgspec import Struct

from edge_agent.decode._cut import Cut, Positions
from edge_agent.decode._image import Asked, Image
from edge_agent.decode._places import Place
from edge_agent.decode._singles import Singles
from edge_agent.decode._values import Convert, Read
from edge_agent.samples import Answer
from wire.messages import Quality, Value

Faults = dict[int, Quality]
_PLAIN: Final = 0


class Wanted(Struct, frozen=True):
    """A channel: its index, its place, what becomes of its raw value (None: an f32 that is the value)."""

    index: int
    place: Place
    convert: Convert | None

    @property
    def group(self) -> int:
        if self.place.code != "f":
            return 2
        return _PLAIN if self.convert is None else 1


class Guard(Struct, frozen=True):
    """A status: where it stands, how it is read, when it is good, and the indexes of who depends on it."""

    place: Place
    read: Read | None
    good: frozenset[int]
    channels: tuple[int, ...]


class Layout:
    """Reads scans whose answers have these blocks and these faults."""

    def __init__(self, channels: Sequence[Wanted], guards: Sequence[Guard], asked: Asked) -> None:
        self._image = Image(asked)
        self._missing: Faults = {}
        here = self._locate_channels(channels)
        watched = self._locate_guards(guards)
        singles = [at for wanted, at in here if wanted.place.code == "f"]
        others = [(w.place.code, at) for w, at in here if w.place.code != "f"]
        others += [(guard.place.code, at) for guard, at in watched]
        self._singles = Singles(singles) if singles else None
        self._cut = Cut([at for _, at in others])
        self._others = self._cut.format(code for code, _ in others)
        self._steps = [(n, w.index, w.convert) for n, (w, _) in enumerate(here) if w.convert]
        self._plain = [w.index for w, _ in here if w.group == _PLAIN]
        self._guards = [(n, guard) for n, (guard, _) in enumerate(watched, len(here))]
        turn = {w.index: n for n, (w, _) in enumerate(here)}
        self._turns = [turn.get(w.index, -1) for w in channels]

    def _locate_channels(self, channels: Sequence[Wanted]) -> list[tuple[Wanted, Positions]]:
        here: list[tuple[Wanted, Positions]] = []
        for wanted in sorted(channels, key=lambda wanted: wanted.group):
            at = self._image.find(wanted.place)
            if isinstance(at, Quality):
                self._missing[wanted.index] = at
            else:
                here.append((wanted, at))
        return here

    def _locate_guards(self, guards: Sequence[Guard]) -> list[tuple[Guard, Positions]]:
        """A status without bytes lends its fault to channels that have bytes but cannot be believed."""
        watched: list[tuple[Guard, Positions]] = []
        for guard in guards:
            at = self._image.find(guard.place)
            if isinstance(at, Quality):
                self._missing = dict.fromkeys(guard.channels, at) | self._missing
            else:
                watched.append((guard, at))
        return watched

    def read(self, answers: Sequence[Answer]) -> tuple[tuple[Value, ...], Faults]:
        """The values in the order of the channels, and why one is missing."""
        image = self._image.join(answers)
        got: list[Any] = self._singles.read(image) if self._singles else []
        got += self._others.unpack_from(self._cut.arrange(image))
        got.append(None)
        faults: Faults = {}
        self._strike(got, faults)
        for turn, index, convert in self._steps:
            value = got[turn] = convert(got[turn])
            if isinstance(value, Quality):
                got[turn], faults[index] = None, value
        for turn, guard in self._guards:
            if (guard.read(got[turn]) if guard.read else got[turn]) not in guard.good:
                faults |= dict.fromkeys(guard.channels, Quality.BAD_DEVICE_STATUS)
        faults |= self._missing
        values = [got[turn] for turn in self._turns]
        for index in faults:  # what an instrument shows beside `broken` is often 0: it must not look measured
            values[index] = None
        return tuple(values), faults

    def _strike(self, got: list[Any], faults: Faults) -> None:
        """Take out NaN and infinities of the plain f32; a finite sum proves that there are none."""
        if math.isfinite(sum(got[: len(self._plain)])):
            return
        for turn, index in enumerate(self._plain):
            if not math.isfinite(got[turn]):
                got[turn], faults[index] = None, Quality.BAD_NOT_FINITE
