"""The feed before many consoles: how soon an alarm is on all of them, what that costs, what a storm does.

A collector with its feed in a process of its own; the consoles are plain connections in this one.
"""

import asyncio
import gzip
import json
import re
import resource
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import httpx

from benchmarks.measure import Row, cost
from tests.collector.collecting import Agent, batch
from tests.programs import Program
from tests.servers import Mosquitto, free_port
from wire.messages import AlarmEvent, AlarmState, Batch

CONSOLES = 2_000
ALARMS, EVERY_S = 40, 0.5
STANDING = 5_000
STORM_S, STORM_PER_S, STORM_BATCHES_PER_S, STORM_CONSOLES = 60, 1_000, 10, 10
PATIENCE_S = 60.0
_ID = re.compile(rb"^id: (\d+)$", re.MULTILINE)


class Console(asyncio.Protocol):
    """One connection that follows the stream and notes the numbers."""

    def __init__(self, request: bytes, heard: Callable[[int], None]) -> None:
        self._request, self._heard = request, heard
        self._rest = b""
        self.is_open = False
        self.seqs: list[int] = []
        self.text = bytearray()
        self.keeps = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._request)

    def close(self) -> None:
        assert self.transport is not None
        self.transport.close()

    def data_received(self, data: bytes) -> None:
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        self.is_open = self.is_open or b"retry: " in whole
        for found in _ID.finditer(whole + newline):
            self._heard(int(found[1]))
            self.seqs.append(int(found[1]))
        if self.keeps:
            self.text += whole + newline


