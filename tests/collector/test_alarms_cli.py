"""`collector alarms list`, and an alarm's way through a whole collector."""

import json
import time
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from collector import gateways, ledger, state
from collector.alarms import book
from collector.alarms.desk import Desk, Policies
from collector.alarms.silence import Facts, silent
from collector.arrivals import Arrived, News
from collector.cli import app
from collector.settings import AlarmsTable
from tests.collector.collecting import EPOCH, GATEWAY, OTHER, Agent, batch, collecting, settings
from tests.collector.test_alarms import CLEARED, RAISED, about, status
from tests.servers import Mosquitto
from wire.messages import About, AlarmState, ChannelAbout, DeviceAbout, Presence


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def named() -> About:
    channel = ChannelAbout(name="t_supply", quantity="temperature", unit="Cel", title="Подача\x1b[2J")
    device = DeviceAbout(name="heat", profile="p", model="m", link="l", period_s=60, channels=(channel,))
    return msgspec.structs.replace(about(), devices=(device,))


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    file = tmp_path / "collector.toml"
    url = f"sqlite:///{tmp_path}/state.db"
    file.write_text(f'[store]\nkind = "sqlite"\npath = "{tmp_path}/r.db"\n[state]\nurl = "{url}"\n')
    now_ms = time.time_ns() // 1_000_000
    over = msgspec.structs.replace(RAISED, id="low/heat/t_supply/7", code="low")
    ended = msgspec.structs.replace(over, state=AlarmState.CLEARED, t_ms=over.t_ms + 1)
    with state.opened(url) as engine, state.writing(engine) as transaction:
        facts = Facts(gateway=OTHER, about=about(60), status=status(Presence.OFFLINE))
        told = [(GATEWAY, event) for event in (RAISED, over, ended)]
        Desk(Policies(AlarmsTable())).take(transaction, [*told, *silent([facts], now_ms)], now_ms)
        ledger.record(transaction, [Arrived(GATEWAY, EPOCH, 1, now_ms, now_ms)], now_ms)
        news = [News(GATEWAY, named()), News(OTHER, about(60)), News(OTHER, status(Presence.OFFLINE))]
        gateways.note(transaction, news, now_ms)
    return file


def test_what_stands_is_told_in_words_and_silent_gateways_first(filled: Path) -> None:
    result = call("alarms", "list", "-c", filled, "--active")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].startswith("2  ")
    assert lines[0].endswith("ap-03/gw-1  unacknowledged  Шлюз ap-03/gw-1: молчит")
    assert "  bh-07/gw-1  unacknowledged  Подача\\x1b[2J (heat): выше предела" in result.stdout
    assert "  bh-07/gw-1  returned        Подача" in result.stdout
    assert "\x1b" not in result.stdout
    assert result.stderr == "3 alarms\n"


def test_without_active_the_past_is_told_too(filled: Path) -> None:
    result = call("alarms", "list", "-c", filled, "--site", "bh-07", "--language", "kk")
    assert result.stderr == "2 alarms\n"
    assert "төменгі шектен төмен — алынды" in result.stdout
    assert "ap-03" not in result.stdout


def test_a_program_gets_events_and_text(filled: Path) -> None:
    result = call("alarms", "list", "-c", filled, "--active", "--language", "en", "--json")
    quiet, alarm = (one for one in json.loads(result.stdout) if one["active"])
    assert (quiet["site"], quiet["alarm"]["code"]) == ("ap-03", "gateway_silent")
    assert quiet["alarm"]["params"]["reason"] == "offline"
    assert alarm["alarm"]["params"] == RAISED.params
    assert set(alarm["text"]) == {"title", "happened", "evidence", "check"}


@pytest.mark.parametrize(
    ("words", "code"),
    [(("--tz", "Mars/Base"), 2), (("--language", "fr"), 2), (("--limit", "0"), 2), (("--site", "none"), 0)],
)
def test_wrong_usage_is_told(filled: Path, words: tuple[str, ...], code: int) -> None:
    assert call("alarms", "list", "-c", filled, *words).exit_code == code


