"""`gateways`, `command` and `alarms false`, as a person and as a program call them."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner, Result

from collector import gateways, ledger, state
from collector.alarms.desk import Desk, Policies
from collector.arrivals import Answered, Arrived, News
from collector.cli import app
from collector.commands import book
from collector.settings import AlarmsTable
from tests.collector.collecting import (
    EPOCH,
    GATEWAY,
    OTHER,
    PATIENCE_S,
    Agent,
    batch,
    collecting,
    settings,
    wait_until,
)
from tests.servers import Mosquitto
from wire import topics
from wire.codec import decode, encode
from wire.messages import (
    About,
    AlarmEvent,
    AlarmState,
    Clock,
    Command,
    CommandAnswer,
    CommandOutcome,
    DeviceAbout,
    Learning,
    OperatingMode,
    Presence,
    Rebaseline,
    Status,
)
from wire.topics import Gateway, Kind

SITE = str(GATEWAY)
DESK = Desk(Policies(AlarmsTable()))
NOW_MS = time.time_ns() // 1_000_000
LATER_MS = NOW_MS + 3_600_000
ANOMALY = AlarmEvent(
    id=f"anomaly/trm138/t_supply/{NOW_MS}",
    code="anomaly",
    state=AlarmState.RAISED,
    t_ms=NOW_MS,
    since_ms=NOW_MS,
    device="trm138",
    channel="t_supply",
)
HIGH = msgspec.structs.replace(ANOMALY, id="high/1", code="high")


def about(period_s: float = 60) -> About:
    device = DeviceAbout(name="trm138", profile="p", model="m", link="l", period_s=period_s, channels=())
    return About(
        version="0.1.0",
        epoch=EPOCH,
        boot="b",
        site_class="boiler_house",
        started_ms=NOW_MS,
        devices=(device,),
    )


STATUS = Status(
    state=Presence.ONLINE,
    epoch=EPOCH,
    t_ms=NOW_MS,
    clock=Clock.HOLDOVER,
    outbox_batches=7,
    mode=OperatingMode.MAINTENANCE,
    mode_until_ms=LATER_MS,
    learning=(Learning("trm138", 340, 1440),),
    silent_devices=("mete\x1br",),
)
OFFLINE = Status(state=Presence.OFFLINE, epoch=EPOCH)


def url(config: Path) -> str:
    return f"sqlite:///{config.parent}/state.db"


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """Two gateways: one online in maintenance, one lost by the broker; an anomaly and a limit."""
    file = tmp_path / "collector.toml"
    file.write_text(f'[store]\nkind = "sqlite"\npath = "{tmp_path}/r.db"\n[state]\nurl = "{url(file)}"\n')
    with state.opened(url(file)) as engine, state.writing(engine) as transaction:
        # A run may take longer than three minutes: a gateway that is read each minute would be silent then.
        news = [News(GATEWAY, about(86_400)), News(GATEWAY, STATUS)]
        news += [News(OTHER, about(86_400)), News(OTHER, OFFLINE)]
        gateways.note(transaction, news, NOW_MS)
        ledger.record(transaction, [Arrived(OTHER, EPOCH, 1, NOW_MS, NOW_MS)], NOW_MS)
        DESK.take(transaction, [(GATEWAY, ANOMALY), (GATEWAY, HIGH)], NOW_MS)
    return file


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def commands(config: Path) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = json.loads(call("command", "list", "-c", config, "--json").stdout)
    return lines


@contextmanager
def answering(config: Path, outcome: CommandOutcome, says: str) -> Iterator[None]:
    """A gateway, through a collector: whatever is in the book is answered."""
    over = threading.Event()

    def answer() -> None:
        with state.opened(url(config)) as engine:
            while not over.wait(0.02):
                with state.writing(engine) as transaction:
                    for entry in book.waiting(transaction, 0):
                        said = CommandAnswer(id=entry.command.id, t_ms=0, outcome=outcome, says=says)
                        book.answer(transaction, [Answered(entry.gateway, said)], NOW_MS)

    thread = threading.Thread(target=answer)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_S)


def test_gateways_are_told_with_mode_and_learning(filled: Path) -> None:
    result = call("gateways", "-c", filled)
    assert result.exit_code == 0
    first, second, *details = result.stdout.splitlines()
    assert first.startswith("ap-03/gw-1  offline  since 2")
    assert second.startswith("bh-07/gw-1  online   since 2")
    assert "0.1.0  7 batches wait  maintenance until 2" in second
    assert second.endswith("clock holdover")
    assert details == ["   learning: trm138 340 of 1440", "   silent: mete\\x1br"]
    assert result.stderr == "2 gateways\n"
    lost, found = json.loads(call("gateways", "-c", filled, "--json").stdout)
    assert (lost["state"], lost["mode"], lost["outbox_batches"]) == ("offline", None, None)
    assert (found["state"], found["since_ms"], found["mode_until_ms"]) == ("online", NOW_MS, LATER_MS)
    assert found["learning"] == [["trm138", 340, 1440]]
    assert len(json.loads(call("gateways", "-c", filled, "--site", "bh-07", "--json").stdout)) == 1


def test_a_gateway_that_is_online_and_brings_nothing_is_silent(filled: Path) -> None:
    with state.opened(url(filled)) as engine, state.writing(engine) as transaction:
        old = msgspec.structs.replace(about(), started_ms=NOW_MS - 10_000_000)
        gateways.note(transaction, [News(GATEWAY, old)], NOW_MS)
        ledger.record(transaction, [Arrived(GATEWAY, EPOCH, 1, 1, NOW_MS - 9_000_000)], NOW_MS)
    (found,) = json.loads(call("gateways", "-c", filled, "--site", "bh-07", "--json").stdout)
    assert (found["state"], found["since_ms"]) == ("silent", NOW_MS - 9_000_000)


@pytest.mark.parametrize("json_option", [(), ("--json",)])
def test_an_answer_is_waited_for_and_printed(filled: Path, json_option: tuple[str, ...]) -> None:
    with answering(filled, CommandOutcome.DONE, "it is\x1b[2J normal"):
        result = call("command", "rebaseline", SITE, "trm138", "-c", filled, "--by", "aigul", *json_option)
    assert result.exit_code == 0
    (entry,) = commands(filled)
    assert (entry["state"], entry["order"]) == ("done", {"type": "rebaseline", "device": "trm138"})
    assert entry["expires_ms"] - entry["t_ms"] == 24 * 3_600_000
    if json_option:
        assert json.loads(result.stdout) == entry
    else:
        assert result.stdout == "bh-07/gw-1: done: it is\\x1b[2J normal\n"


def test_a_refusal_is_a_failure(filled: Path) -> None:
    with answering(filled, CommandOutcome.REFUSED, "no"):
        result = call("command", "mode", SITE, "summer", "-c", filled, "--by", "aigul")
    assert (result.exit_code, result.stdout) == (1, "bh-07/gw-1: refused: no\n")


def test_who_does_not_answer_in_time_is_named_and_the_command_is_kept(filled: Path) -> None:
    away = call("command", "mode", OTHER, "off", "-c", filled, "--by", "a", "--wait", "0.1")
    slow = call("command", "mode", SITE, "off", "-c", filled, "--by", "a", "--wait", "0.1")
    unasked = call("command", "mode", SITE, "off", "-c", filled, "--by", "a", "--wait", "0")
    assert (away.exit_code, slow.exit_code, unasked.exit_code) == (1, 1, 0)
    assert away.stderr.startswith("ap-03/gw-1 is offline: command ")
    assert slow.stderr.startswith("bh-07/gw-1 has not answered in 0.1 s: command ")
    assert [entry["state"] for entry in commands(filled)] == ["waiting"] * 3


def test_a_mode_ends_and_its_command_does_not_outlive_it(filled: Path) -> None:
    call("command", "mode", SITE, "maintenance", "--for", "2h", "-c", filled, "--by", "a", "--wait", "0")
    (entry,) = commands(filled)
    assert entry["order"]["until_ms"] == entry["expires_ms"] == entry["t_ms"] + 7_200_000
    listed = call("command", "list", "-c", filled)
    assert "waiting     mode maintenance until 2" in listed.stdout
    assert listed.stdout.endswith("by a\n")


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("rebaseline", "no/such", "trm138"), 1, "there is no gateway no/such"),
        (("rebaseline", SITE, "x"), 1, "bh-07/gw-1 has no device x; it has trm138"),
        (("mode", SITE, "maintenance"), 2, "maintenance must end by itself: add --for, such as --for 4h"),
        (("mode", SITE, "off", "--for", "soon"), 2, "'soon' is no duration"),
        (("mode", SITE, "off", "--expires", "0s"), 2, "'0s' is no duration"),
        (("mode", SITE, "party"), 2, "party"),
    ],
)
def test_what_cannot_be_sent_is_said_and_not_kept(
    filled: Path, words: tuple[str, ...], code: int, sentence: str
) -> None:
    result = call("command", *words, "-c", filled, "--by", "aigul", "--wait", "0")
    assert result.exit_code == code
    assert sentence in result.stderr
    assert commands(filled) == []


def test_a_command_has_a_sender(filled: Path) -> None:
    assert call("command", "mode", SITE, "off", "-c", filled).exit_code == 2
    nameless = call("command", "mode", SITE, "off", "-c", filled, "--by", " ")
    assert (nameless.exit_code, nameless.stderr) == (2, "--by: write a name\n")


def test_an_anomaly_that_was_none_is_marked_and_its_gateway_learns(filled: Path) -> None:
    listed = call("alarms", "list", "-c", filled)
    assert f"ID {ANOMALY.id}" in listed.stdout
    with answering(filled, CommandOutcome.DONE, "normal"):
        words = ("-c", filled, "--by", "aigul", "--comment", "pump was\x1b changed")
        result = call("alarms", "false", ANOMALY.id, *words)
    assert result.stdout == "bh-07/gw-1: done: normal\n"
    (entry,) = commands(filled)
    assert entry["order"] == {"type": "rebaseline", "device": "trm138"}
    assert "confirmed false by aigul: pump was\\x1b changed" in call("alarms", "list", "-c", filled).stdout
    lines = json.loads(call("alarms", "list", "-c", filled, "--json").stdout)
    assert [line["false"]["command"] for line in lines if line["false"]] == [entry["id"]]


def test_only_an_anomaly_of_one_gateway_can_be_false(filled: Path) -> None:
    with state.opened(url(filled)) as engine, state.writing(engine) as transaction:
        DESK.take(transaction, [(OTHER, ANOMALY)], NOW_MS)
    rest = ("-c", filled, "--by", "a", "--comment", "c", "--wait", "0")
    refused = [call("alarms", "false", word, *rest) for word in ("nothing\0", HIGH.id, ANOMALY.id)]
    assert [result.exit_code for result in refused] == [1, 1, 1]
    assert "no alarm was raised last as nothing\\x00; `collector alarms list`" in refused[0].stderr
    assert "high/1 is no anomaly" in refused[1].stderr
    assert "add --gateway, one of" in refused[2].stderr
    assert commands(filled) == []
    assert call("alarms", "false", ANOMALY.id, "--gateway", OTHER, *rest).exit_code == 0
    assert commands(filled)[0]["site"] == "ap-03"


class Obedient(Agent):
    """A gateway that answers every command it gets."""

    def __init__(self, port: int, gateway: Gateway = GATEWAY) -> None:
        super().__init__(port, gateway)
        self.commands: list[Command] = []
        self._client.message_callback_add(topics.build(gateway, Kind.COMMAND), self._obey)

    def listen(self) -> None:
        self._client.subscribe(topics.build(self.gateway, Kind.COMMAND), qos=1)

    def _obey(self, _client: object, _data: object, message: Any) -> None:
        self.commands.append(decode(Command, bytes(message.payload)))

    def answer(self) -> None:
        for one in self.commands:
            said = CommandAnswer(id=one.id, t_ms=1, outcome=CommandOutcome.DONE, says="yes")
            self.publish(encode(said), Kind.ANSWER)


@pytest.mark.system
def test_a_command_passes_through_a_collector_and_its_answer_comes_back(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    order = Rebaseline(device="trm138")
    given = Command(id="a" * 16, t_ms=NOW_MS, expires_ms=LATER_MS, by="aigul", order=order)
    with state.opened(wanted.state.url) as engine, state.writing(engine) as transaction:
        book.enter(transaction, GATEWAY, given)
    with Obedient(mosquitto.port) as agent:
        agent.listen()
        with collecting(wanted):
            agent.send_until_receipted(batch(1))
            assert not agent.commands, "the gateway has not said that it is there"
            agent.publish(encode(STATUS), Kind.STATUS)
            wait_until(lambda: agent.commands == [given])
        with collecting(wanted):  # the next process sends it again
            wait_until(lambda: agent.commands == [given, given])
            agent.publish(b"{", Kind.ANSWER)
            agent.answer()
            wait_until(lambda: book_says(wanted.state.url, given.id) == "yes")


def book_says(state_url: str, number: str) -> str:
    with state.opened(state_url) as engine, state.reading(engine) as connection:
        entry = book.entry(connection, number)
        assert entry is not None
        return entry.says
