"""The live view: listens on MQTT like any other client and draws twice a second."""

import asyncio
import time

import aiomqtt
from rich.console import Console
from rich.live import Live

from firmware_sim.demo.board import Board
from firmware_sim.demo.view import render
from wire.topics import ROOT

_DRAW_EVERY_S = 0.5


def wall_ms() -> int:
    """The wall clock, milliseconds UTC."""
    return time.time_ns() // 1_000_000


async def follow(board: Board, host: str, port: int) -> None:
    """Feed the board from MQTT for ever, reconnecting as needed."""
    while True:
        try:
            async with aiomqtt.Client(host, port, protocol=aiomqtt.ProtocolVersion.V5) as client:
                await client.subscribe(f"{ROOT}/#", qos=0)
                async for message in client.messages:
                    if isinstance(message.payload, bytes):
                        board.take(str(message.topic), message.payload, wall_ms())
        except aiomqtt.MqttError:
            await asyncio.sleep(1)


async def draw(board: Board, console: Console) -> None:
    """Show the board on a terminal for ever."""
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            picture = render(board, wall_ms(), width=console.width, height=console.height)
            live.update(picture, refresh=True)
            await asyncio.sleep(_DRAW_EVERY_S)
