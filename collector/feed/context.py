"""What every route works with."""

import time
from collections.abc import Callable
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from fastapi import Depends, Request
from msgspec import Struct

from collector.alarms.desk import Desk
from collector.feed.hub import Hub
from collector.feed.oidc import Provider
from collector.feed.region import Atlas
from collector.feed.values import Values
from collector.feed.views import AlarmTexts
from collector.settings import FeedTable, WebhooksTable
from collector.store import Store
from collector.users.sessions import Lasting


def wall_clock_ms() -> int:
    """Unix ms."""
    return time.time_ns() // 1_000_000


class Context(Struct, frozen=True, kw_only=True):
    """Opened once, used by all threads."""

    table: FeedTable
    engine: sa.Engine
    store: Store
    desk: Desk
    atlas: Atlas
    texts: AlarmTexts
    values: Values
    map_layers: bytes
    """GeoJSON."""
    hub: Hub
    provider: Provider | None
    wake: Callable[[], None]
    """Tell whoever follows the journal that there is more."""
    webhooks: Callable[[], WebhooksTable]
    """As it is configured now."""
    now_ms: Callable[[], int] = wall_clock_ms

    @property
    def lasting(self) -> Lasting:
        """How long somebody stays logged in."""
        table = self.table
        return Lasting(round(table.session_idle_min * 60_000), round(table.session_most_h * 3_600_000))

    @property
    def zone(self) -> ZoneInfo:
        """Of the times in texts."""
        return ZoneInfo(self.table.zone)


def _context(request: Request) -> Context:
    return cast("Context", request.app.state.context)


Here = Annotated[Context, Depends(_context)]
