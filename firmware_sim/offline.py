"""A scenario without transports: what correct readers would have stored, as fast as it goes.

    stage ─▶ a day of instants at once ─▶ what each instrument serves ─▶ rows

A row is (t_ms, {device: {channel: value}}): None where the instrument had no value, and no device where it
gave no answer. Channels bear their names at the site, values their units there.
"""

import math
from collections.abc import Iterable, Iterator, Mapping

import numpy as np
import numpy.typing as npt

from firmware_sim.devices.quantise import Quantiser
from firmware_sim.plant.noise import Array
from firmware_sim.scenario import Device, Site
from firmware_sim.stage import Stage

Row = tuple[int, dict[str, dict[str, float | None]]]
Columns = dict[str, dict[str, Array]]
"""Device → channel → values, NaN where there is none."""

_CHUNK = 1440
PERIOD_S = 60.0


class Recorder:
    """Plays one site's story offline; any stretch of time, also before the story begins."""

    def __init__(self, site: Site, start_s: float) -> None:
        self._site, self._stage = site, Stage(site, start_s)
        self._quantisers = {device.name: Quantiser(device.profile) for device in site.devices}

    def rows(self, begin_s: float, end_s: float, period_s: float = PERIOD_S) -> Iterator[Row]:
        """What is read from `begin_s` (included) to `end_s` (not), plant time."""
        for times in _chunks(begin_s, end_s, period_s):
            columns, lost = self.columns(times), self.lost(times)
            devices = [
                (name, tuple(values), _rows(values.values()), lost[name].tolist())
                for name, values in columns.items()
            ]
            for n, t_ms in enumerate((times * 1000).astype(np.int64).tolist()):
                yield (
                    t_ms,
                    {
                        name: dict(zip(channels, rows[n], strict=True))
                        for name, channels, rows, gone in devices
                        if not gone[n]
                    },
                )

    def columns(self, times: Array) -> Columns:
        """What every device serves at many instants, whether or not the answer arrives."""
        shown = self._stage.over(times)
        return {device.name: self._served(device, shown[device.name]) for device in self._site.devices}

    def lost(self, times: Array) -> Mapping[str, npt.NDArray[np.bool_]]:
        """Where the answers of each device are not received."""
        return {d.name: self._stage.answers(d, times).lost > 0 for d in self._site.devices}

    def _served(self, device: Device, shown: Mapping[str, Array]) -> dict[str, Array]:
        served = self._quantisers[device.name].served(shown)
        return {m.name: served[m.channel.name] * m.scale + m.offset for m in device.channels}


def _chunks(begin_s: float, end_s: float, period_s: float) -> Iterator[Array]:
    count = math.ceil((end_s - begin_s) / period_s)
    for first in range(0, count, _CHUNK):
        yield begin_s + period_s * np.arange(first, min(first + _CHUNK, count), dtype=np.float64)


def _rows(columns: Iterable[Array]) -> list[tuple[float | None, ...]]:
    """Columns as rows, None where there is no value."""
    return list(zip(*(_listed(column) for column in columns), strict=True))


def _listed(column: Array) -> list[float | None]:
    nothing = np.isnan(column)
    listed: list[float | None] = column.tolist()
    for n in np.flatnonzero(nothing).tolist():
        listed[n] = None
    return listed
