"""The demo from beginning to end; START READING HERE.

begin   simulation ─▶ broker ─▶ collector ─▶ agents
watch   until it is time, someone stops it, or a child dies
end     agents (each brings the rest to the collector) ─▶ collector ─▶ export ─▶ simulation ─▶ compare
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec import Struct
from rich.console import Console

from firmware_sim.compare import Verdict, compare
from firmware_sim.demo.agent_config import Surroundings, write_agent_configs
from firmware_sim.demo.board import Board
from firmware_sim.demo.broker import HOST, broker, free_port, listening
from firmware_sim.demo.children import Child, program
from firmware_sim.demo.collector_config import collector_config
from firmware_sim.demo.live import draw, follow
from firmware_sim.demo.login import at_work, awaited
from firmware_sim.scenario import Scenario
from firmware_sim.signals import stop_event
from firmware_sim.simulation import Simulation
from firmware_sim.truth import StoredValue, TrueValue, TruthFile, read_lines

_AGENT_STOPS_S = 20.0
_COLLECTOR_STOPS_S = 30.0
_EXPORTS_S = 300.0


class Plan(Struct, frozen=True, kw_only=True):
    """How the demo runs."""

    folder: Path
    duration_s: float | None = None
    """None: until it is stopped."""
    period_s: float = 2.0
    console: Console | None = None
    """Where the live view is drawn; None: nowhere."""
    mosquitto: bool = True
    """Take mosquitto where it is installed."""


class Ports(Struct, frozen=True, kw_only=True):
    """Where broker and console are on this machine."""

    broker: int
    feed: int


class Cast(Struct, frozen=True):
    """The children, in the order in which they start."""

    broker: Child
    collector: Child
    agents: tuple[Child, ...]

    @property
    def all(self) -> tuple[Child, ...]:
        return (self.broker, self.collector, *self.agents)


async def play(story: Scenario, plan: Plan) -> Verdict:
    """Run everything, stop it in order, and hold what was stored against what was measured.

    Raises:
        ChildDiedError: a child ended by itself or would not end; its last words are in the message.
        OSError: the folder cannot be written.
    """
    plan.folder.mkdir(parents=True, exist_ok=True)
    with stop_event() as stop, TruthFile(plan.folder / "truth.jsonl") as truth:
        async with Simulation(story, plan.folder, truth.write) as simulation:
            ports = Ports(broker=free_port(), feed=free_port())
            async with _cast(_prepare(story, simulation, plan, ports), ports.broker) as cast:
                await _watch(cast, stop, plan, ports, truth)
                await _end(cast, plan)
    return await asyncio.to_thread(_judge, plan)


def _prepare(story: Scenario, simulation: Simulation, plan: Plan, ports: Ports) -> Cast:
    """Write every configuration; nothing runs yet."""
    folder = plan.folder
    around = Surroundings(outboxes=folder, broker_port=ports.broker, period_s=plan.period_s)
    configs = write_agent_configs(story.sites, simulation.endpoints, around, folder / "agents")
    sites = [site.name for site in story.sites]
    text = collector_config(folder, ports.broker, ports.feed, sites)
    (folder / "collector.toml").write_text(text, encoding="utf-8")
    return Cast(
        broker(folder, ports.broker, mosquitto=plan.mosquitto),
        Child("collector", program("collector", "run", "-c", str(folder / "collector.toml")), folder),
        tuple(
            Child(f"agent-{path.stem}", program("edge_agent", "run", "-c", str(path)), folder)
            for path in configs
        ),
    )


@contextlib.asynccontextmanager
async def _cast(cast: Cast, port: int) -> AsyncIterator[Cast]:
    """Start the children; whatever happens, none of them outlives this."""
    try:
        await cast.broker.start()
        await listening(cast.broker, port)
        await cast.collector.start()
        await at_work(cast.collector.log)
        for agent in cast.agents:
            await agent.start()
        yield cast
    finally:
        for child in cast.all:
            await child.kill()


async def _watch(cast: Cast, stop: asyncio.Event, plan: Plan, ports: Ports, truth: TruthFile) -> None:
    """Until it is time, someone stops it, or a child dies."""
    board = Board()
    jobs = {f"watch {child.name}": child.watch() for child in cast.all}
    jobs |= {"follow": follow(board, HOST, ports.broker), "flush": _flush(truth)}
    if plan.console is not None:
        jobs["draw"] = draw(board, plan.console)
        jobs["login"] = _tell_login(board, cast.collector.log, ports.feed)
    tasks = [asyncio.create_task(job, name=f"demo {name}") for name, job in jobs.items()]
    ending = asyncio.create_task(stop.wait(), name="demo stop")
    try:
        done, _ = await asyncio.wait(
            [*tasks, ending], timeout=plan.duration_s, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            task.result()
    finally:
        for task in (*tasks, ending):
            task.cancel()
        await asyncio.gather(*tasks, ending, return_exceptions=True)


async def _tell_login(board: Board, log: Path, port: int) -> None:
    board.login = await awaited(log, port)
    await asyncio.Event().wait()


async def _flush(truth: TruthFile) -> None:
    while True:
        await asyncio.sleep(1)
        truth.flush()


async def _end(cast: Cast, plan: Plan) -> None:
    """Stop in the order in which readings flow, so that nothing is left on the way."""
    await asyncio.gather(*(agent.stop(_AGENT_STOPS_S) for agent in cast.agents))
    await cast.collector.stop(_COLLECTOR_STOPS_S)
    await cast.broker.kill()  # keeps nothing; rumqttd knows no other end
    config, output = str(plan.folder / "collector.toml"), str(plan.folder / "stored.jsonl")
    command = program("collector", "export", "-c", config, "--format", "jsonl", "-o", output)
    export = Child("export", command, plan.folder)
    await export.start()
    await export.finish(_EXPORTS_S)


def _judge(plan: Plan) -> Verdict:
    period_ms = round(1000 * plan.period_s)
    return compare(
        read_lines(plan.folder / "truth.jsonl", TrueValue),
        read_lines(plan.folder / "stored.jsonl", StoredValue),
        period_ms,
        retry_ms=period_ms // 2,
    )
