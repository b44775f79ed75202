"""Reports beside the batches: sent until the collector keeps them, whatever else is said on their topic."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from aiomqtt import ProtocolVersion
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.publish.reports import FIRST_WAIT_S, LONGEST_WAIT_S, Sent, due
from edge_agent.spool import Spool
from tests.edge_agent.publishing import GATEWAY, PATIENCE_S, eventually, site
from tests.servers import Mosquitto
from wire import codec, topics
from wire.reports import Kept
from wire.topics import Kind

ONE, TWO = "00000000000000a1", "00000000000000a2"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    with Mosquitto(tmp_path / "broker") as server:
        yield server


@asynccontextmanager
async def centre(port: int) -> AsyncIterator[tuple[aiomqtt.Client, "asyncio.Queue[bytes]"]]:
    """A collector reduced to what it hears of reports."""
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    async def listen(client: aiomqtt.Client) -> None:
        async for message in client.messages:
            heard.put_nowait(bytes(message.payload))

    async with aiomqtt.Client("127.0.0.1", port, protocol=ProtocolVersion.V5) as client:
        await client.subscribe(topics.build(GATEWAY, Kind.REPORT), qos=1)
        task = asyncio.create_task(listen(client), name="centre")
        yield client, heard
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0)  # aiomqtt's own task ends a step later


async def say(client: aiomqtt.Client, payload: bytes) -> None:
    await client.publish(topics.build(GATEWAY, Kind.KEPT), payload, qos=1)


@pytest.mark.system
async def test_a_report_waits_until_the_collector_keeps_it(tmp_path: Path, broker: Mosquitto) -> None:
    Spool(tmp_path / "reports").put(ONE, b"first")
    Spool(tmp_path / "reports").put(TWO, b"second")
    async with centre(broker.port) as (client, heard), site(tmp_path, broker.port) as here:
        async with asyncio.timeout(PATIENCE_S):
            assert [await heard.get(), await heard.get()] == [b"first", b"second"]
        for nothing in (b"", b"{}", b'{"v":2,"id":"00000000000000a1"}', codec.encode(Kept(id="f" * 16))):
            await say(client, nothing)
        await say(client, codec.encode(Kept(id=TWO)))
        await eventually(lambda: here.spool.waiting() == [ONE])
        await say(client, codec.encode(Kept(id=ONE)))
        await eventually(lambda: here.spool.waiting() == [])
        assert heard.empty(), "an answered report is not sent again"


@given(st.integers(1, 40), st.floats(0, 1e7), st.floats(0, 1e5))
def test_a_report_is_sent_again_ever_more_rarely(times: int, at_s: float, later_s: float) -> None:
    sent = {ONE: Sent(at_s, times)}
    assert due([ONE, TWO], sent, at_s + later_s)[-1] == TWO, "a new one is sent at once"
    again = ONE in due([ONE], sent, at_s + later_s)
    if later_s < FIRST_WAIT_S - 1:
        assert not again
    if later_s > LONGEST_WAIT_S + 1:
        assert again
