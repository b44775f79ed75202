"""Kill -9 at any moment: every batch whose number was given is there afterwards, as it was, with its alarm
event, and the state is that of the newest batch: neither older nor newer."""

import random
import select
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from tests.edge_agent.outboxes import alarms, append, batches, everything, outbox, scan, told

pytestmark = pytest.mark.system
KILLS = 20
ROOT = Path(__file__).parents[2]


def _fill_and_kill(path: Path, rng: random.Random) -> dict[int, str]:
    """What the process had printed when it was killed, up to half a second after its first batch."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.edge_agent.appending", str(path)], stdout=subprocess.PIPE, cwd=ROOT
    )
    assert child.stdout is not None
    select.select([child.stdout], [], [], 60)
    end = time.monotonic() + rng.random() / 2
    lines = []
    while (left := end - time.monotonic()) > 0:
        if select.select([child.stdout], [], [], left)[0]:
            lines.append(child.stdout.readline())
    child.kill()
    lines += child.stdout.readlines()
    child.stdout.close()
    child.wait()
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return {int(seq): digest for seq, digest in whole}


@pytest.mark.timeout(300)
def test_a_killed_agent_keeps_every_batch_it_has_numbered(tmp_path: Path) -> None:
    path, rng = tmp_path / "o.db", random.Random(7)
    printed: dict[int, str] = {}
    for _ in range(KILLS):
        new = _fill_and_kill(path, rng)
        assert not printed.keys() & new.keys(), "a number was given twice"
        printed |= new
        with outbox(path) as box:
            assert box.epoch == f"{1:016x}"
            there = {one.seq: sha256(one.payload).hexdigest() for one in everything(box)}
            assert [event.id for event in alarms(batches(box))] == [told(seq).event.id for seq in there]
            assert box.state() == {"conditions": b"%d" % max(there)}
        assert list(there) == list(range(1, len(there) + 1)), "a gap"
        assert printed.items() <= there.items()
    assert len(printed) > KILLS
    with outbox(path) as box:
        assert append(box, scan(1)) == len(there) + 1
