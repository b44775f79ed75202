"""The broker away for 20 seconds, and the agent killed (-9) in the middle of it: what is lost or doubled."""

import time
from pathlib import Path

from benchmarks.gateway import DEVICES, SITE, region, scenario
from benchmarks.measure import Row

_AWAY_S = 20.0


def run(folder: Path) -> list[Row]:
    """Hold the store against the truth file after the broker's absence and a kill."""
    with region(folder, scenario(DEVICES)) as around:
        around.start_agents()
        time.sleep(5)
        around.broker.kill()
        time.sleep(_AWAY_S / 2)
        around.kill_agent(SITE)
        around.agents[SITE].start()
        time.sleep(_AWAY_S / 2)
        around.broker.start()
        time.sleep(10)
        around.drain()
        verdict = around.verdict()
    return [
        Row(
            "broker away 20 s with a kill -9 of the agent in it: readings lost, duplicated",
            f"{verdict.lost}, {verdict.duplicated} of {verdict.stored}",
            "",
            "0, 0",
            verdict.good,
        )
    ]
