"""The publisher against a real mosquitto and a collector that gives receipts, or does not."""

import asyncio
import math
import subprocess
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiomqtt
import pytest
from structlog.testing import capture_logs

from edge_agent.publish import publisher
from edge_agent.spool import Spool
from tests.edge_agent.outboxes import everything, outbox
from tests.edge_agent.publishing import GATEWAY, Site, eventually, peer, receipt, site
from tests.servers import Mosquitto, free_port
from wire.broker import Broker
from wire.messages import Batch, Presence, Receipt, Status

pytestmark = pytest.mark.system


def empty(here: Site) -> bool:
    return here.box.depth().batches == 0


async def test_what_is_written_arrives_and_leaves_the_outbox(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with peer(mosquitto.port) as collector, site(tmp_path, mosquitto.port) as here:
        here.write(3)
        sent = [one.payload for one in everything(here.box)]
        await collector.until(lambda: empty(here))
        assert [collector.payloads[n] for n in (1, 2, 3)] == [[payload] for payload in sent]


async def test_birth_and_status_are_retained_and_name_the_epoch(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with site(tmp_path, mosquitto.port) as here, peer(mosquitto.port) as late:
        await late.until(lambda: bool(late.abouts and late.statuses))
        assert late.abouts[0].epoch == here.box.epoch
        assert late.statuses[0].state is Presence.ONLINE
        assert (late.statuses[0].readings_taken, late.statuses[0].outbox_oldest_seq) == (7, 1)


async def test_it_says_stopped_when_it_stops_and_the_broker_says_offline_when_it_dies(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with peer(mosquitto.port) as collector:
        async with site(tmp_path, mosquitto.port):
            await collector.until(lambda: bool(collector.statuses))
        await collector.until(lambda: collector.statuses[-1].state is Presence.STOPPED)
        async with site(tmp_path, mosquitto.port):
            await collector.until(lambda: collector.statuses[-1].state is Presence.ONLINE)
            # The same identifier: the broker drops the first connection and publishes its last will.
            same = f"ulba.{GATEWAY.site}.{GATEWAY.gateway}"
            async with aiomqtt.Client("127.0.0.1", mosquitto.port, identifier=same):
                await collector.until(lambda: Presence.OFFLINE in {s.state for s in collector.statuses})
            will = next(s for s in collector.statuses if s.state is Presence.OFFLINE)
            assert will == Status(state=Presence.OFFLINE, epoch=f"{1:016x}")


async def test_a_days_backlog_drains_within_five_seconds(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with peer(mosquitto.port) as collector:
        async with site(tmp_path, free_port()) as here:
            here.write(1440)
        began = time.perf_counter()
        async with site(tmp_path, mosquitto.port) as here:
            await collector.until(lambda: empty(here))
        assert time.perf_counter() - began < 5
        assert collector.arrived == set(range(1, 1441))
        assert all(len(times) == 1 for times in collector.payloads.values())


async def test_a_broker_killed_in_mid_flow_costs_nothing(mosquitto: Mosquitto, tmp_path: Path) -> None:
    async with peer(mosquitto.port) as collector, site(tmp_path, mosquitto.port, receipt_timeout_s=1) as here:
        for _ in range(3):
            here.write(300)
            await collector.until(lambda: len(collector.arrived) > here.written - 280)
            mosquitto.kill()
            here.write(5)
            mosquitto.start()
        await collector.until(lambda: empty(here))
        assert collector.arrived == set(range(1, here.written + 1))
        assert all(len(set(payloads)) == 1 for payloads in collector.payloads.values())


async def test_lost_receipts_cost_a_repeated_message(mosquitto: Mosquitto, tmp_path: Path) -> None:
    seen: set[int] = set()

    def every_second_time(batch: Batch) -> Receipt | None:
        first = batch.seq not in seen
        seen.add(batch.seq)
        return None if first and batch.seq % 2 else receipt(batch)

    async with (
        peer(mosquitto.port, every_second_time) as collector,
        site(tmp_path, mosquitto.port, receipt_timeout_s=0.3, written=20) as here,
    ):
        await collector.until(lambda: empty(here))
        assert all(len(set(payloads)) == 1 for payloads in collector.payloads.values())
        assert all(len(collector.payloads[n]) >= 2 for n in range(1, 21, 2))


async def test_late_receipts_do_no_harm(mosquitto: Mosquitto, tmp_path: Path) -> None:
    kept: list[Receipt] = []

    def late(batch: Batch) -> Receipt | None:
        kept.append(receipt(batch))
        return None if len(kept) < 8 else kept.pop(0)

    async with (
        peer(mosquitto.port, late) as collector,
        site(tmp_path, mosquitto.port, receipt_timeout_s=0.2, written=5) as here,
    ):
        await collector.until(lambda: empty(here))
        here.write(1)
        await collector.until(lambda: 6 in collector.arrived)
        assert max(len(payloads) for payloads in collector.payloads.values()) > 1


async def test_receipts_of_another_epoch_and_rubbish_are_ignored_and_rubbish_is_counted(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    answers: list[Receipt | bytes] = [b"{", b"\x78\x9c\x00", Receipt(epoch="f" * 16, ranges=((1, 9),))]

    def rubbish_first(batch: Batch) -> Receipt | bytes:
        return answers.pop(0) if answers else receipt(batch)

    with capture_logs() as logs:
        async with (
            peer(mosquitto.port, rubbish_first) as collector,
            site(tmp_path, mosquitto.port, receipt_timeout_s=0.2, written=3) as here,
        ):
            await collector.until(lambda: not answers)
            await collector.until(lambda: here.publisher.malformed_receipts == 2)
            await collector.until(lambda: empty(here))
    assert len([entry for entry in logs if "receipt topic" in entry["event"]]) == 1


async def test_a_silent_collector_is_not_flooded(mosquitto: Mosquitto, tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with (
            peer(mosquitto.port, lambda _: None) as collector,
            site(tmp_path, mosquitto.port, receipt_timeout_s=0.1, written=200) as here,
        ):
            await collector.until(lambda: sum(map(len, collector.payloads.values())) >= 67)
            assert collector.arrived == set(range(1, 65))
            collector.answer = receipt
            await collector.until(lambda: empty(here))
    told = [entry["event"] for entry in logs if "receipts" in entry["event"]]
    # Once when it falls silent and once when it is back; on a slow machine it may fall silent again.
    assert set(told[::2]) == {"the collector sends no receipts; readings wait in the outbox"}
    assert set(told[1::2]) == {"the collector sends receipts again"}


async def test_a_backlog_is_told_when_it_begins_and_when_it_is_over(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    async with (
        peer(mosquitto.port, lambda _: None) as collector,
        site(tmp_path, mosquitto.port, receipt_timeout_s=0.1) as here,
    ):
        await collector.until(lambda: bool(collector.statuses))
        here.write(2)
        await collector.until(lambda: collector.statuses[-1].outbox_batches == 2)
        assert collector.statuses[-1].outbox_readings == 100
        collector.answer = receipt
        await collector.until(lambda: collector.statuses[-1].outbox_batches == 0)
        assert len(collector.statuses) == 3


async def test_stopping_waits_for_receipts_but_not_for_ever(
    mosquitto: Mosquitto, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with peer(mosquitto.port) as collector:
        async with site(tmp_path, mosquitto.port, written=500) as here:
            await collector.until(lambda: bool(collector.arrived))
        assert len(collector.arrived) == 500
        monkeypatch.setattr(publisher, "DRAIN_S", 0.2)
        collector.answer = lambda _: None
        async with site(tmp_path, mosquitto.port) as here:
            here.written = 500
            here.write(1)
            await collector.until(lambda: 501 in collector.arrived)
        await collector.until(lambda: collector.statuses[-1].state is Presence.STOPPED)
        assert collector.statuses[-1].outbox_batches == 1


# --- brokers that refuse


class Guarded(Mosquitto):
    """Knows one user, whose password is `right`."""

    def command(self) -> list[str]:
        passwords = self.folder / "passwords"
        passwords.write_text("bh-07/gw-1:right\n")
        subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True, capture_output=True)
        file = self.folder / "guarded.conf"
        file.write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\nuser root\n"
        )
        return [self.path, "-c", str(file)]


@pytest.mark.parametrize("attempts", [3])
async def test_a_wrong_password_is_said_once_in_one_sentence_and_tried_again(
    tmp_path: Path, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ULBA_TEST_PASSWORD", "wrong")
    with Guarded(tmp_path / "guarded") as server, capture_logs() as logs:
        broker = Broker(port=server.port, username="bh-07/gw-1", password="env:ULBA_TEST_PASSWORD")
        async with site(tmp_path, server.port, broker=broker) as here:
            await eventually(lambda: here.publisher._failures >= attempts)
            monkeypatch.setenv("ULBA_TEST_PASSWORD", "right")
            await eventually(lambda: not here.publisher._failures)
    assert [entry["reason"] for entry in logs if entry["log_level"] == "warning"] == [
        f"broker 127.0.0.1:{server.port} refuses user 'bh-07/gw-1': see username and password in [broker]"
    ]


@pytest.mark.parametrize(
    ("broker", "word"),
    [
        (Broker(host="no-such-host.invalid"), "no-such-host"),
        (Broker(password="env:ULBA_NOT_SET"), "ULBA_NOT_SET: not set"),
        (Broker(ca_file="/nowhere/ca.crt"), "No such file"),
        (Broker(host=""), "Invalid host"),
    ],
)
async def test_trouble_before_the_connection_is_a_sentence_too(
    tmp_path: Path, broker: Broker, word: str
) -> None:
    with capture_logs() as logs:
        async with site(tmp_path, 0, broker=broker) as here:
            await eventually(lambda: here.publisher._failures > 0)
    (entry,) = [entry for entry in logs if entry["log_level"] == "warning"]
    assert word in entry["reason"]


class OldBroker:
    """Stands before a real broker; knows MQTT 3.1.1 only, and says so, or says nothing.

    It refuses subscriptions from the one with the number `deaf_from` on, counted on each connection.
    """

    def __init__(self, behind: int, *, silent: bool = False, deaf_from: float = math.inf) -> None:
        self.behind = behind
        self.silent = silent
        self.deaf_from = deaf_from
        self.subscriptions = 0
        self.versions: list[int] = []
        self.guests = 0

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.guests += 1
        with suppress(ConnectionError):
            await self._meet(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        self.guests -= 1

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first = await reader.read(4096)
        self.versions.append(first[first.index(b"MQTT") + 4])
        if self.versions[-1] <= 4:
            await self._pass_on(first, reader, writer)
        elif self.silent:
            await reader.read()
        else:
            writer.write(b"\x20\x02\x00\x01")
            await writer.drain()

    async def _pass_on(
        self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        back_reader, back_writer = await asyncio.open_connection("127.0.0.1", self.behind)
        self.subscriptions = 0
        back_writer.write(first)
        await asyncio.gather(_pump(reader, back_writer, bytes), _pump(back_reader, writer, self._edit))
        await back_writer.wait_closed()

    def _edit(self, data: bytes) -> bytes:
        """A SUBACK (0x90) that ends in 0x80 is a refusal (MQTT 3.1.1, 3.9.3)."""
        self.subscriptions += data[0] == 0x90
        return data[:-1] + b"\x80" if data[0] == 0x90 and self.subscriptions >= self.deaf_from else data


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, edit: Callable[[bytes], bytes]
) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(edit(data))
            await writer.drain()
    writer.close()


@asynccontextmanager
async def standing_before(old: OldBroker) -> AsyncIterator[int]:
    """The port to connect to."""
    async with await asyncio.start_server(old.meet, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        await eventually(lambda: old.guests == 0)


@pytest.mark.parametrize("silent", [False, True])
async def test_a_broker_that_knows_only_mqtt_3_is_spoken_to_in_its_language(
    mosquitto: Mosquitto, tmp_path: Path, silent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge_agent.publish.session.CONNACK_S", 1.0)
    old = OldBroker(mosquitto.port, silent=silent)
    async with standing_before(old) as port, peer(mosquitto.port) as collector:
        async with site(tmp_path, port, written=3) as here:
            await collector.until(lambda: empty(here))
        assert old.versions == [5, 4]


async def test_an_attempt_to_connect_may_be_cancelled(tmp_path: Path) -> None:
    old = OldBroker(0, silent=True)
    with outbox(tmp_path / "o.db") as box:
        async with standing_before(old) as port:
            here = Site(box, Spool(tmp_path), port, receipt_timeout_s=10, broker=None)
            task = asyncio.create_task(here.publisher.run(asyncio.Event()), name="publisher")
            await eventually(lambda: bool(old.versions))
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_a_broker_that_hides_receipts_is_named(mosquitto: Mosquitto, tmp_path: Path) -> None:
    old = OldBroker(mosquitto.port, deaf_from=1)
    with capture_logs() as logs:
        async with standing_before(old) as port, site(tmp_path, port) as here:
            await eventually(lambda: here.publisher._failures > 1)
    reasons = [entry["reason"] for entry in logs if "ACL" in entry.get("reason", "")]
    assert len(reasons) == 1
    assert "refuses to let us read ulba/v1/bh-07/gw-1/receipt" in reasons[0]
