"""Gases: ppm and ppb to mg/m³, with the air as it was measured last.

    DecodedScan of the weather ─▶ remembered: temperature, pressure
    DecodedScan of a gas ───────▶ value · M · p / (R · T) ─▶ DecodedScan

Where a measured temperature or pressure is missing, old or absurd, usual air is taken instead and the value
called uncertain: an excess is not lost because a thermometer broke.
"""

from collections.abc import Sequence
from typing import Final

from edge_agent.samples import DecodedScan
from edge_agent.settings import Device
from edge_agent.settings.air import PRESSURES, TEMPERATURES, Air, Measured
from sensor_profiles.gases import Share, mg_per_m3
from wire.messages import Quality, Value
from wire.quantities import Quantity

USUAL: Final = Air()
FRESH_MS: Final = 600_000
"""A measured temperature or pressure holds for so long, or for three periods of its device."""
_PERIODS: Final = 3
_DIGITS: Final = 6
"""Significant ones; six are more than any gas instrument has."""


class _Part:
    """Temperature or pressure: fixed, or what its channel said last."""

    def __init__(
        self, given: float | Measured, usual: float, limits: tuple[float, float], fresh_ms: int
    ) -> None:
        self._given, self._usual, self._limits, self._fresh_ms = given, usual, limits, fresh_ms
        self._value, self._taken_ms = usual, -fresh_ms - 1

    def hear(self, scan: DecodedScan) -> None:
        if not isinstance(self._given, Measured) or self._given.device != scan.device:
            return
        raw = scan.values[self._given.index]
        value = raw * self._given.factor if isinstance(raw, float) else None
        if value is not None and self._limits[0] <= value <= self._limits[1]:
            self._value, self._taken_ms = value, scan.taken.mono_ms

    def now(self, mono_ms: int) -> tuple[float, bool]:
        """The value to reckon with, and whether it is known."""
        if not isinstance(self._given, Measured):
            return self._given, True
        if abs(mono_ms - self._taken_ms) <= self._fresh_ms:
            return self._value, True
        return self._usual, False


class Gases:
    """The gas channels of a site."""

    def __init__(self, devices: Sequence[Device], air: Air) -> None:
        self._gases = {device.name: gases for device in devices if (gases := _gases(device))}
        periods = {device.name: device.period_ms for device in devices}
        self._parts = [
            _Part(given, usual, limits, _fresh_ms(given, periods))
            for given, usual, limits in (
                (air.temperature, 20.0, TEMPERATURES),
                (air.pressure, 101.325, PRESSURES),
            )
        ]

    def convert(self, scan: DecodedScan) -> DecodedScan:
        """The scan with its gases in mg/m³; the others go through untouched."""
        if not self._gases:
            return scan
        for part in self._parts:
            part.hear(scan)
        gases = self._gases.get(scan.device)
        return scan if gases is None else self._weigh(scan, gases)

    def _weigh(self, scan: DecodedScan, gases: Sequence[tuple[int, Quantity, Share]]) -> DecodedScan:
        (celsius, is_known), (kpa, is_known_too) = [part.now(scan.taken.mono_ms) for part in self._parts]
        values: list[Value] = list(scan.values)
        faults = dict(scan.faults)
        for n, gas, share in gases:
            value = values[n]
            if isinstance(value, float):
                values[n] = float(f"{value * mg_per_m3(gas, share, celsius, kpa):.{_DIGITS}g}")
                if not (is_known and is_known_too):
                    faults.setdefault(n, Quality.UNCERTAIN_ASSUMED)
        return DecodedScan(scan.device, scan.taken, tuple(values), faults)


def _gases(device: Device) -> list[tuple[int, Quantity, Share]]:
    return [
        (n, channel.quantity, channel.measured_in)
        for n, channel in enumerate(device.channels)
        if channel.measured_in is not None
    ]


def _fresh_ms(given: float | Measured, periods: dict[str, int]) -> int:
    return max(FRESH_MS, _PERIODS * periods[given.device]) if isinstance(given, Measured) else FRESH_MS
