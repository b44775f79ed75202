"""The sites of the region as the feed shows them: what the settings and the gateways say, put together."""

import threading
import time
from collections.abc import Iterable, Mapping
from typing import Final

import sqlalchemy as sa
from msgspec import Struct

from collector.alarms.silence import Facts
from collector.facts import facts
from collector.settings import SiteTable
from wire.messages import About
from wire.texts import Names, names_of
from wire.titles import by_language, in_language, plain
from wire.topics import Gateway

_FRESH_S: Final = 2.0


class Region(Struct, frozen=True, kw_only=True):
    """All that is known of sites and gateways at one moment."""

    sites: Mapping[str, SiteTable]
    """Those of the settings, in their order."""
    gateways: Mapping[Gateway, Facts]
    names: Mapping[Gateway, Names]
    editions: Mapping[Gateway, int]
    """Grows whenever a gateway calls its things otherwise."""

    def group(self, site: str) -> str:
        """The group a site belongs to; one that is not listed belongs to the group ``""``."""
        known = self.sites.get(site)
        return known.group if known else ""

    def title(self, site: str, language: str) -> str:
        """What people call a site: by the settings, else by its gateway, else its identifier."""
        listed = self.sites.get(site)
        title = listed.title if listed else ""
        return in_language(plain(title), by_language(title), language) or self._told(site, language) or site

    def all_sites(self) -> list[str]:
        """Listed ones in their order, then those that only their gateways told of."""
        return list(dict.fromkeys([*self.sites, *(gateway.site for gateway in self.gateways)]))

    def at(self, site: str) -> list[Facts]:
        """The gateways of a site."""
        return [known for gateway, known in self.gateways.items() if gateway.site == site]

    def about(self, gateway: Gateway) -> About | None:
        """What a gateway says it has; None where it never said so."""
        known = self.gateways.get(gateway)
        return known.about if known else None

    def names_at(self, gateway: Gateway) -> Names:
        """What the things of a gateway are called."""
        return self.names.get(gateway) or Names(gateway=str(gateway))

    def _told(self, site: str, language: str) -> str:
        abouts = (known.about for known in self.at(site))
        told = (in_language(one.site_title, one.site_titles, language) for one in abouts if one)
        return next(filter(None, told), "")


class Atlas:
    """Gives the region as it is now; what it read is used for two seconds. Any thread may ask."""

    def __init__(self, sites: Iterable[SiteTable]) -> None:
        self._sites = {one.site: one for one in sites}
        self._reading = threading.Lock()
        self._known: Region | None = None
        self._read_s = 0.0

    def region(self, connection: sa.Connection) -> Region:
        """The region, at most two seconds old."""
        with self._reading:
            known, now_s = self._known, time.monotonic()
            if known is None or now_s - self._read_s > _FRESH_S:
                known = self._known = self._read(connection)
                self._read_s = now_s
            return known

    def group(self, site: str) -> str:
        """The group a site belongs to."""
        known = self._sites.get(site)
        return known.group if known else ""

    def _read(self, connection: sa.Connection) -> Region:
        found = {one.gateway: one for one in facts(connection)}
        names = {
            gateway: names_of(one.about, str(gateway))
            for gateway, one in found.items()
            if one.about is not None
        }
        return Region(sites=self._sites, gateways=found, names=names, editions=self._editions(names))

    def _editions(self, names: Mapping[Gateway, Names]) -> dict[Gateway, int]:
        before = self._known
        if before is None:
            return dict.fromkeys(names, 1)
        return {
            gateway: before.editions.get(gateway, 0) + (before.names.get(gateway) != named)
            for gateway, named in names.items()
        }


def gateway_of(key: str) -> Gateway:
    """The gateway an alarm's key begins with."""
    site, gateway, *_ = key.split("/", 2)
    return Gateway(site, gateway)
