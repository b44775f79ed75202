"""The region into a real InfluxDB that is killed twice: the store equals the truth all the same."""

from pathlib import Path

import pytest

from tests.servers import Influxdb
from tests.stories.region import Region


@pytest.mark.system
@pytest.mark.timeout(300)
def test_an_influxdb_that_dies_twice_costs_nothing(tmp_path: Path, influxdb: Influxdb) -> None:
    store = f'kind = "influx"\nurl = "{influxdb.url}"\n'
    with Region(tmp_path / "region", store=store) as region:
        region.start_agents()
        region.await_readings()
        for _ in range(2):
            influxdb.kill()
            depths = [region.await_backlog(site) for site in region.agents]
            assert min(depths) > 0
            influxdb.start()
            region.await_readings()
        region.drain()
        verdict = region.verdict()
    assert verdict.good, verdict
    assert verdict.expected == verdict.stored, verdict
