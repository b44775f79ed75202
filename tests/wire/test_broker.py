"""Secrets come from the environment or systemd credentials, never from the file."""

from pathlib import Path

import pytest

from wire.broker import Broker, SecretError, secret


def test_a_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ULBA_MQTT", "s3cret")
    assert Broker(password="env:ULBA_MQTT").plain_password() == "s3cret"


def test_a_secret_from_a_credential(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "mqtt").write_text("s3cret\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert secret("credential:mqtt") == "s3cret"


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("hunter2", "never itself"),
        ("env:ULBA_NOT_SET", "env:ULBA_NOT_SET: not set"),
        ("credential:x", "not set"),
    ],
)
def test_a_secret_that_is_not_there_is_named(reference: str, said: str) -> None:
    with pytest.raises(SecretError, match=said):
        secret(reference)


def test_no_password_is_no_secret() -> None:
    assert Broker().plain_password() is None
    assert Broker().tls() is None


def test_tls_with_the_systems_own_authorities() -> None:
    assert Broker(ca_file="").tls() is not None
