"""An agent that is told to stop writes all that it was answered, however slow the disk is just then."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent import pipeline
from edge_agent.clock import GatewayClock
from edge_agent.outbox import Outbox
from edge_agent.rollout import Configurations
from tests.edge_agent import outboxes
from tests.edge_agent.peer import ModbusPeer, TcpWire
from tests.edge_agent.test_watchdog import CONFIG, EPOCH
from tests.servers import free_port


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  another thread and an instrument have no event for it
            await asyncio.sleep(0.01)


def polls(peer: ModbusPeer) -> int:
    return sum(request.start == peer.requests[0].start for request in peer.requests)


def is_polling() -> bool:
    return any(task.get_name() == "poll" for task in asyncio.all_tasks())


async def test_what_is_answered_during_the_last_write_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is busy with one poll while the next is answered and polling ends."""
    is_writing, may_write = threading.Event(), threading.Event()
    box = Outbox.open(
        tmp_path / "outbox.db", max_bytes=2**23, boot="b", site_class="air_post", epoch_source=lambda: EPOCH
    )
    append = box.append

    def slowly(*arguments: object) -> object:
        is_writing.set()
        may_write.wait(30)
        return append(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(box, "append", slowly)
    peer, stop, file = ModbusPeer(), asyncio.Event(), tmp_path / "agent.toml"
    async with TcpWire(peer) as wire:
        file.write_text(CONFIG.format(broker=free_port(), device=wire.port))
        run = pipeline.run(Configurations.open(file), box, GatewayClock("system"), stop)
        agent = asyncio.create_task(run)
        await until(is_writing.is_set)
        answered = polls(peer)
        await until(lambda: polls(peer) > answered)
        stop.set()
        await until(lambda: not is_polling())
        may_write.set()
        await asyncio.wait_for(agent, 10)
    assert len(outboxes.times(outboxes.batches(box))) == polls(peer)
    box.close()
