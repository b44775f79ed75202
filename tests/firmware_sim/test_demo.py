"""The demo's parts: children, both brokers, the board, the picture of it."""

import asyncio
import os
import sys
from pathlib import Path

import aiomqtt
import pytest
from rich.console import Console

from firmware_sim.demo.board import Board
from firmware_sim.demo.broker import HOST, broker, free_port, listening
from firmware_sim.demo.children import Child, ChildDiedError
from firmware_sim.demo.view import render
from wire.codec import encode
from wire.messages import (
    About,
    Batch,
    ChannelAbout,
    DeviceAbout,
    LinkStatus,
    Presence,
    Row,
    Status,
    Table,
)
from wire.topics import Gateway, Kind, build

EPOCH = "00000000000000aa"
HOUSE = Gateway("bh-01", "gw")
NOW = 1_768_527_000_000


def about(points: int = 2) -> About:
    channels = tuple(ChannelAbout(name=f"t_{n}", quantity="temperature", unit="Cel") for n in range(points))
    device = DeviceAbout(name="trm", profile="p", model="m", link="cabinet", period_s=2, channels=channels)
    return About(
        version="1", epoch=EPOCH, boot="b", site_class="boiler_house", started_ms=NOW, devices=(device,)
    )


def batch(seq: int, *rows: Row) -> Batch:
    table = Table(device="trm", channels=("t_0", "t_1"), rows=rows)
    return Batch(epoch=EPOCH, seq=seq, boot="b", site_class="boiler_house", tables=(table,))


def board_with(*messages: tuple[Kind, About | Batch | Status]) -> Board:
    board = Board()
    for kind, message in messages:
        board.take(build(HOUSE, kind), encode(message), NOW)
    return board


def status() -> Status:
    links = (LinkStatus(name="cabinet", up=True, load=0.31), LinkStatus(name="tank", up=False))
    return Status(state=Presence.ONLINE, epoch=EPOCH, t_ms=NOW, outbox_readings=17, links=links)


def picture(board: Board, width: int = 100, height: int = 30) -> str:
    console = Console(width=width, height=height, force_terminal=False, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115 - recorded
    with console.file, console.capture() as capture:
        console.print(render(board, NOW + 3000, width=width, height=height))
    return capture.get()


def test_the_board_shows_the_newest_reading_with_unit_quality_and_age() -> None:
    rows = (Row(NOW - 2000, (80.0, 60.0)), Row(NOW, (81.5, None), {1: "bad.no_answer"}))
    text = picture(board_with((Kind.ABOUT, about()), (Kind.STATUS, status()), (Kind.BATCH, batch(1, *rows))))
    (first,) = [line for line in text.splitlines() if "trm/t_0" in line]
    (second,) = [line for line in text.splitlines() if "trm/t_1" in line]
    assert first.split() == ["trm/t_0", "81.5", "°C", "good", "3", "s"]
    assert second.split() == ["trm/t_1", "–", "°C", "bad.no_answer", "3", "s"]
    (gateway,) = [line for line in text.splitlines() if "bh-01/gw" in line]
    assert gateway.split() == ["bh-01/gw", "online", "17", "cabinet", "31%", "tank", "down"]


def test_a_batch_that_comes_again_counts_once() -> None:
    once = batch(1, Row(NOW, (1.0, 2.0)))
    board = board_with((Kind.BATCH, once), (Kind.BATCH, once), (Kind.BATCH, batch(2, Row(NOW, (1.0, 2.0)))))
    assert board.readings == 4
    assert board.pace(NOW) == pytest.approx(0.4)
    assert board.pace(NOW + 60_000) == 0


def test_what_is_no_message_is_counted_and_ignored() -> None:
    board = Board()
    board.take("home/kitchen", b"21", NOW)
    board.take(build(HOUSE, Kind.BATCH), b"{", NOW)
    board.take(build(HOUSE, Kind.RECEIPT), b"whatever", NOW)
    assert board.unreadable == 2


@pytest.mark.parametrize(("width", "height"), [(60, 12), (80, 24), (200, 50)])
def test_more_points_than_lines_take_turns_and_never_overflow(width: int, height: int) -> None:
    board = board_with((Kind.ABOUT, about(points=40)), (Kind.STATUS, status()))
    lines = picture(board, width, height).splitlines()
    assert len(lines) <= height
    assert all(len(line.rstrip()) <= width for line in lines)


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


async def it_speaks(child: Child) -> None:
    for _ in range(1000):
        if child.log.read_text():
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"{child.name} says nothing")


async def test_a_child_that_dies_is_named_with_its_last_words(tmp_path: Path) -> None:
    child = Child("agent-x", python("print('no such port'); raise SystemExit(3)"), tmp_path)
    await child.start()
    with pytest.raises(
        ChildDiedError, match=r"(?s)agent-x ended by itself with status 3; .*agent-x\.log.*no such"
    ):
        await child.watch()


async def test_a_child_that_is_stopped_dies_in_peace(tmp_path: Path) -> None:
    code = "import signal; signal.signal(15, lambda *_: exit(0)); print('up', flush=True); signal.pause()"
    child = Child("agent-x", python(code), tmp_path)
    await child.start()
    watching = asyncio.create_task(child.watch())
    await it_speaks(child)
    await child.stop(10)
    await watching


async def test_a_child_that_will_not_end_is_killed_and_named(tmp_path: Path) -> None:
    code = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    child = Child("deaf", python(code), tmp_path)
    await child.start()
    await it_speaks(child)
    with pytest.raises(ChildDiedError, match=r"deaf took longer than 0\.2 s"):
        await child.stop(0.2)


@pytest.mark.system
@pytest.mark.parametrize("mosquitto", [True, False], ids=["mosquitto", "rumqttd"])
async def test_either_broker_keeps_large_retained_messages_of_mqtt_5(tmp_path: Path, mosquitto: bool) -> None:
    port = free_port()
    child = broker(tmp_path, port, mosquitto=mosquitto)
    await child.start()
    try:
        await listening(child, port)
        large = bytes(300_000)
        v5 = aiomqtt.ProtocolVersion.V5
        async with aiomqtt.Client(HOST, port, protocol=v5) as client:
            await client.publish("ulba/v1/bh-01/gw/about", large, qos=1, retain=True)
        async with aiomqtt.Client(HOST, port, protocol=v5) as client, asyncio.timeout(10):
            await client.subscribe("ulba/v1/+/+/about", qos=1)
            message = await anext(client.messages)
            assert (message.payload, message.retain) == (large, True)
    finally:
        await child.kill()
