"""Fifty kill -9 of agents, broker and collector under a running simulator: the store equals the truth."""

import random
import time
from pathlib import Path

import pytest

from tests.stories.region import Region

KILLS = 50
SEED = 20260126


@pytest.mark.system
@pytest.mark.timeout(600)
def test_fifty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    chance = random.Random(SEED)
    with Region(tmp_path) as region:
        region.start_agents()
        region.await_readings()
        for _ in range(KILLS):
            # Not a wait for something to happen: the moment of the kill is what is drawn.
            time.sleep(chance.uniform(0.1, 1.5))
            _kill_one(region, chance)
        region.drain()
        verdict = region.verdict()
    assert verdict.good, f"{verdict}\n{region.logs()}"
    assert verdict.expected == verdict.stored, verdict


def _kill_one(region: Region, chance: random.Random) -> None:
    """Kill the broker, the collector or one of the agents, and start it again a moment later."""
    victim = chance.choice(["broker", "collector", *region.agents])
    if victim == "broker":
        region.broker.kill()
    elif victim == "collector":
        region.collector.kill()
    else:
        region.kill_agent(victim)
    time.sleep(chance.uniform(0.0, 0.5))
    if victim == "broker":
        region.broker.start()
    elif victim == "collector":
        region.collector.start()
    else:
        region.agents[victim].start()
