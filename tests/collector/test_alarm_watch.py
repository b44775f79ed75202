"""`collector alarms watch` as a person sees it: on a real pseudo-terminal with a screen."""

import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte
import pytest
import sqlalchemy as sa

from collector import state
from tests.collector.postgres import Postgres
from tests.collector.test_desk import DESK, told
from tests.collector.test_webhooks import configured
from tests.programs import script
from wire.messages import AlarmState

pytestmark = pytest.mark.system
PATIENCE_S = 30.0
ROWS, COLUMNS = 24, 100


class Terminal:
    """A program on a pseudo-terminal."""

    def __init__(self, *words: str) -> None:
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self.master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self._resize_only(ROWS, COLUMNS)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", script(words[0]), *words[1:]],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=os.environ | {"TERM": "xterm-256color", "COLUMNS": "", "LINES": ""},
            # As a terminal does; what the tests run under may ignore SIGINT (nohup, `&`).
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        self.slave = slave

    def _resize_only(self, rows: int, columns: int) -> None:
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def resize(self, rows: int, columns: int) -> None:
        """As when somebody drags the corner of the window."""
        self._screen.resize(rows, columns)
        self._resize_only(rows, columns)

    def await_screen(self, condition: Callable[[str], bool]) -> str:
        """Read until the screen is so; what it shows."""
        end_s = time.monotonic() + PATIENCE_S
        while not condition(shown := "\n".join(self._screen.display)):
            left_s = end_s - time.monotonic()
            assert left_s > 0, shown
            self._read(left_s)
        return shown

    def _read(self, within_s: float) -> None:
        if select.select([self.master], [], [], within_s)[0]:
            part = os.read(self.master, 65_536)
            self.raw += part
            self._stream.feed(part)

    def press(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def await_end(self) -> int:
        """The exit code; what the program wrote meanwhile is read."""
        while self.process.poll() is None:
            self._read(0.1)
        while select.select([self.master], [], [], 0)[0]:
            self._read(0)
        return self.process.returncode

    @property
    def is_clean(self) -> bool:
        """The cursor is shown, on a line of its own; no other screen; the line discipline as before."""
        same = termios.tcgetattr(self.slave) == self.before
        hidden = self._screen.cursor.hidden
        alone = self._screen.cursor.x == 0 and b"\x1b[?1049h" not in self.raw
        return same and not hidden and alone


@contextmanager
def watching(config: Path, *words: str) -> Iterator[Terminal]:
    terminal = Terminal("collector", "alarms", "watch", "-c", str(config), "--language", "en", *words)
    try:
        yield terminal
    finally:
        terminal.process.kill()
        terminal.process.wait(10)
        os.close(terminal.master)
        os.close(terminal.slave)


def say(engine: sa.Engine, place: str, status: AlarmState = AlarmState.RAISED) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told(place, status=status)], 5000)


def test_it_follows_fits_the_window_and_leaves_a_clean_terminal(tmp_path: Path) -> None:
    config = configured(tmp_path)
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine:
        say(engine, "boiler/t0")
        with watching(config) as terminal:
            terminal.await_screen(lambda shown: "1 alarms, 1 to acknowledge" in shown)
            for number in range(1, 30):
                say(engine, f"boiler/t{number}")
            terminal.await_screen(
                lambda shown: "30 alarms, 30 to" in shown and shown.count(" bh-01/gw ") == ROWS - 4
            )
            terminal.resize(12, 70)
            terminal.await_screen(
                lambda shown: shown.count("30 alarms") == 1 and shown.count(" bh-01/gw ") == 12 - 4
            )
            terminal.press(b"\x03")
            assert terminal.await_end() == 0
            assert terminal.is_clean, terminal.raw[-200:]
            assert b"Traceback" not in terminal.raw


def test_a_lost_connection_is_told_and_taken_up_again(tmp_path: Path) -> None:
    pytest.importorskip("psycopg", reason="the driver for PostgreSQL is optional")
    with Postgres() as postgres:
        config = configured(tmp_path)
        url = postgres.url("postgres")
        config.write_text(config.read_text().replace(f"sqlite:///{tmp_path}/state.db", url))
        with state.opened(url) as engine, watching(config) as terminal:
            terminal.await_screen(lambda shown: "0 alarms" in shown)
            say(engine, "boiler/t0")
            terminal.await_screen(lambda shown: "1 alarms" in shown)
            postgres.kill()
            terminal.await_screen(lambda shown: "NO CONNECTION since" in shown and " bh-01/gw " in shown)
            postgres.start()
            terminal.await_screen(lambda shown: "NO CONNECTION" not in shown and "1 alarms" in shown)
            os.killpg(terminal.process.pid, signal.SIGINT)
            assert terminal.await_end() == 0
            assert terminal.is_clean
