"""The feed inside a collector: from a gateway's message to a console's stream; its port; its end."""

import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from typer.testing import CliRunner

from collector import pipeline, state
from collector.alarms.desk import Desk, Policies
from collector.cli import app
from collector.feed import FeedUnusableError, prepared
from collector.feed.follower import Follower
from collector.settings import AlarmsTable, CollectorFile
from collector.store import open_store
from tests.collector.collecting import Agent, batch
from tests.collector.feed.serving import Person, Server, event, settings
from tests.programs import Program
from tests.servers import Mosquitto, free_port
from wire.broker import Broker


@pytest.mark.system
def test_what_a_gateway_says_is_on_the_console_at_once_and_sigterm_ends_streams(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    port = free_port()
    file = tmp_path / "collector.toml"
    file.write_text(
        f'broker.port = {mosquitto.port}\nstore = {{ kind = "sqlite", path = "{tmp_path}/readings.db" }}\n'
        f'state.url = "sqlite:///{tmp_path}/state.db"\nfeed.listen = "127.0.0.1:{port}"\n'
    )
    with Program("collector", ["collector", "run", "-c", str(file)], tmp_path) as program:
        program.await_ready()
        (said,) = [line for line in program.log.read_text().splitlines() if "password" in line]
        admin = Person(f"http://127.0.0.1:{port}", "administrator", said.split()[-1])
        with closing(admin), admin.stream() as stream, Agent(mosquitto.port) as agent:
            agent.send_until_receipted(replace(batch(1), alarms=(event("t_supply"),)))
            assert stream.next("alarm").data["alarm"]["channel"] == "t_supply"
            assert program.stop() < 5
            assert [one.event for one in stream if one.event == "alarm"] == []


def prepare(wanted: CollectorFile) -> None:
    """As the pipeline does; it is not started."""
    store = open_store(wanted.store)
    try:
        with state.opened(wanted.state.url) as engine:
            prepared(wanted, engine, store, Desk(Policies(AlarmsTable())))
    finally:
        store.close()


@pytest.mark.parametrize(
    ("listen", "sentence"),
    [
        ("127.0.0.1", "feed.listen: '127.0.0.1' is no address; write one such as 127.0.0.1:8080"),
        ("127.0.0.1:99999", "is no address"),
        ("192.0.2.1:8080", "Cannot assign requested address; stop what uses it or name another port"),
    ],
)
def test_an_address_that_cannot_be_used_is_a_sentence(tmp_path: Path, listen: str, sentence: str) -> None:
    wanted = settings(tmp_path)
    assert wanted.feed is not None
    with pytest.raises(FeedUnusableError, match=sentence):
        prepare(replace(wanted, feed=replace(wanted.feed, listen=listen)))


def test_a_port_in_use_is_a_sentence(server: Server, tmp_path: Path) -> None:
    wanted = settings(tmp_path)
    assert wanted.feed is not None
    listen = f"127.0.0.1:{server.feed.port}"
    with pytest.raises(FeedUnusableError, match=f"feed.listen: {listen}: Address already in use; stop what"):
        prepare(replace(wanted, feed=replace(wanted.feed, listen=listen)))


def test_a_part_that_is_not_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "collector.feed.server")
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(FeedUnusableError, match=r"needs uvicorn, which is not installed: pip install"):
        prepare(settings(tmp_path))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ('listen = "here"', "feed.listen: 'here' is no address"),
        ('zone = "Asia/Atlantis"', "feed.zone: 'Asia/Atlantis' is no time zone"),
        ('oidc.issuer = "https://login.example"', "feed.oidc: set feed.public_url"),
        ('oidc.roles = { chiefs = "king" }', "feed.oidc.roles: 'king' is no role"),
    ],
)
def test_collector_check_says_what_is_wrong_with_the_feed(tmp_path: Path, table: str, sentence: str) -> None:
    file = tmp_path / "collector.toml"
    file.write_text(f"[feed]\n{table}\n")
    result = CliRunner().invoke(app, ["check", "-c", str(file)])
    assert (result.exit_code, result.output.count("\n")) == (1, 1)
    assert sentence in result.output


@pytest.mark.system
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_feed_that_died_ends_the_collector_so_that_it_is_started_anew(
    tmp_path: Path, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Follower, "run", lambda *_: None)
    wanted = replace(settings(tmp_path), broker=Broker(port=mosquitto.port))
    with pytest.raises(pipeline.IngestDiedError):
        pipeline.run(wanted, threading.Event())
