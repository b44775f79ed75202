"""What is played: which sites by which configuration, which stories, seeds, seasons and severities."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from firmware_sim.catalog import Severity
from firmware_sim.telling import Season

TUNING: Final = range(1, 100)
"""Seeds the constants and limits were chosen on."""
REPORTING: Final = range(1001, 1100)
"""Seeds nobody has looked at while choosing."""
ORDINARY: Final = "ordinary-winter"
CONFIGURATIONS: Final = Path(__file__).parents[2] / "config" / "sites"
SITES: Final = {
    "bh-01": "boiler-house-oil",
    "bh-02": "boiler-house-coal",
    "ap-01": "air-post",
    "chp-01": "heating-plant",
}
"""Site → its configuration; the others of the library are heat points."""
_HEAT_POINT: Final = "heat-point"
_ANY: Final = tuple(Season)
_FROST: Final = (Season.DEEP_WINTER,)
_AT: Final[dict[str, tuple[str, ...]]] = {
    "bh-01": (
        "boiler-overshoot", "boiler-trip", "bus-fault", "device-silent", "frozen-branch", "fuel-leak",
        "fuel-theft", "pipe-burst", "power-outage", "pump-stop", "sensor-break", "sensor-drift",
        "sensor-jump", "sensor-noise", "sensor-stuck", "sensor-swap", "slow-leak",
    ),
    "bh-02": ("draught-loss",),
    "ap-01": ("cross-sensitivity", "dust-fouling", "emission-peak", "inversion"),
}  # fmt: skip
_ONLY_IN_FROST: Final = frozenset({"frozen-branch", "boiler-trip"})
"""Nothing freezes in mild weather, and without frost the other boilers carry the load unseen."""
AS_WRITTEN: Final = (
    "ekibastuz-2022-11-27", "left-bank-2026-01-26", "oskemen-2022-11-27", "ridder-2022-11-05",
    "ridder-2022-11-10",
)  # fmt: skip
"""Incidents that happened on a certain day; only their seed is varied."""


class Story(Struct, frozen=True):
    name: str
    severity: Severity | None = None
    """None: as it is written, which is ordinary."""


class Cell(Struct, frozen=True, kw_only=True):
    """One site by one seed in one season, and the stories that are told there after one warm-up."""

    seed: int
    season: Season | None
    stories: tuple[Story, ...]
    site: str | None = None
    """None: every site at which the story asks for an alarm."""


class Winter(Struct, frozen=True, kw_only=True):
    """Ordinary operation of one site after its warm-up."""

    seed: int
    site: str
    days: int


class Extent(Struct, frozen=True, kw_only=True):
    """How much is played; the numbers are seeds."""

    ordinary: int
    others: int
    """Of the mild and the severe telling."""
    written: int
    winters: int
    days: int
    """Of each winter."""


FULL: Final = Extent(ordinary=8, others=2, written=8, winters=2, days=98)
QUICK: Final = Extent(ordinary=1, others=0, written=1, winters=1, days=21)


def configuration(site: str) -> Path:
    """The agent's configuration file of a site of the library."""
    return CONFIGURATIONS / f"{SITES.get(site, _HEAT_POINT)}.toml"


def cells(extent: Extent, seeds: Sequence[int], only: frozenset[str]) -> Iterator[Cell]:
    """All that is told; `only` names the stories that are wanted, none: all."""
    for n, seed in enumerate(seeds[: extent.ordinary]):
        severities = tuple(Severity) if n < extent.others else (Severity.ORDINARY,)
        for season in _ANY:
            for site, names in _AT.items():
                told = [name for name in names if _is_told(name, season, only)]
                stories = tuple(Story(name, severity) for severity in severities for name in told)
                if stories:
                    yield Cell(seed=seed, season=season, site=site, stories=stories)
    for seed in seeds[: extent.written]:
        for name in AS_WRITTEN:
            if not only or name in only:
                yield Cell(seed=seed, season=None, stories=(Story(name),))


def winters(extent: Extent, seeds: Sequence[int], sites: Iterable[str] = tuple(_AT)) -> Iterator[Winter]:
    """Ordinary operation of the three sites."""
    for seed in seeds[: extent.winters]:
        for site in sites:
            yield Winter(seed=seed, site=site, days=extent.days)


def _is_told(name: str, season: Season, only: frozenset[str]) -> bool:
    return (not only or name in only) and (season in _FROST or name not in _ONLY_IN_FROST)
