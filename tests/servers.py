"""Real servers for tests, each on a free port of 127.0.0.1 with a folder of its own."""

import os
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import NoReturn, Self

import pytest

_START_S = 30.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _binary(name: str, package: str) -> str:
    """The server's path; where it is missing, CI fails and a person is told the command."""
    hidden = ["/usr/sbin", "/usr/local/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))]
    path = os.pathsep.join([os.environ.get("PATH", ""), *hidden])
    return shutil.which(name, path=path) or missing(
        f"{name} is not installed: sudo apt-get install {package}"
    )


def missing(sentence: str) -> NoReturn:
    """Fail in CI, where everything is to be there; elsewhere skip, and tell a person the command."""
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)


class Server:
    """A child process with a port; `with` starts and stops it, `kill` is kill -9."""

    package = ""
    binary = ""

    def __init__(self, folder: Path, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_port()
        self.path = _binary(self.binary, self.package)
        self.process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        log = (self.folder / "server.log").open("ab")
        with log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log, cwd=self.folder)
        self._await_port()

    def answers(self) -> bool:
        """Whether it does what it is for, now that its port is open."""
        return True

    def _await_port(self) -> None:
        deadline = time.monotonic() + _START_S
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.2).close()
            except OSError:
                assert self.process is not None
                assert self.process.poll() is None, (self.folder / "server.log").read_text()
                time.sleep(0.02)
            else:
                if self.answers():
                    return
                time.sleep(0.02)
        pytest.fail(f"{self.binary} did not listen on {self.port} in {_START_S} s")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self.process is not None:
            self.process.send_signal(number)
            self.process.wait(20)
            self.process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Mosquitto(Server):
    package = binary = "mosquitto"

    def command(self) -> list[str]:
        file = self.folder / "mosquitto.conf"
        file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "max_queued_messages 100000\npersistence false\n"
        )
        return [self.path, "-c", str(file)]


class Influxdb(Server):
    package = "influxdb"
    binary = "influxd"

    def command(self) -> list[str]:
        file = self.folder / "influxdb.conf"
        file.write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
            f'[meta]\ndir = "{self.folder}/meta"\n'
            f'[data]\ndir = "{self.folder}/data"\nwal-dir = "{self.folder}/wal"\nquery-log-enabled = false\n'
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\n'
            "[monitor]\nstore-enabled = false\n"
        )
        return [self.path, "-config", str(file)]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Victoria(Server):
    package = binary = "victoria-metrics"

    def command(self) -> list[str]:
        return [
            self.path,
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-storageDataPath={self.folder}/data",
            "-retentionPeriod=100y",
            "-influxSkipSingleField",
        ]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
