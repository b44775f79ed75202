"""The gateway's clock: what time it is, and how far that can be trusted.

    kernel says synchronised   ─▶ synced
    it said so in this run     ─▶ holdover    (the time runs on from a good one)
    it never did               ─▶ unsynced

The kernel knows because NTP daemons tell it (adjtimex(2); chrony needs `rtcsync`, Debian's default). It
forgets by itself when no daemon has corrected the clock for so long that the error may exceed 16 s.
"""

import ctypes
import math
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from edge_agent.samples import Instant
from wire.messages import Clock

Source = Literal["kernel", "system"]
RECHECK_S: Final = 1.0
"""The kernel is asked at most this often; a clock loses its discipline in hours."""
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_TIME_ERROR: Final = 5  # <linux/timex.h>: clock not synchronised
_STA_UNSYNC: Final = 0x0040
_TAIL_INTS: Final = 11


class _Timex(ctypes.Structure):
    """`struct timex` of 64-bit Linux (<linux/timex.h>); modes = 0 only reads."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time_s", ctypes.c_long),
        ("time_us", ctypes.c_long),
        ("tick", ctypes.c_long),
        ("pps", ctypes.c_long * 2),
        ("pps_shift", ctypes.c_int),
        ("pps_counts", ctypes.c_long * 5),
        ("tai", ctypes.c_int),
        ("reserved", ctypes.c_int * _TAIL_INTS),
    )


def decide(source: Source, *, synchronised: bool, was_synchronised: bool) -> Clock:
    """The state of the clock, from what the kernel says now and whether it ever said yes."""
    if source == "system" or synchronised:
        return Clock.SYNCED
    return Clock.HOLDOVER if was_synchronised else Clock.UNSYNCED


def kernel_synchronised() -> bool:
    """Ask adjtimex(2), changing nothing; a kernel that does not answer counts as not synchronised."""
    timex = _Timex()
    state = ctypes.CDLL(None).adjtimex(ctypes.byref(timex))
    return 0 <= state != _TIME_ERROR and not timex.status & _STA_UNSYNC


class GatewayClock:
    """Both clocks of this machine; the kernel's opinion is kept for `RECHECK_S`."""

    def __init__(
        self,
        source: Source = "kernel",
        ask: Callable[[], bool] = kernel_synchronised,
        steady_s: Callable[[], float] = time.monotonic,
        boot_id_file: Path = BOOT_ID,
    ) -> None:
        self._source = source
        self._ask = ask
        self._steady_s = steady_s
        self._was_synchronised = False
        self._state = Clock.UNSYNCED
        self._recheck_s = -math.inf
        self._boot_id = _read_boot_id(boot_id_file)

    def now(self) -> Instant:
        """This moment in ms: wall (UTC) and CLOCK_BOOTTIME, which goes on while the machine sleeps."""
        return Instant(time.time_ns() // 1_000_000, _mono_ms())

    def offset_ms(self) -> int:
        """Wall minus monotonic: what turns a monotonic time of this boot into a wall time."""
        now = self.now()
        return now.wall_ms - now.mono_ms

    def boot_id(self) -> str:
        """This boot's name; monotonic times compare only within one."""
        return self._boot_id

    def state(self) -> Clock:
        """How far the wall clock can be trusted."""
        now_s = self._steady_s()
        if now_s >= self._recheck_s:
            self._recheck_s = now_s + RECHECK_S
            self._state = self._look()
        return self._state

    def _look(self) -> Clock:
        synchronised = self._source == "kernel" and self._ask()
        state = decide(self._source, synchronised=synchronised, was_synchronised=self._was_synchronised)
        self._was_synchronised |= synchronised
        return state


def _mono_ms() -> int:
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def _read_boot_id(file: Path) -> str:
    """The kernel's; where /proc is not mounted a random one, and each run counts as a boot."""
    try:
        return file.read_text(encoding="ascii").strip() or uuid.uuid4().hex
    except OSError:
        return uuid.uuid4().hex
