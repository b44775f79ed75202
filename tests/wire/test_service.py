"""What systemd is told, over the real kind of socket."""

import os
import socket
from pathlib import Path

import pytest

from wire.service import Say, notify


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(str(tmp_path / "notify"))
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    return listener


def test_the_manager_hears_the_word(manager: socket.socket) -> None:
    with manager:
        notify(Say.READY)
        assert manager.recv(100) == b"READY=1"


def test_a_manager_that_does_not_listen_holds_nobody_up(manager: socket.socket) -> None:
    with manager:
        for _ in range(2_000):
            notify(Say.WATCHDOG)


def test_a_manager_that_is_gone_harms_nobody(manager: socket.socket) -> None:
    manager.close()
    notify(Say.WATCHDOG)
    Path(os.environ["NOTIFY_SOCKET"]).unlink()
    notify(Say.STOPPING)


def test_an_abstract_socket(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"ulba-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify(Say.READY)
        assert listener.recv(100) == b"READY=1"
