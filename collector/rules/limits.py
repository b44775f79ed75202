"""Permissible concentrations as dated data with their sources; a centre's own take precedence."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, Literal

from msgspec import Struct

from collector.settings import AirLimit
from wire import config_file
from wire.quantities import Quantity

_FILE: Final = "limits.toml"
Grade = Literal["A", "B", "C"]


class Confidence(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How far each value is to be trusted; see the head of the file."""

    single: Grade
    daily: Grade | None = None


class Limit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one substance, mg/m³."""

    substance: str
    quantity: Quantity | None = None
    """None: nothing of ours measures it."""
    single: float
    daily: float | None = None
    source: str
    confidence: Confidence


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """A table in force from a day on."""

    act: str
    valid_from: date
    limit: tuple[Limit, ...]


@cache
def shipped() -> Limits:
    """The table that comes with the program."""
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return config_file.parse(text, Limits, _FILE)


def single(configured: Iterable[AirLimit] = ()) -> dict[str, float]:
    """Quantity → maximum single concentration in the quantity's own unit."""
    found = {one.quantity: one.single for one in shipped().limit if one.quantity}
    found |= {one.quantity: one.single for one in configured}
    return {quantity.value: value * _per_mg(quantity) for quantity, value in found.items()}


def _per_mg(quantity: Quantity) -> float:
    return 1000.0 if quantity.unit == "ug/m3" else 1.0
