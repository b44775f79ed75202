"""`check`, `gaps` and `quarantine`, as a person and as a program call them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from collector import ledger, quarantine, state
from collector.arrivals import Arrived, Reason, Refused, SetAside
from collector.cli import app
from tests.collector.collecting import EPOCH, GATEWAY
from wire.messages import Loss, LossReason


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "collector.toml"
    file.write_text(
        f'[store]\nkind = "sqlite"\npath = "{tmp_path}/readings.db"\n'
        f'[state]\nurl = "sqlite:///{tmp_path}/state.db"\n'
    )
    return file


@pytest.fixture
def filled(config: Path) -> Path:
    loss = Loss(reason=LossReason.OUTBOX_FULL, first_seq=4, last_seq=4, readings=7)
    arrived = [
        Arrived(GATEWAY, EPOCH, n, 1000 * n, 1000 * n, (loss,) if n == 5 else ()) for n in (1, 3, 5, 2**53)
    ]
    refused = (Refused(GATEWAY, "d", 2**53, "ahead"),)
    with state.opened(f"sqlite:///{config.parent}/state.db") as engine, state.writing(engine) as transaction:
        ledger.record(transaction, arrived, now_ms=1)
        items = [
            SetAside("ulba/v1/\x1b[2J/x/batch", None, Reason.FOREIGN_TOPIC, "no", b"\x1b[2J\xff"),
            SetAside("ulba/v1/bh-07/gw-1/batch", GATEWAY, Reason.TIME, "ahead", b'{"v":1}', refused),
        ]
        quarantine.keep(transaction, items, now_ms=1)
    return config


def call(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def test_check_says_in_one_line_what_will_be_used(config: Path) -> None:
    result = call("check", "-c", config)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert "usable; broker 127.0.0.1:1883" in result.stdout
    assert not (config.parent / "state.db").exists()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[broker]\nprot = 1\n", "broker.prot: unknown key; did you mean `port`?"),
        ('[state]\nurl = "oracle://x/y"\n', "state.url: "),
        ('[broker]\nca_file = "/nowhere/ca.pem"\n', "broker: the files for TLS cannot be used"),
    ],
)
def test_check_and_run_refuse_a_wrong_file_with_a_sentence(config: Path, text: str, sentence: str) -> None:
    config.write_text(text)
    for command in ("check", "run"):
        result = call(command, "-c", config)
        assert result.exit_code == 1
        assert sentence in result.stderr
        assert result.stderr.count("\n") == 1


def test_the_password_of_the_state_database_is_not_shown(config: Path) -> None:
    config.write_text('[state]\nurl = "sqlite://user:geheim@/x.db"\n')
    assert "geheim" not in call("check", "-c", config).output


@pytest.mark.parametrize("words", [("gaps",), ("quarantine", "list"), ("quarantine", "show", "1")])
def test_before_the_first_run_there_is_nothing_to_look_at(config: Path, words: tuple[str, ...]) -> None:
    result = call(*words, "-c", config)
    assert result.exit_code == 1
    assert "not there; `collector run` makes it" in result.stderr


def test_gaps_are_listed_for_people_and_for_programs(filled: Path) -> None:
    result = call("gaps", "-c", filled)
    assert result.exit_code == 0
    assert "bh-07/gw-1 00000000000000aa  explained      4…4" in result.stdout
    assert "outbox_full, at most 7 readings" in result.stdout
    found = json.loads(call("gaps", "-c", filled, "--json").stdout)
    states = [(gap["state"], gap["first_seq"], gap["last_seq"]) for gap in found]
    assert states == [("waiting", 2, 2), ("explained", 4, 4), ("waiting", 6, 2**53 - 1)]


def test_the_quarantine_is_listed_without_what_a_terminal_would_obey(filled: Path) -> None:
    result = call("quarantine", "list", "-c", filled)
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    assert "ulba/v1/\\x1b[2J/x/batch" in result.stdout
    found = json.loads(call("quarantine", "list", "-c", filled, "--json").stdout)
    assert [entry["reason"] for entry in found] == ["time", "foreign_topic"]


def test_one_message_is_shown_with_its_payload(filled: Path) -> None:
    result = call("quarantine", "show", "2", "-c", filled)
    assert '{"v":1}' in result.stdout
    assert "  d 9007199254740992 ms: ahead" in result.stdout
    assert "\x1b" not in call("quarantine", "show", "1", "-c", filled).stdout
    assert (
        json.loads(call("quarantine", "show", "2", "-c", filled, "--json").stdout)["payload"]
        == "eyJ2IjoxfQ=="
    )
    missing = call("quarantine", "show", "77", "-c", filled)
    assert (missing.exit_code, missing.stderr.count("\n")) == (1, 1)


def test_export_writes_one_object_a_line(filled: Path) -> None:
    lines = call("quarantine", "export", "-c", filled).stdout.splitlines()
    assert [json.loads(line)["id"] for line in lines] == [2, 1]


def test_wrong_usage_is_told_from_failure() -> None:
    assert call("gaps", "--nonsense").exit_code == 2
    assert call("quarantine", "show", "x").exit_code == 2
