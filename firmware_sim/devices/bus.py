"""Everything on one serial line: all speakers hear all bytes, as on the wire."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import cast

from firmware_sim.devices.instrument import Instrument, Reply, Speaker

_PACKAGE = "firmware_sim.devices"


class UnservableError(ValueError):
    """Instruments that cannot be put on a line as they are: no such protocol, or one address twice."""


class Bus:
    """The instruments of a line, grouped by protocol; itself a speaker."""

    lost = False

    def __init__(self, instruments: Iterable[Instrument]) -> None:
        """Find each instrument's protocol.

        Raises:
            UnservableError: there is no file for it, or two of them share an address.
        """
        groups: dict[str, list[Instrument]] = {}
        for instrument in instruments:
            groups.setdefault(instrument.profile.protocol, []).append(instrument)
        for group in groups.values():
            refuse_twins(group)
        self._speakers = [_speaker(protocol)(group) for protocol, group in groups.items()]

    def hear(self, data: bytes, t_ms: int) -> Iterator[Reply]:
        for speaker in self._speakers:
            yield from speaker.hear(data, t_ms)

    def speak(self, t_ms: int) -> Iterator[Reply]:
        for speaker in self._speakers:
            yield from speaker.speak(t_ms)


def refuse_twins(instruments: Iterable[Instrument]) -> None:
    """Raise `UnservableError` where two instruments of one line have the same address."""
    names: dict[int, str] = {}
    for instrument in instruments:
        if instrument.unit in names:
            both = f"{names[instrument.unit]} and {instrument.name}"
            raise UnservableError(f"{both} both have address {instrument.unit}; give one another unit")
        names[instrument.unit] = instrument.name


def protocols() -> list[str]:
    """The protocols there are: the files of this folder that have a `speaker`."""
    names = [module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return [name for name in names if hasattr(importlib.import_module(f"{_PACKAGE}.{name}"), "speaker")]


def _speaker(protocol: str) -> Callable[[Iterable[Instrument]], Speaker]:
    if protocol not in protocols():
        raise UnservableError(f"protocol {protocol!r} is not simulated; known: {', '.join(protocols())}")
    module = importlib.import_module(f"{_PACKAGE}.{protocol}")
    return cast("Callable[[Iterable[Instrument]], Speaker]", module.speaker)
