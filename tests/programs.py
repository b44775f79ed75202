"""Our own programs as child processes, as a user or systemd starts them."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Self


def script(name: str) -> str:
    """The installed command, beside this interpreter."""
    return str(Path(sys.executable).with_name(name))


class Program:
    """One of our commands with its own log; `kill` is kill -9, `stop` is SIGTERM and must end in time."""

    def __init__(self, name: str, arguments: list[str], folder: Path) -> None:
        self.name = name
        self.arguments = arguments
        self.folder = folder
        self.log = folder / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._notify: socket.socket | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        address = self.folder / f"{self.name}.notify"
        address.unlink(missing_ok=True)
        self._notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._notify.bind(str(address))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [script(self.arguments[0]), *self.arguments[1:]],
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.folder,
                env=os.environ | {"NOTIFY_SOCKET": str(address)},
            )

    def await_ready(self, within_s: float = 30) -> None:
        """Wait for READY=1, as systemd would."""
        assert self._notify is not None
        self._notify.settimeout(within_s)
        try:
            while b"READY=1" not in self._notify.recv(4096):
                pass
        except TimeoutError:
            raise AssertionError(f"{self.name} was not ready in {within_s} s:\n{self.tail()}") from None

    def first_line(self) -> Any:
        """The JSON line a program prints when it is ready."""
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"{self.name} ended before it was ready:\n{self.tail()}"
        return json.loads(line)

    def kill(self) -> None:
        self._end(signal.SIGKILL, 10)

    def stop(self, within_s: float = 10) -> float:
        """SIGTERM; the seconds it took. An exit status other than 0 fails."""
        started = time.monotonic()
        status = self._end(signal.SIGTERM, within_s)
        assert status == 0, f"{self.name} ended with {status}:\n{self.tail()}"
        return time.monotonic() - started

    def _end(self, number: signal.Signals, within_s: float) -> int:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.name} died by itself:\n{self.tail()}"
        self.process.send_signal(number)
        status = self.process.wait(within_s)
        self._close()
        return status

    def _close(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        assert self._notify is not None
        self.process.stdout.close()
        self._notify.close()
        self.process = None

    def tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8").splitlines()[-20:])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(10)
            self._close()


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of our commands to its end."""
    return subprocess.run(
        [script(arguments[0]), *arguments[1:]], capture_output=True, text=True, timeout=120, check=False
    )
