"""Commands beside the receipts: obeyed, answered, and whatever is sent instead of one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import msgspec
import pytest
from aiomqtt import ProtocolVersion
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from edge_agent.publish.commands import read
from edge_agent.publish.desk import WAITING
from tests.edge_agent.outboxes import NOW_MS
from tests.edge_agent.publishing import GATEWAY, PATIENCE_S, eventually, peer, site
from tests.edge_agent.test_publish import OldBroker, empty, standing_before
from tests.servers import Mosquitto
from wire import codec, topics
from wire.codec import DecodeError
from wire.messages import Command, CommandAnswer, CommandOutcome, Rebaseline
from wire.topics import Kind

COMMAND = Command(
    id="00000000000000c1", t_ms=NOW_MS, expires_ms=NOW_MS + 1, by="aigul", order=Rebaseline(device="d")
)


def newer(**changes: object) -> bytes:
    """A command as a later collector might send it."""
    fields = msgspec.to_builtins(COMMAND) | {"order": {"type": "reboot", "in_s": 5}}
    return msgspec.json.encode(fields | changes)


def test_a_command_is_read() -> None:
    assert read(codec.encode(COMMAND), NOW_MS) == COMMAND


@pytest.mark.parametrize(
    ("payload", "word"),
    [
        (newer(), "reboot"),
        (newer(v=2), "schema version 2"),
        (newer(order=None), "order"),
        (newer(order={"type": "configure", "version": 0, "toml": ""}), ">= 1"),
        (newer(junk="x" * 5_000), "reboot"),
    ],
)
def test_an_order_that_a_newer_collector_knows_is_refused_with_a_sentence(payload: bytes, word: str) -> None:
    answer = read(payload, NOW_MS)
    assert isinstance(answer, CommandAnswer)
    assert (answer.id, answer.t_ms, answer.outcome) == (COMMAND.id, NOW_MS, CommandOutcome.REFUSED)
    assert word in answer.says
    assert len(answer.says) < 400


HOSTILE = [
    b"",
    b"{",
    b"\xff\xfe",
    b"x\x9c\x00",
    newer(id="../../etc"),
    newer(id="F" * 16),
    b"[" * 50_000,
    codec.encode(CommandAnswer(id="", t_ms=0, outcome=CommandOutcome.DONE)),
]


@pytest.mark.parametrize("payload", HOSTILE)
def test_what_bears_no_number_is_nothing(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        read(payload, NOW_MS)


@given(st.binary(max_size=80))
def test_any_bytes_give_a_command_an_answer_or_an_error(payload: bytes) -> None:
    with pytest.raises(DecodeError):
        read(payload, NOW_MS)


class Centre:
    """Sends commands and hears the answers."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self._client = client
        self.answers: list[CommandAnswer] = []

    async def say(self, payload: bytes) -> None:
        await self._client.publish(topics.build(GATEWAY, Kind.COMMAND), payload, qos=1)

    async def hear(self) -> None:
        async for message in self._client.messages:
            self.answers.append(codec.decode(CommandAnswer, bytes(message.payload)))


@asynccontextmanager
async def centre(port: int) -> AsyncIterator[Centre]:
    async with aiomqtt.Client("127.0.0.1", port, protocol=ProtocolVersion.V5) as client:
        await client.subscribe(topics.build(GATEWAY, Kind.ANSWER), qos=1)
        found = Centre(client)
        task = asyncio.create_task(found.hear(), name="centre")
        try:
            async with asyncio.timeout(PATIENCE_S):
                yield found
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.system
async def test_a_command_is_obeyed_and_answered_and_rubbish_is_counted(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with capture_logs() as logs:
        async with (
            peer(mosquitto.port) as collector,
            centre(mosquitto.port) as boss,
            site(tmp_path, mosquitto.port) as here,
        ):
            await collector.until(lambda: bool(collector.statuses))
            for payload in (*HOSTILE, newer(), codec.encode(COMMAND)):
                await boss.say(payload)
            here.write(1)
            await eventually(lambda: len(boss.answers) == 2)
            await collector.until(lambda: empty(here))
            # What was obeyed may have changed the status: it is told before it is due.
            await collector.until(lambda: len(collector.statuses) > 1)
            assert here.publisher._desk.malformed == len(HOSTILE)
    assert [answer.outcome for answer in boss.answers] == [CommandOutcome.REFUSED, CommandOutcome.DONE]
    assert here.obeyed == [COMMAND]
    assert len([entry for entry in logs if "command topic" in entry["event"]]) == 1


@pytest.mark.system
async def test_an_order_that_takes_its_time_holds_no_receipt_up_and_the_queue_is_bounded(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    done = asyncio.Event()
    with capture_logs() as logs:
        async with (
            peer(mosquitto.port) as collector,
            centre(mosquitto.port) as boss,
            site(tmp_path, mosquitto.port) as here,
        ):
            await collector.until(lambda: bool(collector.statuses))
            obey = here.obey

            async def slowly(command: Command) -> CommandAnswer:
                await done.wait()
                return await obey(command)

            here.publisher._desk._obey = slowly
            for _ in range(WAITING + 4):
                await boss.say(codec.encode(COMMAND))
            await eventually(lambda: any("too many commands" in entry["event"] for entry in logs))
            here.write(3)
            await collector.until(lambda: empty(here))
            done.set()
            await eventually(lambda: len(boss.answers) >= WAITING)
    assert WAITING <= len(here.obeyed) <= WAITING + 1


@pytest.mark.system
async def test_a_broker_that_hides_commands_is_named_once_and_readings_go_on(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    old = OldBroker(mosquitto.port, deaf_from=2)
    with capture_logs() as logs:
        async with (
            standing_before(old) as port,
            peer(mosquitto.port) as collector,
            site(tmp_path, port, receipt_timeout_s=0.5) as here,
        ):
            for _ in range(2):
                here.write(1)
                await collector.until(lambda: empty(here))
                mosquitto.kill()
                mosquitto.start()
            here.write(1)
            await collector.until(lambda: empty(here))
    told = [entry["event"] for entry in logs if "commands" in entry["event"]]
    assert told == ["the broker refuses to let us read commands: see its ACL"]
