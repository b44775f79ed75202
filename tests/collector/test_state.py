import traceback
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from collector import state
from collector.notify import delivery
from collector.state import StateUnavailableError, StateUnusableError, chain, check_url

NEWEST = len(state.MIGRATIONS) + 1
ADDED = {
    2: [],
    3: ["command"],
    4: ["alarm", "alarm_journal", "incident"],
    5: ["session", "person_role", "person", "api_token", "login_failure", "audit"],
    6: ["webhook", "delivery", "lease", "notify_round"],
    7: ["commissioning_report"],
    8: [],
    9: ["shift_log", "nmu"],
    10: [],
}
"""Version → the tables that came with it, in an order in which they can be dropped."""
OLD_DELIVERY = {
    "id": 1,
    "lane": "webhook:1",
    "order_key": "k",
    "number": "n",
    "body": b"",
    "state": "waiting",
    "created_ms": 1,
    "attempts": 0,
    "next_ms": 1,
    "expires_ms": 0,
    "said": "",
}


def test_a_database_is_made_once_and_opened_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    for _ in range(2):
        with state.opened(url) as engine, state.reading(engine) as connection:
            assert connection.execute(sa.text("SELECT version FROM schema_version")).scalars().all() == [
                NEWEST
            ]
            assert connection.execute(sa.text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert connection.execute(sa.text("PRAGMA synchronous")).scalar_one() == 2


def test_an_older_database_is_brought_up_to_date_in_one_transaction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    state.open_state(url).dispose()
    monkeypatch.setattr(state, "_NEWEST", state._NEWEST + 1)
    added = lambda t: t.exec_driver_sql("CREATE TABLE added (x INTEGER)")  # noqa: E731 - as a step is
    monkeypatch.setattr(state, "MIGRATIONS", (*state.MIGRATIONS, added))
    with state.opened(url) as engine, state.reading(engine) as connection:
        assert connection.execute(sa.text("SELECT version FROM schema_version")).scalar_one() == state._NEWEST
        assert sa.inspect(connection).has_table("added")


def test_every_version_is_known_to_the_tests() -> None:
    assert list(ADDED) == list(range(2, NEWEST + 1))


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_an_older_database_gets_the_tables_it_has_not_and_keeps_the_rest(
    state_url: str, version: int
) -> None:
    with state.opened(state_url) as engine, state.writing(engine) as transaction:
        transaction.execute(state.counters.insert(), {"name": "n", "value": 7})
        for name in (name for since, names in ADDED.items() if since > version for name in names):
            transaction.exec_driver_sql(f"DROP TABLE {name}")
        transaction.exec_driver_sql(f"UPDATE schema_version SET version = {version}")
    with pytest.raises(
        StateUnavailableError, match=rf"schema {version}; `collector run` brings it to {NEWEST}"
    ):
        state.open_state(state_url, create=False)
    with state.opened(state_url) as engine, state.reading(engine) as connection:
        assert set(sa.inspect(connection).get_table_names()) == set(state.metadata.tables)
        assert connection.execute(sa.select(state.counters.c.value)).scalar_one() == 7
        indexes = sa.inspect(connection).get_indexes("command")
        assert {tuple(index["column_names"]) for index in indexes} == {("t_ms",), ("expires_ms",)}


def test_deliveries_and_webhooks_get_their_new_columns(state_url: str) -> None:
    with state.opened(state_url) as engine, state.writing(engine) as transaction:
        for name in ("tried_ms", "failing_ms", "said"):
            transaction.exec_driver_sql(f"ALTER TABLE webhook DROP COLUMN {name}")
        transaction.exec_driver_sql("ALTER TABLE delivery DROP COLUMN asked")
        before = state.MIGRATIONS.index(state._extend_notify) + 1
        for name in (name for since, names in ADDED.items() if since > before for name in names):
            transaction.exec_driver_sql(f"DROP TABLE {name}")
        transaction.exec_driver_sql(f"UPDATE schema_version SET version = {before}")
        old = sa.table("delivery", *map(sa.column, OLD_DELIVERY))
        transaction.execute(old.insert(), OLD_DELIVERY)
    with state.opened(state_url) as engine, state.reading(engine) as connection:
        (one,) = delivery.listed(connection, limit=9)
        assert one.number == "n"
        assert delivery.lanes(connection, 5) == [("webhook:1", False)]


def test_a_newer_database_is_refused_with_a_sentence(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'state.db'}"
    with state.opened(url) as engine, state.writing(engine) as transaction:
        transaction.exec_driver_sql("UPDATE schema_version SET version = 99")
    with pytest.raises(StateUnusableError, match=rf"schema 99; this program knows {NEWEST}: upgrade it"):
        state.open_state(url)


def test_looking_makes_no_database(tmp_path: Path) -> None:
    file = tmp_path / "state.db"
    with pytest.raises(StateUnavailableError, match="not there"):
        state.open_state(f"sqlite:///{file}", create=False)
    assert not file.exists()


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(StateUnavailableError, match="unable to open database file"):
        state.open_state(f"sqlite:///{tmp_path}/no/state.db")


@pytest.mark.parametrize(
    "url", ["", "nonsense", "oracle://x", "mysql://x/y", "sqlite:////tmp/x", "foo+bar://x"]
)
def test_an_address_is_judged_without_being_touched(url: str) -> None:
    if url.startswith("sqlite"):
        check_url(url)
    else:
        with pytest.raises(StateUnusableError, match=r"^state\.url: "):
            check_url(url)


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail_midway(engine: sa.Engine) -> None:
        with state.writing(engine) as transaction:
            transaction.execute(state.counters.insert(), {"name": "n", "value": 1})
            raise KeyError

    with state.opened(f"sqlite:///{tmp_path / 'state.db'}") as engine:
        with pytest.raises(KeyError):
            fail_midway(engine)
        with state.reading(engine) as connection:
            assert connection.execute(sa.select(state.counters)).all() == []


def test_all_statements_compile_for_postgresql() -> None:
    for table in state.metadata.sorted_tables:
        assert str(
            sa.schema.CreateTable(table).compile(
                dialect=postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy has not annotated it
            )
        )


def test_alarms_get_their_new_columns_and_keep_their_incident(state_url: str) -> None:
    with state.opened(state_url) as engine, state.writing(engine) as transaction:
        for name in ("due_ms", "incident"):
            transaction.exec_driver_sql(f"DROP INDEX ix_alarm_{name}")
            transaction.exec_driver_sql(f"ALTER TABLE alarm DROP COLUMN {name}")
        transaction.exec_driver_sql("ALTER TABLE alarm_journal DROP COLUMN called")
        before = state.MIGRATIONS.index(state._extend_alarms) + 1
        for name in (name for since, names in ADDED.items() if since > before for name in names):
            transaction.exec_driver_sql(f"DROP TABLE {name}")
        transaction.exec_driver_sql(f"UPDATE schema_version SET version = {before}")
        for key, message in (("a", b'{"incident":7}'), ("b", b"{}")):
            row = {"key": key, "site": "s", "code": "c", "state": "normal", "active": False}
            old = sa.table("alarm", *map(sa.column, (*row, "changed_seq", "message")))
            transaction.execute(old.insert(), {**row, "changed_seq": 1, "message": message})
    with state.opened(state_url) as engine, state.reading(engine) as connection:
        c = state.alarms.c
        found = connection.execute(sa.select(c.key, c.incident, c.due_ms).order_by(c.key)).all()
        assert found == [("a", 7, 0), ("b", 0, 0)]
        indexes = sa.inspect(connection).get_indexes("alarm")
        assert {index["column_names"][0] for index in indexes} >= {"due_ms", "incident", "state"}


def test_what_is_read_together_is_of_one_moment(engine: sa.Engine) -> None:
    count = sa.select(sa.func.count()).select_from(state.counters)
    with state.reading(engine) as before:
        assert before.execute(count).scalar_one() == 0
        with state.writing(engine) as transaction:
            transaction.execute(state.counters.insert(), {"name": "n", "value": 1})
        assert before.execute(count).scalar_one() == 0
    with state.writing(engine) as transaction:
        assert transaction.get_isolation_level() in {"SERIALIZABLE", "READ COMMITTED"}, "those that wait"
    with state.reading(engine) as after:
        assert after.execute(count).scalar_one() == 1


def test_more_work_than_connections_is_held_up_not_ended(tmp_path: Path) -> None:
    with state.opened(f"sqlite:///{tmp_path / 'state.db'}") as engine, ExitStack() as held:
        pool = engine.pool
        assert isinstance(pool, sa.QueuePool)
        pool._timeout = 0.01
        for _ in range(15):
            held.enter_context(state.reading(engine))
        with pytest.raises(StateUnavailableError, match="all connections are in use"):
            held.enter_context(state.reading(engine))


def test_a_chain_whose_newest_entries_were_taken_away_is_broken(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        chain.append(transaction, state.audit, [(n, b"%d" % n) for n in range(3)])
        assert chain.broken_at(transaction, state.audit) is None
        transaction.execute(state.audit.delete().where(state.audit.c.seq > 1))
        assert chain.broken_at(transaction, state.audit) == 2


def test_an_error_tells_nothing_of_what_was_to_be_written(engine: sa.Engine) -> None:
    secret = token_hex()
    nowhere = sa.text("INSERT INTO nowhere VALUES (:value)")
    kinds = (StateUnavailableError, sa.exc.ProgrammingError)
    with pytest.raises(kinds) as failed, state.writing(engine) as transaction:
        transaction.execute(nowhere, {"value": secret})
    said = "".join(traceback.format_exception(failed.value))
    assert "INSERT INTO nowhere" in said
    assert secret not in said
