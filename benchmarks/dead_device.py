"""What a device that does not answer costs the others: on links of their own, and on its own serial line.

31 healthy devices on TCP links, one TCP endpoint that accepts and stays silent; four healthy devices on a
serial line together with a unit that is not there. All are polled each second.
"""

import socket
import time
from collections import Counter
from pathlib import Path

from benchmarks.gateway import CHANNELS, SITE, device, region, scenario
from benchmarks.measure import Row

_TCP, _SERIAL = 31, 4
_SETTLE_S, _MEASURE_S = 5.0, 30.0
_DEAD_SHARE = 0.1
_LINE = '[[site.link]]\nname = "serial"\nkind = "pty"\nby_id = "usb-bench-port0"\nbaud = 115200\n'


def _with_dead(config: Path, silent_port: int) -> None:
    """Add an endpoint that accepts and says nothing, and a unit that is not on the serial line."""
    dead = '[[device]]\nname = "{}"\nlink = "{}"\nprofile = "generic_f32_20"\nunit = {}\nperiod_s = 1.0\n'
    link = f'[[link]]\nname = "silent"\nhost = "127.0.0.1"\ntcp_port = {silent_port}\n'
    ends = dead.format("dead-tcp", "silent", 1) + dead.format("dead-serial", "serial", 99)
    config.write_text(config.read_text() + link + ends)


def run(folder: Path) -> list[Row]:
    """Polls of healthy devices that were late or lost while two dead ones are polled with them."""
    on_line = [device(f"s{unit}", "serial", unit) for unit in range(1, _SERIAL + 1)]
    story = scenario(_TCP, _LINE, *on_line)
    with socket.create_server(("127.0.0.1", 0)) as silent, region(folder, story) as around:
        _with_dead(around.configs[SITE], silent.getsockname()[1])
        around.start_agents()
        time.sleep(_SETTLE_S)
        first = time.time_ns() // 10**9 * 1000 + 1000
        time.sleep(_MEASURE_S + 2)
        around.drain()
        window = range(first, first + round(_MEASURE_S * 1000))
        good = [r for r in around.readings() if r.t_ms in window and r.value is not None]
    scans = {(r.device, r.t_ms) for r in good}
    polls = Counter(name[0] for name, _ in scans)
    elsewhere = polls["d"] / _MEASURE_S / _TCP
    beside = polls["s"] / _MEASURE_S / _SERIAL
    slowest = max(t_ms % 1000 for name, t_ms in scans if name.startswith("d"))
    assert len(good) == len(scans) * CHANNELS
    return [
        Row(
            "one dead device, 31 healthy on other links: polls lost; latest after its second",
            f"{1 - elsewhere:.1%}; {slowest} ms",
            "",
            "0 lost or late",
            elsewhere >= 1 and slowest < 500,
        ),
        Row(
            "… four healthy on the dead one's serial line: polls lost",
            f"{1 - beside:.1%}",
            "",
            f"≤ {_DEAD_SHARE:.0%} (the stated share)",
            1 - beside <= _DEAD_SHARE,
        ),
    ]
