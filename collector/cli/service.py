"""`collector service`: the collector under systemd."""

from pathlib import Path, PurePosixPath
from typing import Final

import sqlalchemy as sa

from collector import settings
from collector.settings import SqliteStore
from wire.systemd.commands import commands
from wire.systemd.unit import Service

SERVICE: Final = Service(
    name="ulba-collector",
    description="Ulba collector",
    program="collector",
    config="/etc/ulba/collector.toml",
    state="ulba/collector",
    watchdog_s=60,
    memory_max_mb=1024,
    credentials=("mqtt", "influx", "influx-token"),
    more=("PrivateDevices=yes", "PrivateUsers=yes", "ProtectClock=yes", "ProcSubset=pid"),
)


def _written(config: Path) -> list[PurePosixPath]:
    found = settings.load(config)
    state = sa.make_url(found.state.url)
    files = [found.store.path] if isinstance(found.store, SqliteStore) else []
    if state.get_backend_name() == "sqlite" and state.database:
        files.append(state.database)
    return [PurePosixPath(file) for file in files]


app = commands(SERVICE, _written)
