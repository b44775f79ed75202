"""SIGHUP: another rota, other people and webhook settings in use; nothing is lost, nothing doubled."""

import json
import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from collector import state
from tests.collector.collecting import wait_until
from tests.collector.receiver import Receiver, receiving
from tests.collector.test_desk import key
from tests.collector.test_webhooks import configured, lanes_of, raise_alarms, subscribe, waiting
from tests.programs import Program

pytestmark = pytest.mark.system
PLAN = """
[notify]
gather_s = 0.0
[[notify.people]]
name = "aigul"
channels = ["env:ULBA_AIGUL"]
[[notify.people]]
name = "bolat"
channels = ["env:ULBA_BOLAT"]
[[notify.steps]]
name = "duty"
people = ["aigul"]
"""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as opened:
        for name in ("aigul", "bolat"):
            url = f"json://127.0.0.1:{opened.server.server_port}/{name}"
            monkeypatch.setenv(f"ULBA_{name.upper()}", url)
        yield opened


def logged(collector: Program, event: str) -> list[dict[str, Any]]:
    lines = collector.log.read_text(encoding="utf-8").splitlines()
    return [found for found in map(json.loads, filter(None, lines)) if found["event"] == event]


def renew(collector: Program, config: Path, text: str) -> None:
    """Another configuration, and wait until it is in use."""
    before = len(logged(collector, "another configuration is in use"))
    config.write_text(text, encoding="utf-8")
    os.kill(collector.pid, signal.SIGHUP)
    wait_until(lambda: len(logged(collector, "another configuration is in use")) > before)


def test_another_rota_is_taken_up_and_whoever_is_on_duty_now_is_told(
    tmp_path: Path, receiver: Receiver
) -> None:
    config = configured(tmp_path)
    good = config.read_text() + PLAN
    config.write_text(good)
    other = good.replace('people = ["aigul"]', 'people = ["bolat"]')
    with (
        state.opened(f"sqlite:///{tmp_path}/state.db") as engine,
        Program("collector", ["collector", "run", "-c", str(config)], tmp_path) as collector,
    ):
        collector.await_ready()
        raise_alarms(engine, ["boiler/t"])
        receiver.await_posts(1)
        renew(collector, config, other)
        receiver.await_posts(2)
        raise_alarms(engine, ["pump/p"], t_ms=100_000_000)
        receiver.await_posts(3)
        renew(collector, config, good.replace(PLAN, ""))
        raise_alarms(engine, ["fan/f"], t_ms=200_000_000)
        renew(collector, config, other)
        receiver.await_posts(4)
        wait_until(lambda: not waiting(engine))
        config.write_text(other.replace('name = "duty"', 'name = "duty"\nrota = 7'))
        os.kill(collector.pid, signal.SIGHUP)
        wait_until(lambda: bool(logged(collector, "the configuration in use goes on")))
        collector.stop()
    assert [post.path.strip("/") for post in receiver.posts] == ["aigul", "bolat", "bolat", "bolat"]
    assert not logged(collector, "some of the configuration is taken up with the next start")


def test_messages_and_webhooks_under_way_through_five_reloads_arrive_once(
    tmp_path: Path, receiver: Receiver
) -> None:
    config = configured(tmp_path)
    good = config.read_text() + PLAN
    config.write_text(good)
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine, receiving() as hook:
        subscribe(engine, hook)
        with Program("collector", ["collector", "run", "-c", str(config)], tmp_path) as collector:
            collector.await_ready()
            for turn in range(5):
                raise_alarms(engine, [f"m{turn}n{n}/t" for n in range(40)], t_ms=1000 + turn * 100_000_000)
                receiver.await_posts(turn)
                renew(collector, config, good.replace("gather_s = 0.0", f"gather_s = 0.{turn + 1}"))
            hook.await_posts(200)
            wait_until(lambda: not waiting(engine) and len(topics(engine)) == 5)
            collector.stop()
        arrived = Counter(hook.seqs())
        assert (set(arrived), set(arrived.values())) == (set(range(1, max(arrived) + 1)), {1})
        assert set(topics(engine).values()) == {1}, "every incident was told once"
        assert len(receiver.posts) == len([one for one in lanes_of(engine) if one.lane.startswith("person:")])


def topics(engine: Any) -> Counter[str]:
    """How often each incident was told, to whomever."""
    told = [one for one in lanes_of(engine) if one.lane.startswith("person:")]
    return Counter(topic for one in told for topic in json.loads(one.body)["topics"])


def test_other_webhook_settings_are_taken_up(tmp_path: Path) -> None:
    config = configured(tmp_path)
    good = config.read_text()
    config.write_text(good.replace('"any"', '"public"'))
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine, receiving() as hook:
        subscribe(engine, hook)
        with Program("collector", ["collector", "run", "-c", str(config)], tmp_path) as collector:
            collector.await_ready()
            raise_alarms(engine, ["a"])
            wait_until(lambda: "webhooks may not go there" in "".join(one.said for one in lanes_of(engine)))
            renew(collector, config, good.replace('"any"', '"any"\nsource = "/centre-2"'))
            raise_alarms(engine, ["b"], t_ms=2000)
            wait_until(lambda: key("b") in {post.event["subject"] for post in hook.posts})
            collector.stop()
        assert {post.event["source"] for post in hook.posts if post.event["subject"] == key("b")} == {
            "/centre-2"
        }
