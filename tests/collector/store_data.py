"""Batches for the tests of stores, and what must be read back from them."""

from collections.abc import Iterable, Mapping, Sequence

from collector.arrivals import Arrival, StoredReading
from wire.messages import Batch, Row, Table, Value
from wire.topics import Gateway

GATEWAY = Gateway("bh-07", "gw-1")
T = 1_769_396_400_000


def arrival(
    *tables: Table, gateway: Gateway = GATEWAY, seq: int = 1, site_class: str = "boiler_house"
) -> Arrival:
    return Arrival(gateway, Batch(epoch="0" * 16, seq=seq, boot="boot", site_class=site_class, tables=tables))


def scans(channels: Sequence[str], *rows: Row, device: str = "kv-1") -> Table:
    return Table(device=device, channels=tuple(channels), rows=rows)


def one_channel(values: Mapping[int, Value], *, channel: str = "t", gateway: Gateway = GATEWAY) -> Arrival:
    """One channel's values by time, all good."""
    return arrival(scans([channel], *[Row(t, (value,)) for t, value in values.items()]), gateway=gateway)


def expected(arrivals: Iterable[Arrival]) -> list[StoredReading]:
    """What a store must give back, worked out the plain way."""
    found: dict[tuple[str, str, str, int, str], StoredReading] = {}
    for one in arrivals:
        site, gateway = one.gateway.site, one.gateway.gateway
        for table in one.batch.tables:
            for row in table.rows:
                for index, channel in enumerate(table.channels):
                    value, quality = row.values[index], row.quality.get(index)
                    if value is not None or quality is not None:
                        found[site, table.device, channel, row.t_ms, gateway] = StoredReading(
                            site, gateway, table.device, channel, row.t_ms, value, quality
                        )
    return [found[key] for key in sorted(found)]
