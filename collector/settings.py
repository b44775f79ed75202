"""The collector's configuration: `config/collector.toml`, parsed once into frozen structs."""

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from wire import config_file
from wire.broker import Broker


class SqliteStore(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sqlite", tag_field="kind"
):
    path: str = "/var/lib/ulba/collector/readings.db"


class InfluxStore(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="influx", tag_field="kind"
):
    """InfluxDB, or anything that speaks its protocol.

    `api = "v1"` writes to `/write`, `"v2"` to `/api/v2/write` through influxdb-client; both read by InfluxQL.
    """

    url: str = "http://127.0.0.1:8086"
    api: Literal["v1", "v2"] = "v1"
    database: str = "ulba"
    """v1: database; v2: bucket."""
    org: str = ""
    username: str | None = None
    password: str | None = None
    token: str | None = None
    """Secrets are references: env:NAME or credential:NAME."""
    timeout_s: Annotated[float, Meta(gt=0)] = 10.0


class StateTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str = "sqlite:////var/lib/ulba/collector/state.db"
    """A SQLAlchemy URL: the ledger and the quarantine live there."""


Minutes = Annotated[float, Meta(ge=0)]


class AlarmsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    realarm_min: tuple[Minutes, Minutes, Minutes, Minutes] = (60, 240, 0, 0)
    """Minutes, by priority, after which an acknowledged alarm that still stands calls again; 0: never."""
    latching: tuple[str, ...] = ()
    """Codes of alarms that stay after their end until somebody resets them."""
    shelve_most_h: Annotated[float, Meta(gt=0, le=168)] = 24
    """Hours for which an alarm may be shelved."""


class CollectorFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    client_id: str = "ulba-collector"
    broker: Broker = Broker()
    store: SqliteStore | InfluxStore = SqliteStore()
    state: StateTable = StateTable()
    alarms: AlarmsTable = AlarmsTable()


def load(path: Path) -> CollectorFile:
    """Read a configuration.

    Raises:
        ConfigError: the first thing that is wrong, in one sentence.
    """
    return config_file.load(path, CollectorFile)
