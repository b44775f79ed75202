"""The feed inside a collector: from a gateway's message to a console's stream; its port; its end."""

import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from collector import state
from collector.alarms.desk import Desk, Policies
from collector.feed import FeedUnusableError, prepared
from collector.settings import AlarmsTable, CollectorFile
from collector.store import open_store
from tests.collector.collecting import Agent, batch
from tests.collector.feed.serving import Person, Server, event, settings
from tests.programs import Program
from tests.servers import Mosquitto, free_port


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
