"""Decode: the bytes of a poll to values in the channels' units.

    RawScan ─▶ answers ─▶ image ─▶ raw values ─▶ sentinel, scale, offset ─▶ status ─▶ tank table
                 _image     _cut, _singles         _values                    _layout    _tables

Invariants: any bytes give a scan and never an exception; it has a value for every channel; no value is NaN,
infinite or -0.0; a channel has a value or a fault, never both, but for a level beyond its tank table: the end
of it, out of range. Why a channel is bad is said by the first that applies: there were no bytes; its status
is bad or has no bytes; the value itself.

`Gases` then makes mg/m³ of ppm, with what other devices say of the air.
"""

from functools import lru_cache

from edge_agent.decode._image import Asked, fault_of
from edge_agent.decode._layout import Guard, Layout, Wanted
from edge_agent.decode._places import place
from edge_agent.decode._tables import Tables
from edge_agent.decode._values import converter, reader
from edge_agent.decode.gases import Gases
from edge_agent.samples import DecodedScan, RawScan
from sensor_profiles.model import Channel, StatusField

__all__ = ["Decoder", "Gases"]

_LAYOUTS = 64
"""Kept: blocks change when the poller splits them, and faults come and go."""


class Decoder:
    """Decodes the scans of one device, whatever blocks they were read in.

    Raises:
        ValueError: no such status, no such charset, or a scale that is not finite.
    """

    def __init__(self, channels: tuple[Channel, ...], statuses: tuple[StatusField, ...]) -> None:
        self._channels = tuple(
            Wanted(n, place(channel.field), converter(channel)) for n, channel in enumerate(channels)
        )
        self._guards = _guards(channels, statuses)
        self._tables = Tables(channels)
        self._layout = lru_cache(_LAYOUTS)(self._compile)

    def decode(self, raw: RawScan) -> DecodedScan:
        """Decode one poll; what cannot be decoded is a fault of its channel."""
        asked = tuple([(answer.block, fault_of(answer)) for answer in raw.answers])
        values, faults = self._layout(asked).read(raw.answers)
        if self._tables:
            values, faults = self._tables.apply(values, faults)
        return DecodedScan(raw.device, raw.taken, values, faults)

    def _compile(self, asked: Asked) -> Layout:
        return Layout(self._channels, self._guards, asked)


def _guards(channels: tuple[Channel, ...], statuses: tuple[StatusField, ...]) -> tuple[Guard, ...]:
    """The statuses that some channel depends on."""
    dependants: dict[str, list[int]] = {}
    for n, channel in enumerate(channels):
        if channel.status is not None:
            dependants.setdefault(channel.status, []).append(n)
    known = {status.name: status for status in statuses}
    if unknown := sorted(dependants.keys() - known.keys()):
        raise ValueError(f"channel {channels[dependants[unknown[0]][0]].name}: no status {unknown[0]}")
    return tuple(
        Guard(place(known[name].field), reader(known[name].field), frozenset(known[name].good), tuple(who))
        for name, who in dependants.items()
    )
