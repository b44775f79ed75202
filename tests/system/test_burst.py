"""A device that looks wrong is polled again within seconds, the others keep their pace."""

from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from tests.stories.region import Region

SITE = "ap-01"
PERIOD_S = 10
BURST = "[poll]\nburst_every_s = 2\nburst_for_s = 20\n\n[[link]]"


@pytest.mark.system
def test_a_value_out_of_its_range_brings_the_next_poll_in_seconds(tmp_path: Path) -> None:
    with Region(tmp_path) as region:
        config = region.configs[SITE]
        text = config.read_text(encoding="utf-8").replace("[[link]]", BURST, 1)
        text = text.replace("period_s = 1.0", f"period_s = {PERIOD_S}.0")
        table = "[device.channels.wind_speed]"
        assert table in text, text
        config.write_text(text.replace(table, f"{table}\nhigh = 0.001\nlow = 0.0"), encoding="utf-8")
        region.agents[SITE].start()
        times: dict[str, list[int]] = defaultdict(list)
        while len(times["wind-speed"]) < 5:
            times.clear()
            for reading in region.readings():
                times[reading.device].append(reading.t_ms)
    hurried = times["wind-speed"]
    assert max(b - a for a, b in pairwise(hurried)) < PERIOD_S * 1000 / 2, hurried
    for calm in ("gas", "wind-direction"):
        gaps = [b - a for a, b in pairwise(sorted(set(times[calm])))]
        assert all(gap > PERIOD_S * 900 for gap in gaps), (calm, gaps)
