"""Who holds a serial port, and how it is borrowed from a running agent.

A port is locked with flock (pyserial's `exclusive`), which ends with the process however it ends. TIOCEXCL is
not used: it outlives a killed process as long as anybody else has the terminal open.

Borrowing, by a file that belongs to the port's device number:

    whoever borrows: creates and locks it ─▶ waits until the port is free ─▶ … ─▶ removes it
    the agent:       looks each second ─▶ closes the port ─▶ waits until nobody holds the file ─▶ opens again

A borrower that dies lets go of its lock, so a line is never lost to a forgotten file. Only root, the agent's
own user and members of the port's group (who could talk on the line anyway) are heard.
"""

import fcntl
import grp
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDER = Path("/run/lock")
_LOCKS = Path("/proc/locks")
_PROC = Path("/proc")


class TakenError(Exception):
    """Somebody else is borrowing this port already."""


def holder(file: Path) -> str | None:
    """The command line and number of the process that has locked a port or file; None when nobody is seen."""
    pid = holding(file)
    return f"{_command(pid)} (process {pid})" if pid else None


def holding(file: Path) -> int:
    """The number of the process that has locked a port or file; 0 when nobody is seen."""
    try:
        here = file.stat()
        lines = _LOCKS.read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    place = f"{os.major(here.st_dev):02x}:{os.minor(here.st_dev):02x}:{here.st_ino}"
    found = next((words for line in lines if place in (words := line.split()) and "FLOCK" in words), None)
    return int(found[found.index(place) - 1]) if found else 0


def _command(pid: int) -> str:
    """How a process was started, without its interpreter's path."""
    try:
        words = (_PROC / str(pid) / "cmdline").read_text(errors="replace").rstrip("\0").split("\0")
    except OSError:
        return "another program"
    named = words[1:] if Path(words[0]).name.startswith("python") and len(words) > 1 else words
    return " ".join([Path(named[0]).name, *named[1:]]) or "another program"


def request_file(port: Path) -> Path | None:
    """The file by which a port is borrowed; None when the port is not there."""
    try:
        device = port.stat().st_rdev
    except OSError:
        return None
    return FOLDER / f"ulba-serial-{os.major(device)}-{os.minor(device)}"


def borrower(port: Path) -> str | None:
    """Who is borrowing a port now; None when nobody is, or nobody who may."""
    file = request_file(port)
    try:
        if file is None or not file.is_file() or not _may_ask(file.stat().st_uid, port):
            return None
        return holder(file)
    except OSError:
        return None


def _may_ask(uid: int, port: Path) -> bool:
    if uid in {0, os.geteuid()}:
        return True
    try:
        user = pwd.getpwuid(uid)
        members = grp.getgrgid(port.stat().st_gid).gr_mem
    except KeyError:
        return False
    return user.pw_name in members or user.pw_gid == port.stat().st_gid


@contextmanager
def borrowed(port: Path) -> Iterator[None]:
    """Ask a running agent to let go of a port; it may take two seconds until it has.

    Raises:
        TakenError: somebody else is borrowing it.
        OSError: the file cannot be written.
    """
    file = request_file(port)
    if file is None:  # no such port: opening it will say so
        yield
        return
    number = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    with os.fdopen(number, "r+") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = holder(file) or "another program"
            raise TakenError(f"{port}: {who} is borrowing it; wait until it has ended") from None
        try:
            yield
        finally:
            file.unlink(missing_ok=True)
