"""A configuration that is sent to a running agent: real broker, simulator and collector."""

import queue
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
import tomli
from paho.mqtt.enums import CallbackAPIVersion

from tests.programs import command
from tests.servers import free_port
from tests.stories.region import Region
from tests.system.test_agent import listening
from tests.system.test_reload import SITE, hang_up, logged, rewrite
from wire import codec, topics
from wire.messages import Command, CommandAnswer, CommandOutcome, Configure, Status
from wire.topics import Gateway, Kind

pytestmark = pytest.mark.system
TRIAL_S = 10.0
"""The shortest there is."""


@pytest.fixture
def region(tmp_path: Path) -> Iterator[Region]:
    with Region(tmp_path) as region:
        region.start_agents()
        region.await_readings()
        yield region


def send(region: Region, version: int, toml: str) -> None:
    """What the collector does: at each connection of the gateway again, until it is answered."""
    now_ms = time.time_ns() // 1_000_000
    order = Configure(version=version, toml=toml, confirm_s=TRIAL_S)
    told = Command(id=f"{version:016x}", t_ms=now_ms, expires_ms=now_ms + 120_000, by="a test", order=order)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.connect("127.0.0.1", region.broker.port)
    client.loop_start()
    topic = topics.build(Gateway(SITE, gateway(region)), Kind.COMMAND)
    client.publish(topic, codec.encode(told), qos=1).wait_for_publish(10)
    client.disconnect()
    client.loop_stop()


def gateway(region: Region) -> str:
    return str(tomli.loads(configuration(region))["gateway"])


def answer(region: Region, version: int, toml: str) -> CommandAnswer:
    """Send it until it is answered."""
    deadline = time.monotonic() + 60
    with listening(region.broker.port, Kind.ANSWER) as heard:
        while time.monotonic() < deadline:
            send(region, version, toml)
            try:
                found = codec.decode(CommandAnswer, heard.get(timeout=2))
            except queue.Empty:
                continue
            if found.id == f"{version:016x}":
                return found
    pytest.fail(f"no answer\n{region.logs()}")


def version_in_use(region: Region, wanted: int) -> None:
    with listening(region.broker.port, Kind.STATUS) as heard:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            status = codec.decode(Status, heard.get(timeout=60))
            if status.config_version == wanted and status.links:
                return
    pytest.fail(region.logs())


def configuration(region: Region) -> str:
    return region.configs[SITE].read_text(encoding="utf-8")


def wrong(region: Region) -> str:
    return configuration(region).replace(f"port = {region.broker.port}", f"port = {free_port()}")


def all_is_there(region: Region) -> None:
    region.drain()
    verdict = region.verdict()
    assert verdict.good, f"{verdict}\n{region.logs()}"
    assert verdict.expected == verdict.stored, verdict


def test_a_wrong_broker_port_comes_back_by_itself_and_nothing_is_lost(region: Region) -> None:
    found = answer(region, 1, wrong(region))
    assert found.outcome is CommandOutcome.REFUSED
    assert found.says == "configuration 1 was taken back: no receipt of the collector came in its time"
    version_in_use(region, 0)
    all_is_there(region)


def test_a_good_one_stays_through_a_kill_until_the_file_is_edited(region: Region) -> None:
    found = answer(region, 3, f"# sent\n{configuration(region)}")
    assert found.outcome is CommandOutcome.DONE, found
    assert found.says.startswith("configuration 3 is in use")
    assert answer(region, 2, configuration(region)).says == "configuration 2 is not newer than 3"
    region.kill_agent(SITE)
    region.agents[SITE].start()
    version_in_use(region, 3)
    rewrite(region.configs[SITE], "[site]", "# by hand\n[site]")
    hang_up(region)
    version_in_use(region, 0)
    all_is_there(region)


def test_killed_on_trial_it_comes_back_when_the_time_is_over(region: Region) -> None:
    send(region, 1, wrong(region))
    logged(region, "a configuration is on trial")
    region.kill_agent(SITE)
    time.sleep(TRIAL_S)  # the trial's time is what is waited for
    region.agents[SITE].start()
    version_in_use(region, 0)
    said = "configuration 1 was taken back: its time ended while the agent was not running"
    logged(region, said)
    assert answer(region, 1, wrong(region)).says == said
    all_is_there(region)


def test_a_person_at_the_centre_sends_one_and_is_told_what_came_of_it(region: Region, tmp_path: Path) -> None:
    def configure(toml: str) -> tuple[int, str]:
        file = tmp_path / "new.toml"
        file.write_text(toml, encoding="utf-8")
        place = f"{SITE}/{gateway(region)}"
        options = ["-c", str(region.config), "--by", "a test", "--confirm", "10", "--wait", "60"]
        done = command("collector", "command", "configure", place, str(file), *options)
        return done.returncode, done.stdout

    status, said = configure(f"# new\n{configuration(region)}")
    assert (status, "configuration 1 is in use" in said) == (0, True), said
    status, said = configure(wrong(region))
    assert (status, "configuration 2 was taken back" in said) == (1, True), said
    version_in_use(region, 1)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('[outbox]\npath = "', '[outbox]\npath = "/elsewhere/', "`outbox.path` cannot be changed from afar"),
        ("[broker]\n", '[broker]\npassword = "env:HOME"\n', "`broker.password` cannot be changed from afar"),
        ("[site]", "[sight]", "configuration 1:"),
    ],
)
def test_what_would_lose_data_or_show_secrets_is_refused(
    region: Region, old: str, new: str, said: str
) -> None:
    toml = configuration(region)
    assert old in toml
    found = answer(region, 1, toml.replace(old, new))
    assert found.outcome is CommandOutcome.REFUSED
    assert said in found.says
