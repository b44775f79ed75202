"""The agent is small enough for a gateway, with every detector of a class at work on 640 channels."""

import time
from pathlib import Path

import pytest

from benchmarks import gateway
from benchmarks.measure import cost
from edge_agent.detect.group import GroupState
from edge_agent.detect.site import decode_state
from edge_agent.detect.states import InnovationsState, SeasonalState
from edge_agent.judging import DETECT
from edge_agent.outbox import Outbox
from tests.stories.region import Region
from wire.messages import OperatingMode

LIMIT_MB = 60


@pytest.mark.system
def test_the_running_agent_with_its_detectors_stays_within_60_megabytes(tmp_path: Path) -> None:
    with gateway.region(tmp_path, gateway.scenario(gateway.DEVICES)) as around:
        gateway.watch(around.configs[gateway.SITE], "air_post")
        around.start_agents()
        agent = around.agents[gateway.SITE]
        await_rows(around, 2 * gateway.WARMUP_ROWS)
        peak_mb = cost(agent.pid).rss_mb
        agent.stop()
    groups = learnt(tmp_path / f"{gateway.SITE}.outbox.db")
    assert len(groups) == gateway.DEVICES
    assert all(judges(group) for group in groups), "what was measured had not learnt yet"
    assert peak_mb <= LIMIT_MB, f"the agent needed {peak_mb:.1f} MB at its peak; {LIMIT_MB} are allowed"


def await_rows(around: Region, rows: int, within_s: float = 90) -> None:
    """Wait until a device was read so often."""
    deadline = time.monotonic() + within_s
    while len({reading.t_ms for reading in around.readings() if reading.device == "d0"}) < rows:
        assert time.monotonic() < deadline, around.logs()


def learnt(path: Path) -> list[GroupState]:
    """What the agent wrote of its detectors when it stopped."""
    outbox = Outbox.open(path, max_bytes=2**30, boot="another", site_class="", epoch_source=str)
    try:
        state = decode_state(outbox.state()[DETECT])
    finally:
        outbox.close()
    return list(state.models[OperatingMode.HEATING].values())


def judges(group: GroupState) -> bool:
    """Whether the warm-up of every channel is over in both detectors of the class."""
    innovations, seasonal = group.detectors
    assert isinstance(innovations, InnovationsState)
    assert isinstance(seasonal, SeasonalState)
    seen = [*(c.seen for c in innovations.channels), *(c.seen for c in seasonal.channels)]
    return len(seen) == 2 * gateway.CHANNELS and min(seen) >= gateway.WARMUP_ROWS
