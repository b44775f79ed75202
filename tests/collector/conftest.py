"""The state database on SQLite and, where psycopg is installed, on a real PostgreSQL."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
import sqlalchemy as sa

from collector import state
from tests.collector.postgres import Postgres
from tests.servers import missing


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    if find_spec("psycopg") is None:
        missing("the driver for PostgreSQL is not installed: pip install psycopg[binary]")
    with Postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.system)])
def state_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a state database that does not exist yet (SQLite) or is empty (PostgreSQL)."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state.db'}"
    server: Postgres = request.getfixturevalue("postgres")
    name = f"t{abs(hash(request.node.nodeid))}"
    engine = sa.create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
    engine.dispose()
    return server.url(name)


@pytest.fixture
def engine(state_url: str) -> Iterator[sa.Engine]:
    with state.opened(state_url) as opened:
        yield opened
