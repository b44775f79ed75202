"""Our programs and the servers they need, for the time of one benchmark."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_READY_S = 60.0
LONG_QUEUE = "max_queued_messages 0\nmax_queued_bytes 0\nmax_packet_size 16777216\n"


class NotReadyError(Exception):
    """A program did not say that it is ready; its log is in the message."""


@contextmanager
def program(folder: Path, name: str, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of our commands, ready as systemd would see it (sd_notify); SIGTERM at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, (folder / "log").open("ab") as log:
        address = folder / "notify"
        address.unlink(missing_ok=True)
        notify.bind(str(address))
        environment = os.environ | {"NOTIFY_SOCKET": str(address)}
        process = subprocess.Popen(
            [Path(sys.executable).with_name(name), *arguments], stdout=log, stderr=log, env=environment
        )
        try:
            _await_ready(notify, process, folder / "log")
            yield process
        finally:
            process.terminate()
            process.wait(30)


def _await_ready(notify: socket.socket, process: subprocess.Popen[bytes], log: Path) -> None:
    notify.settimeout(_READY_S)
    try:
        while b"READY=1" not in notify.recv(4096):
            pass
    except TimeoutError:
        process.kill()
        raise NotReadyError(log.read_text(encoding="utf-8")) from None
