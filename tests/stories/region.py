"""A scenario, whole: simulator, broker, an agent a site and the collector, each a process of its own."""

import json
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from firmware_sim.compare import Verdict, Window, compare
from firmware_sim.truth import StoredValue, TrueValue, read_lines
from tests.programs import Program, command
from tests.servers import Mosquitto

PERIOD_S = 1.0
BEFORE_MS, AFTER_MS = 2_500, 500
"""An agent killed: what it had read but not yet written, and what was on its way to it."""


class Region:
    """Start it, hurt it, then ask for the verdict; `with` ends every process.

    Agents are the caller's to start (`start_agents`), so that a configuration can be changed first.
    """

    def __init__(self, folder: Path, scenario: str = "region", store: str = "") -> None:
        """`store` is the collector's `[store]` table; SQLite when it is empty."""
        self.folder = folder
        self.broker = Mosquitto(folder / "mosquitto")
        self.config = folder / "collector.toml"
        self.truth = folder / "truth.jsonl"
        self.store = store or f'kind = "sqlite"\npath = "{folder}/readings.db"\n'
        self.simulator = Program("simulator", ["firmware-sim", "run", scenario, *self._options()], folder)
        self.collector = Program("collector", ["collector", "run", "-c", str(self.config)], folder)
        self.agents: dict[str, Program] = {}
        self.configs: dict[str, Path] = {}
        self.links: list[dict[str, Any]] = []
        self.deaths: list[Window] = []

    def _options(self) -> list[str]:
        agents, port = str(self.folder / "agents"), str(self.broker.port)
        options = ["--truth", str(self.truth), "--directory", str(self.folder)]
        return [*options, "--agent-configs", agents, "--period", str(PERIOD_S), "--broker-port", port]

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.config.write_text(
            f"[broker]\nport = {self.broker.port}\n"
            f"[store]\n{self.store}"
            f'[state]\nurl = "sqlite:///{self.folder}/state.db"\n'
        )
        self.broker.start()
        self.simulator.start()
        ready = self.simulator.first_line()
        self.links = ready["links"]
        self.configs = {Path(path).stem: Path(path) for path in ready["agent_configs"]}
        for site, path in self.configs.items():
            self.agents[site] = Program(site, ["edge-agent", "run", "-c", str(path)], self.folder)
        self.collector.start()
        self.collector.await_ready()
        return self

    def start_agents(self) -> None:
        for agent in self.agents.values():
            agent.start()
        for agent in self.agents.values():
            agent.await_ready()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for program in (*self.agents.values(), self.collector, self.simulator):
            program.__exit__()
        self.broker.stop()

    def kill_agent(self, site: str) -> None:
        self.agents[site].kill()
        now_ms = time.time_ns() // 1_000_000
        self.deaths.append((site, now_ms - BEFORE_MS, now_ms + AFTER_MS))

    def readings(self) -> list[StoredValue]:
        """What the collector has, as its own export prints it."""
        file = self.folder / "stored.jsonl"
        done = command("collector", "export", "-c", str(self.config), "--output", str(file))
        assert done.returncode == 0, done.stderr
        return list(read_lines(file, StoredValue))

    def await_readings(self, within_s: float = 30) -> None:
        """Wait until every site has something in the store."""
        deadline = time.monotonic() + within_s
        while {reading.site for reading in self.readings()} != set(self.agents):
            assert time.monotonic() < deadline, self.logs()

    def drain(self, within_s: float = 60) -> None:
        """Let every agent bring what it has, stop them, then the collector."""
        for site, agent in self.agents.items():
            self._await_depth(site, 1, within_s)
            agent.stop(within_s=5)
            self._await_depth(site, 0, 0)
        self.collector.stop(within_s=5)

    def depth(self, site: str) -> int:
        """How many batches wait in an agent's outbox, as its own command says."""
        done = command("edge-agent", "outbox", "show", "-c", str(self.configs[site]), "--json")
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["batches"])

    def await_backlog(self, site: str, within_s: float = 30) -> int:
        """Wait until an agent's readings wait in its outbox for three polls; how many batches."""
        deadline = time.monotonic() + within_s
        while (depth := self.depth(site)) < 3:
            assert time.monotonic() < deadline, self.logs()
        return depth

    def _await_depth(self, site: str, most: int, within_s: float) -> None:
        deadline = time.monotonic() + within_s
        while (depth := self.depth(site)) > most:
            assert time.monotonic() < deadline, f"{site} still has {depth} batches\n{self.logs()}"

    def verdict(self) -> Verdict:
        """Stop the simulator and hold the store against its truth."""
        self.simulator.stop()
        truth = list(read_lines(self.truth, TrueValue))
        period_ms = round(PERIOD_S * 1000)
        return compare(truth, self.readings(), period_ms, retry_ms=period_ms // 2, tolerated=self.deaths)

    def logs(self) -> str:
        programs = (*self.agents.values(), self.collector, self.simulator)
        started = (program for program in programs if program.log.exists())
        return "\n\n".join(f"{program.name}:\n{program.tail()}" for program in started)