@pytest.mark.system
def test_an_alarm_is_durable_when_its_batch_is_receipted(mosquitto: Mosquitto, tmp_path: Path) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    first = msgspec.structs.replace(batch(1, rows=0), alarms=(RAISED,))
    second = msgspec.structs.replace(batch(2), alarms=(CLEARED,))
    with collecting(wanted), Agent(mosquitto.port) as agent:
        agent.send_until_receipted(first, second)
        agent.send(first)
        agent.send_until_receipted(batch(3))
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        triggers = [line.entry.trigger for line in book.lines(connection)]
    assert triggers == ["raise", "clear"]


KEY = "bh-07/gw-1/high/heat/t_supply"


def acted(filled: Path, *words: str, comment: str = "why") -> Result:
    return call("alarms", *words, "-c", filled, "--by", "anna", "--comment", comment)


def test_what_a_person_does_on_the_command_line_stands_in_the_journal(filled: Path) -> None:
    assert acted(filled, "ack", KEY, comment="crew\x1b sent").stdout == f"{KEY}: acknowledged\n"
    assert acted(filled, "shelve", KEY, "--for", "2h").stdout == f"{KEY}: shelved\n"
    assert acted(filled, "release", KEY).exit_code == 1
    assert acted(filled, "unshelve", KEY).stdout == f"{KEY}: unacknowledged\n"
    assert acted(filled, "remove", KEY).stdout == f"{KEY}: out of service\n"
    assert "out of service by anna: why" in call("alarms", "list", "-c", filled).stdout
    assert acted(filled, "release", KEY).stdout == f"{KEY}: unacknowledged\n"
    shown = call("alarms", "journal", "-c", filled, "--key", KEY)
    assert "acknowledge: unacknowledged -> acknowledged" in shown.stdout
    assert "anna: crew\\x1b sent" in shown.stdout
    lines = [json.loads(x) for x in call("alarms", "journal", "-c", filled, "--json").stdout.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    triggers = [line["trigger"] for line in lines]
    assert triggers[-5:] == ["acknowledge", "shelve", "release", "remove", "release"]


def test_a_refusal_is_told_for_each_alarm_and_the_exit_code_says_so(filled: Path) -> None:
    result = call("alarms", "ack", KEY, "no/such/alarm\0", "-c", filled, "--by", "anna", "--json")
    assert result.exit_code == 1
    answer = json.loads(result.stdout)
    assert answer["done"] == {KEY: "acknowledged"}
    assert list(answer["refused"]) == ["no/such/alarm\0"]
    again = acted(filled, "ack", KEY)
    assert (again.exit_code, "anna acknowledged it" in again.stderr) == (1, True)
    assert acted(filled, "reset", KEY).exit_code == 1
    assert acted(filled, "shelve", KEY, "--for", "soon").exit_code == 2
    assert acted(filled, "shelve", KEY, "--for", "3d").exit_code == 1
    assert call("alarms", "ack", KEY, "-c", filled, "--by", " ").exit_code == 2
    assert call("alarms", "shelve", KEY, "-c", filled, "--by", "a", "--for", "1h").exit_code == 2


def test_the_journal_is_verified(filled: Path) -> None:
    result = call("alarms", "verify", "-c", filled)
    assert (result.exit_code, result.stdout) == (0, "4 entries, whole\n")
    with state.opened(f"sqlite:///{filled.parent}/state.db") as engine, state.writing(engine) as transaction:
        transaction.exec_driver_sql("UPDATE alarm_journal SET entry = '{}' WHERE seq = 3")
    result = call("alarms", "verify", "-c", filled)
    assert result.exit_code == 1
    assert result.stderr.startswith("entry 3 of 4 is not what was written")
    broken = call("alarms", "verify", "-c", filled, "--json")
    assert (broken.exit_code, json.loads(broken.stdout)) == (1, {"entries": 4, "broken_at": 3})


def test_what_stands_is_watched_live(filled: Path) -> None:
    result = call("alarms", "watch", "-c", filled, "--language", "en", "--seconds", "0.2")
    assert result.exit_code == 0
    assert "3 alarms, 3 to acknowledge" in result.stdout
    assert "\x1b[2J" not in result.stdout
