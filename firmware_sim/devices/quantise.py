"""What an instrument's answers say, for many instants at once: the same numbers as its byte image, quicker.

    values ─▶ one pass per channel ─▶ what is served ◀─ the image says who is doubted when a sensor is broken

Whole numbers and f32 are reckoned in tables; other encodings value by value; a profile whose channels share
words goes through the image row by row.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from firmware_sim.devices.encoding import F32_MAX, Integer, Real, codec, shortest_f32
from firmware_sim.devices.image import Layout
from sensor_profiles.model import Channel, Profile
from wire.messages import Value

Array = npt.NDArray[np.float64]
_FEWEST_DIGITS, _MOST_DIGITS = 6, 9
_TINY, _HUGE = 1e-6, 1e12
"""Between them the powers of ten that are needed are exact doubles."""
_LONGEST = 4
"""Bytes of whole numbers that a double holds exactly."""
_EXACT = 2**53
"""So far whole numbers are doubles."""


class Quantiser:
    """A profile's channels as they are served, NaN where there is no value."""

    def __init__(self, profile: Profile) -> None:
        self._layout = Layout(profile)
        self._quick = {channel.name: _quick(channel) for channel in profile.channels}

    def served(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """What is on the wire for each channel; NaN in: a broken sensor.

        Raises:
            MisfitError: the profile's fields contradict themselves.
        """
        if not self._layout.separate:
            return self._by_image(values)
        found = {name: self._quick[name](value) for name, value in values.items()}
        broken = np.isnan(np.array(list(values.values())))
        for pattern in _different(broken):
            rows = np.equal(broken.T, pattern).all(axis=1)
            for name, said in self._breaking(dict(zip(values, pattern.tolist(), strict=True))).items():
                found[name][rows] = said
        return found

    def _breaking(self, broken: Mapping[str, bool]) -> dict[str, float]:
        """What is said while these sensors are broken, where it is not what is measured."""
        probe: dict[str, Value] = {name: None if gone else 0.0 for name, gone in broken.items()}
        said = self._layout.served(probe)
        return {
            name: _number(said[name])
            for name, gone in broken.items()
            if gone or (said[name] is None and not np.isnan(self._quick[name](np.zeros(1))[0]))
        }

    def _by_image(self, values: Mapping[str, Array]) -> dict[str, Array]:
        """Row by row, as the image has them."""
        columns = [value.tolist() for value in values.values()]
        said = [
            self._layout.served(dict(zip(values, row, strict=True))) for row in zip(*columns, strict=True)
        ]
        return {name: np.array([_number(row[name]) for row in said]) for name in values}


def _different(broken: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The different columns of a table, as rows; mostly there is one."""
    if not broken.any():
        return broken[:, :1].T
    return np.unique(broken, axis=1).T


def _number(value: Value) -> float:
    return value if isinstance(value, float) else np.nan


def _quick(channel: Channel) -> Callable[[Array], Array]:
    """How one channel is served while its sensor is not broken."""
    written = codec(channel.field, channel.scale, channel.offset)
    if isinstance(written, Integer) and written.mask is None and written.size <= _LONGEST:
        return _whole(channel, written)
    if isinstance(written, Real) and written.plain:
        return _single if written.single else _double
    # What is said of a broken sensor is put in later; no whole number can be NaN until then.
    return lambda values: np.array(
        [_number(written.put(value).value) for value in np.where(np.isnan(values), 0.0, values).tolist()]
    )


def _scaled(written: Integer) -> Callable[[Array], Array]:
    """Raw values to those they mean: at once where a double holds every step, else one by one."""
    scale = written.scale
    largest = max(-written.low, written.high) * abs(scale.times) + abs(scale.plus)
    if max(largest, scale.below) <= _EXACT:
        return lambda raw: (raw * scale.times + scale.plus) / scale.below
    return lambda raw: np.array([scale.of_integer(int(one)) for one in raw.tolist()])


def _whole(channel: Channel, written: Integer) -> Callable[[Array], Array]:
    scale, bits, scaled = written.scale, 8 * written.size, _scaled(written)
    nothing = [int(raw) % 2**bits for raw in channel.sentinels]

    def served(values: Array) -> Array:
        raw = np.rint(
            np.clip(np.nan_to_num((values - scale.offset) / scale.scale), written.low, written.high)
        )
        found = scaled(raw)
        if nothing:
            found[np.isin(raw % 2.0**bits, nothing)] = np.nan
        return found

    return served


def _double(values: Array) -> Array:
    return np.where(np.isfinite(values), values, np.nan)


def _single(values: Array) -> Array:
    """The number of fewest digits that is the same f32."""
    kept = np.clip(np.nan_to_num(values), -F32_MAX, F32_MAX).astype(np.float32)
    found = kept.astype(np.float64)
    size = np.abs(found)
    common = (size > _TINY) & (size < _HUGE)
    above = np.floor(np.log10(np.where(common, size, 1.0))).astype(np.int64) + 1
    left = common.copy()
    for digits in range(_FEWEST_DIGITS, _MOST_DIGITS + 1):
        short = _rounded(kept.astype(np.float64), digits - above)
        fits = left & (short.astype(np.float32) == kept)
        found[fits], left = short[fits], left & ~fits
    for n in np.flatnonzero(~common & (size > 0)).tolist():
        found[n] = shortest_f32(float(kept[n]))
    return np.where(np.isfinite(values), found, np.nan)


def _rounded(values: Array, places: npt.NDArray[np.int64]) -> Array:
    """Values to some decimal places each, exactly the double that those decimals mean."""
    power = 10.0 ** np.abs(places)
    up = places >= 0
    whole = np.rint(np.where(up, values * power, values / power))
    return np.where(up, whole / power, whole * power)
