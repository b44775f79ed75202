"""`collector users` and `collector tokens`, as an administrator at the shell of the centre types them."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from collector import state
from collector.cli import app
from collector.users import audit, passwords, people, tokens
from collector.users.roles import Action

PASSWORD = "correct horse battery"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "collector.toml"
    file.write_text(f'state.url = "sqlite:///{tmp_path}/state.db"\n')
    state.open_state(f"sqlite:///{tmp_path}/state.db").dispose()
    return file


def run(config: Path, *arguments: str, given: str = "", status: int = 0) -> str:
    result = CliRunner().invoke(app, [*arguments, "-c", str(config)], input=given)
    assert result.exit_code == status, result.output
    return result.output


def deeds(config: Path) -> list[str]:
    with state.opened(f"sqlite:///{config.parent}/state.db") as engine, state.reading(engine) as connection:
        return [line.entry.deed for line in audit.lines(connection, before_seq=None, limit=20)]


def matches(config: Path, name: str, password: str) -> bool:
    with state.opened(f"sqlite:///{config.parent}/state.db") as engine, state.reading(engine) as connection:
        person = people.named(connection, name)
    assert person is not None
    return passwords.matches(person.password, password)


def test_somebody_is_added_changed_and_kept_out(config: Path) -> None:
    run(config, "users", "add", "root", "--role", "administrator", given=f"{PASSWORD}\n")
    said = run(config, "users", "add", "anna", "--role", "viewer", "--role", "engineer@left", given=PASSWORD)
    assert said == "anna  anna  viewer, engineer@left\n"
    assert matches(config, "anna", PASSWORD)
    run(config, "users", "role", "anna", "--role", "dispatcher")
    run(config, "users", "disable", "anna")
    drawn = run(config, "users", "passwd", "anna", "--draw").strip()
    assert matches(config, "anna", drawn)
    found = json.loads(run(config, "users", "list", "--json").splitlines()[0])
    assert [(one["name"], one["disabled"]) for one in found] == [("anna", True), ("root", False)]
    run(config, "users", "disable", "anna", "--undo")
    assert "anna  anna  dispatcher\n" in run(config, "users", "list")
    assert deeds(config)[:4] == ["person_changed", "password_changed", "person_changed", "person_changed"]


def test_what_cannot_be_is_one_sentence(config: Path) -> None:
    run(config, "users", "add", "root", "--role", "administrator", given=PASSWORD)
    last = run(config, "users", "disable", "root", status=1)
    assert last == "somebody must stay administrator of all groups\n"
    assert "there is nobody named x;" in run(config, "users", "disable", "x", status=1)
    assert "10 to 256 characters" in run(config, "users", "passwd", "root", given="short", status=1)
    assert "'king' is none; write one such" in run(
        config, "users", "role", "root", "--role", "king", status=2
    )
    assert "already" in run(config, "users", "add", "root", "--role", "viewer", given=PASSWORD, status=1)
    assert "there is no token 9" in run(config, "tokens", "revoke", "9", status=1)
    assert "no duration" in run(config, "tokens", "add", "x", "--role", "viewer", "--for", "soon", status=2)


def test_somebody_without_a_password_comes_through_the_provider_only(config: Path) -> None:
    run(config, "users", "add", "boris", "--role", "viewer", "--oidc")
    assert not matches(config, "boris", "")


def test_a_token_is_made_shown_once_and_revoked(config: Path) -> None:
    made = ("tokens", "add", "portal", "--role", "viewer@left", "--scope", "read", "--for", "30d")
    secret = run(config, *made).strip()
    with state.opened(f"sqlite:///{config.parent}/state.db") as engine, state.reading(engine) as connection:
        token = tokens.find(connection, secret, 0)
    assert token is not None
    assert token.scope.rights.by_group == {"left": {Action.READ}}
    listed = run(config, "tokens", "list")
    assert "portal" in listed
    assert "never used" in listed
    assert secret not in listed
    assert secret not in run(config, "tokens", "list", "--json")
    run(config, "tokens", "revoke", "1")
    assert "portal" not in run(config, "tokens", "list")
    assert deeds(config) == ["token_revoked", "token_made"]
