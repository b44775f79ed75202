"""`python -m benchmarks [NAME…]`: run the benchmarks and print their table with the machine."""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import (
    alarm_burst,
    alarm_latency,
    away,
    backlog,
    bytes_sent,
    console_paint,
    consoles,
    dead_device,
    detect_cost,
    gateway,
    million,
)
from benchmarks.measure import Row, machine, table

BENCHMARKS: dict[str, Callable[[Path], list[Row]]] = {
    "gateway": gateway.run,
    "detect-cost": detect_cost.run,
    "dead-device": dead_device.run,
    "away": away.run,
    "alarm-latency": alarm_latency.run,
    "alarm-burst": alarm_burst.run,
    "backlog": backlog.run,
    "bytes": bytes_sent.run,
    "million": million.run,
    "consoles": consoles.run,
    "console-paint": console_paint.run,
}


def main() -> None:
    names = sys.argv[1:] or list(BENCHMARKS)
    if unknown := set(names) - set(BENCHMARKS):
        raise SystemExit(f"no such benchmark: {', '.join(sorted(unknown))}; known: {', '.join(BENCHMARKS)}")
    rows: list[Row] = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        with tempfile.TemporaryDirectory() as folder:
            rows += BENCHMARKS[name](Path(folder))
    print(f"Measured on {machine()}.\n\n{table(rows)}")


if __name__ == "__main__":
    main()