def run(folder: Path) -> list[Row]:
    """Alarm to all consoles; memory; the list; a storm."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 20_000), most))
    with Mosquitto(folder / "mosquitto") as broker:
        centre = Centre(folder, broker.port)
        with centre.program, Agent(broker.port) as agent:
            centre.program.await_ready()
            centre.log_in()
            return asyncio.run(_measured(centre, agent))


class Centre:
    """A collector with its feed, and somebody who is logged in."""

    def __init__(self, folder: Path, broker_port: int) -> None:
        self.port = free_port()
        file = folder / "collector.toml"
        file.write_text(
            f'log_level = "warning"\nbroker.port = {broker_port}\n'
            f'store = {{ kind = "sqlite", path = "{folder}/readings.db" }}\n'
            f'state.url = "sqlite:///{folder}/state.db"\nfeed.listen = "127.0.0.1:{self.port}"\n'
        )
        self.program = Program("collector", ["collector", "run", "-c", str(file)], folder)
        self.cookie = ""

    def log_in(self) -> None:
        (said,) = [line for line in self.program.log.read_text().splitlines() if "password" in line]
        body = {"name": "administrator", "password": said.split()[-1]}
        answer = httpx.post(f"http://127.0.0.1:{self.port}/api/v1/login", json=body)
        self.cookie = answer.headers["set-cookie"].partition(";")[0]

    async def follow(self, heard: Callable[[int], None]) -> Console:
        request = (
            f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {self.cookie}\r\n\r\n"
        )
        loop = asyncio.get_running_loop()
        _, console = await loop.create_connection(
            lambda: Console(request.encode(), heard), "127.0.0.1", self.port
        )
        return console


async def _measured(centre: Centre, agent: Agent) -> list[Row]:
    rows = await _many(centre, agent)
    rows += await _standing(centre, agent)
    return rows + await _storm(centre, agent)


class Tally:
    """How long the consoles waited for the alarm under way, seconds."""

    def __init__(self) -> None:
        self.began_s = 0.0
        self.waits: list[float] = []

    def begin(self) -> None:
        self.began_s, self.waits = time.monotonic(), []

    def note(self, _: int) -> None:
        self.waits.append(time.monotonic() - self.began_s)


async def _many(centre: Centre, agent: Agent) -> list[Row]:
    idle, opening_s = cost(centre.program.pid), time.monotonic()
    tally, last, every = Tally(), [], []
    consoles = [await centre.follow(tally.note) for _ in range(CONSOLES)]
    await _until(lambda: all(console.is_open for console in consoles))
    opening_s = time.monotonic() - opening_s
    for n in range(ALARMS):
        tally.begin()
        agent.send(_batch(1 + n, [_event(n, 1)]))
        await _until(lambda: len(tally.waits) == CONSOLES)
        last.append(tally.waits[-1])
        every += tally.waits
        await asyncio.sleep(EVERY_S)
    used = cost(centre.program.pid)
    for console in consoles:
        console.close()
    return [
        _row(f"alarm at the broker → the last of {CONSOLES:,} consoles", last),
        _row(f"alarm at the broker → a console, all {CONSOLES:,} of them", every),
        Row(
            f"{CONSOLES:,} consoles connect at once: all follow after; peak memory of the collector",
            f"{opening_s:.1f} s; {used.rss_mb:.0f} MB",
            f"{idle.rss_mb:.0f} MB without them",
            "≤ 150 MB",
            used.rss_mb <= 150,
        ),
    ]


def _row(what: str, waits: Sequence[float]) -> Row:
    shown = f"{1000 * statistics.median(waits):.0f} / {1000 * _p99(waits):.0f} ms"
    return Row(f"{what}: median / p99", shown, "–", "p99 < 1 s", _p99(waits) < 1)


async def _standing(centre: Centre, agent: Agent) -> list[Row]:
    """The list of many standing alarms: asked first, asked again, and its size on the line."""
    for first in range(0, STANDING, 500):
        agent.send(_batch(1_000 + first, [_event(10_000 + first + n, 1) for n in range(500)]))
    headers = {"Cookie": centre.cookie}
    async with httpx.AsyncClient(headers=headers, timeout=60) as client:
        url = f"http://127.0.0.1:{centre.port}/api/v1/alarms"
        async with asyncio.timeout(PATIENCE_S):
            while not await _listed(client, url):
                pass
        times, size, whole = [], 0, 0
        for language in ("kk", "ru", "ru", "ru", "ru", "ru"):
            began_s = time.monotonic()
            async with client.stream("GET", url, params={"lang": language}) as answer:
                packed = b"".join([part async for part in answer.aiter_raw()])
            times.append(time.monotonic() - began_s)
            size, whole = len(packed), len(gzip.decompress(packed))
    return [
        Row(
            f"the list of {STANDING + ALARMS:,} standing alarms: first in a language / again; size",
            f"{1000 * times[0]:.0f} / {1000 * statistics.median(times[2:]):.0f} ms; {size / 1000:.0f} kB",
            f"{whole / 1e6:.1f} MB not compressed",
            "again ≤ 500 ms",
            statistics.median(times[2:]) <= 0.5,
        )
    ]


async def _listed(client: httpx.AsyncClient, url: str) -> bool:
    answer = await client.get(url, params={"lang": "en"})
    return len(answer.json()["alarms"]) == STANDING + ALARMS


async def _storm(centre: Centre, agent: Agent) -> list[Row]:
    """Alarms that come and go: every change on every console, in the order of the journal and per alarm."""
    consoles = [await centre.follow(lambda _: None) for _ in range(STORM_CONSOLES)]
    consoles[0].keeps = True
    each = STORM_PER_S // STORM_BATCHES_PER_S
    began_s = time.monotonic()
    before = cost(centre.program.pid)
    for n in range(STORM_S * STORM_BATCHES_PER_S):
        status = AlarmState.RAISED if n % 2 == 0 else AlarmState.CLEARED
        events = [_event(50_000 + m, 1 + n // 2, status, t_ms=1_790_000_000_000 + n) for m in range(each)]
        await asyncio.to_thread(agent.send, _batch(10_000 + n, events))
        await asyncio.sleep(max(0.0, began_s + (n + 1) / STORM_BATCHES_PER_S - time.monotonic()))
    sent_s = time.monotonic()
    expected = STORM_S * STORM_PER_S
    await _until(lambda: all(len(console.seqs) >= expected for console in consoles))
    behind_s, used = time.monotonic() - sent_s, cost(centre.program.pid)
    is_whole = all(_has_no_hole(console.seqs) for console in consoles) and _alternates(
        bytes(consoles[0].text)
    )
    rate = expected / (sent_s - began_s)
    return [
        Row(
            f"{expected:,} alarm events in {STORM_S} s on {STORM_CONSOLES} consoles: lost or out of order",
            "none" if is_whole else "some",
            f"{rate:.0f}/s, over {behind_s:.1f} s after the last; {used.cpu_s - before.cpu_s:.0f} CPU s",
            "none; ≥ 1,000/s",
            is_whole and rate > 0.98 * STORM_PER_S and behind_s < 5,
        )
    ]


def _has_no_hole(seqs: Sequence[int]) -> bool:
    return list(seqs) == list(range(seqs[0], seqs[0] + len(seqs)))


def _alternates(text: bytes) -> bool:
    """Whether each alarm was raised and cleared in turn, as it was told."""
    told: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith(b'data: {"seq"') and b'"alarm":' in line:
            data: dict[str, Any] = json.loads(line[6:])
            if "change" in data:
                told.setdefault(data["alarm"]["key"], []).append(data["change"]["trigger"])
    turns = {tuple(one) for one in told.values()}
    return turns == {("raise", "clear") * (STORM_S * STORM_BATCHES_PER_S // 2)}


def _event(
    place: int, number: int, status: AlarmState = AlarmState.RAISED, t_ms: int = 1_790_000_000_000
) -> AlarmEvent:
    return AlarmEvent(
        id=f"high_high/boiler-1/t{place}/{number}",
        code="high_high",
        state=status,
        t_ms=t_ms,
        since_ms=t_ms,
        device="boiler-1",
        channel=f"t{place}",
        priority=2,
        params={"value": 97.5, "limit": 95.0, "unit": "Cel"},
    )


def _batch(seq: int, events: Sequence[AlarmEvent]) -> Batch:
    empty = batch(seq, rows=0)
    return Batch(
        epoch=empty.epoch, seq=seq, boot=empty.boot, site_class=empty.site_class, alarms=tuple(events)
    )


def _p99(values: Sequence[float]) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[98]


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110 - what is waited for is in another process
            await asyncio.sleep(0.002)
