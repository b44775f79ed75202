import ctypes
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from edge_agent import clock
from edge_agent.clock import GatewayClock, decide, kernel_synchronised
from wire.messages import Clock


class Kernel:
    """Stands for adjtimex(2), which a test cannot make synchronised; counts how often it is asked."""

    def __init__(self, *answers: bool) -> None:
        self._answers = list(answers)
        self.asked = 0

    def __call__(self) -> bool:
        self.asked += 1
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest.mark.parametrize(
    ("source", "synchronised", "was", "state"),
    [
        ("kernel", True, False, Clock.SYNCED),
        ("kernel", True, True, Clock.SYNCED),
        ("kernel", False, True, Clock.HOLDOVER),
        ("kernel", False, False, Clock.UNSYNCED),
        ("system", False, False, Clock.SYNCED),
        ("system", False, True, Clock.SYNCED),
    ],
)
def test_the_state_of_the_clock(source: clock.Source, synchronised: bool, was: bool, state: Clock) -> None:
    assert decide(source, synchronised=synchronised, was_synchronised=was) is state


def states(kernel: Kernel, count: int, steady_s: float = 1.0) -> list[Clock]:
    seconds = iter(n * steady_s for n in range(count))
    gateway = GatewayClock("kernel", kernel, lambda: next(seconds))
    return [gateway.state() for _ in range(count)]


def test_a_clock_goes_from_unsynced_to_synced_to_holdover_and_back() -> None:
    assert states(Kernel(False, True, False, False, True), 5) == [
        Clock.UNSYNCED,
        Clock.SYNCED,
        Clock.HOLDOVER,
        Clock.HOLDOVER,
        Clock.SYNCED,
    ]


def test_the_kernel_is_asked_once_a_second_at_most() -> None:
    kernel = Kernel(True)
    assert states(kernel, 100, 0.0625) == [Clock.SYNCED] * 100
    assert kernel.asked == 7


def test_a_system_clock_is_trusted_without_asking() -> None:
    kernel = Kernel(False)
    assert GatewayClock("system", kernel).state() is Clock.SYNCED
    assert kernel.asked == 0


def test_the_real_kernel_answers_as_timedatectl_and_adjtimex_do() -> None:
    """Only where one of them is installed; the answer itself depends on the machine."""
    assert kernel_synchronised() in {True, False}
    if shutil.which("adjtimex"):
        said = subprocess.run(["adjtimex", "--print"], capture_output=True, text=True, check=True).stdout
        status = int(said.split("status:")[1].split()[0])
        assert kernel_synchronised() == (not status & 0x40)


def test_the_layout_of_timex_is_the_kernels() -> None:
    # <linux/timex.h>, 64 bits: 208 bytes, status at 40, tai at 160.
    timex = clock._Timex
    fields = {name: getattr(timex, name).offset for name in ("status", "tai", "reserved")}
    assert fields == {"status": 40, "tai": 160, "reserved": 164}
    assert ctypes.sizeof(timex) == 208


def test_now_is_both_clocks_of_this_machine() -> None:
    before_wall, before_mono = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
    gateway = GatewayClock()
    now = gateway.now()
    after_wall, after_mono = time.time(), time.clock_gettime(time.CLOCK_BOOTTIME)
    assert int(before_wall * 1000) - 1 <= now.wall_ms <= after_wall * 1000
    assert int(before_mono * 1000) - 1 <= now.mono_ms <= after_mono * 1000


def test_the_offset_turns_monotonic_time_into_wall_time() -> None:
    gateway = GatewayClock()
    first = gateway.now()
    assert abs(first.mono_ms + gateway.offset_ms() - first.wall_ms) < 1000


def test_the_boot_has_the_kernels_name() -> None:
    name = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    assert GatewayClock().boot_id() == GatewayClock().boot_id() == name


def test_where_the_kernel_has_no_name_for_the_boot_each_run_is_one(tmp_path: Path) -> None:
    missing = tmp_path / "boot_id"
    first, second = (GatewayClock(boot_id_file=missing) for _ in range(2))
    assert first.boot_id() == first.boot_id() != second.boot_id()
