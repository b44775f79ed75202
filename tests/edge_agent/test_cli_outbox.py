"""`edge-agent outbox`, as a person and as a program call it, beside a running agent."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from edge_agent.cli.outbox import app
from tests.edge_agent.outboxes import NOW_MS, append, outbox, scan
from wire.messages import Clock


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with outbox(tmp_path / "o.db") as box:
        for number in (1, 2, 3):
            append(box, scan(number))
        append(box, scan(4, clock=Clock.UNSYNCED))
        box.receipted(box.epoch, [(1, 1)])
    return tmp_path / "o.db"


def test_show_tells_depth_age_and_epoch_while_the_agent_has_the_file_open(path: Path) -> None:
    with outbox(path) as box:
        append(box, scan(5))
        result = call("show", path, "--json")
        assert append(box, scan(6)) == 5
    assert result.exit_code == 0
    told = json.loads(result.output)
    assert (told["batches"], told["readings"], told["held_readings"]) == (3, 6, 2)
    assert (told["oldest_seq"], told["oldest_ms"]) == (2, NOW_MS + 120_000)
    assert (told["newest_seq"], told["newest_ms"]) == (4, NOW_MS + 300_000)
    assert (told["epoch"], told["next_seq"]) == (f"{1:016x}", 5)


def test_show_speaks_to_people_too(path: Path) -> None:
    result = call("show", path)
    assert "depth     2 batches, 4 readings" in result.output
    assert "oldest    2, 2027-01-15T08:02:00Z" in result.output
    assert "waiting   2 readings for a clock" in result.output


def test_an_empty_outbox_is_shown_as_such(tmp_path: Path) -> None:
    with outbox(tmp_path / "o.db"):
        pass
    assert "depth     0 batches, 0 readings" in call("show", tmp_path / "o.db").output
    assert json.loads(call("show", tmp_path / "o.db", "--json").output)["oldest_ms"] == 0


def test_list_gives_a_line_for_each_batch(path: Path) -> None:
    entries = [json.loads(line) for line in call("list", path, "--json").output.splitlines()]
    assert [(entry["seq"], entry["readings"]) for entry in entries] == [(2, 2), (3, 2)]
    assert "2027-01-15T08:02:00Z" in call("list", path).output.splitlines()[0]


def test_verify_is_content_with_a_sound_outbox(path: Path) -> None:
    result = call("verify", path)
    assert (result.exit_code, result.output) == (0, "good: 2 batches\n")


def test_verify_names_the_batch_that_is_not_as_it_was_written(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("UPDATE batch SET payload = zeroblob(bytes) WHERE seq = 3")
        other.commit()
    result = call("verify", path, "--json")
    assert result.exit_code == 1
    assert json.loads(result.output) == {"batches": 2, "faults": ["batch 3: not as it was written"]}


@pytest.mark.parametrize("command", ["show", "list", "verify"])
def test_what_is_no_outbox_is_refused_in_one_sentence(tmp_path: Path, command: str) -> None:
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as connection:
        connection.execute("CREATE TABLE series (id)")
    rubbish = tmp_path / "rubbish"
    rubbish.write_bytes(bytes(range(256)) * 20)
    for file, word in (
        (tmp_path / "none", "no such file"),
        (other, "not an outbox"),
        (rubbish, "not a database"),
    ):
        result = call(command, file)
        assert result.exit_code == 1
        assert word in result.output
        assert len(result.output.splitlines()) == 1


def test_nothing_is_changed_by_looking(path: Path) -> None:
    before = path.read_bytes()
    for command in ("show", "list", "verify"):
        call(command, path)
    assert path.read_bytes() == before
