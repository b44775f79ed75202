"""What is known of the gateways, for whoever tells which of them are silent."""

import sqlalchemy as sa

from collector import gateways, ledger
from collector.alarms.silence import Facts
from wire.messages import About, Status


def facts(connection: sa.Connection, site: str | None = None) -> list[Facts]:
    """All gateways that were ever heard of, in order; with `site` only those of this site."""
    abouts = dict(gateways.newest(connection, About))
    statuses = dict(gateways.newest(connection, Status))
    newest = ledger.newest_readings(connection)
    known = sorted(gateway for gateway in {*abouts, *statuses, *newest} if site in {None, gateway.site})
    return [
        Facts(
            gateway=gateway,
            about=abouts.get(gateway),
            status=statuses.get(gateway),
            newest_ms=newest.get(gateway),
        )
        for gateway in known
    ]
