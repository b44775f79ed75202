"""The line to the broker: brokers that know only MQTT 3.1.1, refuse, are away, say nothing, or hold back."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from collector.ingest import line as line_module
from collector.ingest.line import RECEIVE_MAXIMUM, Line
from collector.ingest.mailbox import Mailbox
from tests.collector.collecting import PATIENCE_S, Agent, batch, collecting, expected, settings, stored
from tests.servers import Mosquitto, free_port
from wire.broker import Broker

pytestmark = pytest.mark.system


class OldBroker(socketserver.ThreadingTCPServer):
    """Stands before a real broker and knows only MQTT 3.1.1; silent ones hang up, others say CONNACK 1."""

    daemon_threads = True

    def __init__(self, port: int, *, silent: bool) -> None:
        self.behind = port
        self.silent = silent
        self.versions: list[int] = []
        super().__init__(("127.0.0.1", 0), _OldBrokerHandler)


class _OldBrokerHandler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        server = self.server
        assert isinstance(server, OldBroker)
        first = self.request.recv(4096)
        version = first[first.index(b"MQTT") + 4]
        server.versions.append(version)
        if version > 4:
            if not server.silent:
                self.request.sendall(b"\x20\x02\x00\x01")
            return
        with socket.create_connection(("127.0.0.1", server.behind)) as behind:
            behind.sendall(first)
            back = threading.Thread(target=_pump, args=(behind, self.request))
            back.start()
            _pump(self.request, behind)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@contextmanager
def old_broker(port: int, *, silent: bool) -> Iterator[OldBroker]:
    with OldBroker(port, silent=silent) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("silent", [False, True])
def test_a_broker_without_mqtt_5_is_spoken_to_in_mqtt_3(
    mosquitto: Mosquitto, tmp_path: Path, silent: bool
) -> None:
    with old_broker(mosquitto.port, silent=silent) as server:
        wanted = settings(tmp_path, server.server_address[1])
        with collecting(wanted), Agent(mosquitto.port) as agent:
            agent.send_until_receipted(batch(1), batch(2))
    assert server.versions == [5, 4]
    assert stored(wanted) == expected(batch(1), batch(2))


class _SlowBroker(socketserver.BaseRequestHandler):
    """Takes the connection and answers the subscription when it is let to."""

    def handle(self) -> None:
        self.request.recv(4096)
        self.request.sendall(b"\x20\x03\x00\x00\x00")  # CONNACK
        subscribe = self.request.recv(4096)
        at = 2 if subscribe[1] < 128 else 3  # behind the remaining length, a varint
        assert isinstance(self.server, SlowBroker)
        self.server.asked.set()
        self.server.may_answer.wait(PATIENCE_S)
        granted = bytes([1]) * subscribe.count(b"ulba/v1/")
        self.request.sendall(bytes([0x90, 3 + len(granted)]) + subscribe[at : at + 2] + b"\0" + granted)
        while self.request.recv(4096):
            pass


class SlowBroker(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self) -> None:
        self.asked, self.may_answer = threading.Event(), threading.Event()
        super().__init__(("127.0.0.1", 0), _SlowBroker)


@contextmanager
def slow_broker() -> Iterator[SlowBroker]:
    with SlowBroker() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.may_answer.set()
            server.shutdown()
            thread.join()


@contextmanager
def settling(port: int) -> Iterator[threading.Event]:
    """A line, and whether it says that it is settled; it says so once at most."""
    settled, box = threading.Event(), Mailbox()

    def settle() -> None:
        assert not settled.is_set()
        settled.set()

    line = Line(Broker(port=port), "c", box, settle)
    line.start()
    try:
        yield settled
    finally:
        box.close()
        line.stop()


def test_a_line_is_settled_when_the_broker_has_answered_its_subscription() -> None:
    with slow_broker() as server, settling(server.server_address[1]) as settled:
        assert server.asked.wait(PATIENCE_S)
        assert not settled.is_set()
        server.may_answer.set()
        assert settled.wait(PATIENCE_S)


def test_a_broker_that_says_nothing_holds_up_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_module, "_SUBSCRIBED_WITHIN_S", 0.1)
    with capture_logs() as logs, slow_broker() as server, settling(server.server_address[1]) as settled:
        assert settled.wait(PATIENCE_S)
    assert "broker does not answer" in [entry["event"] for entry in logs]


def test_a_broker_that_is_not_there_holds_up_no_start() -> None:
    with capture_logs() as logs, settling(free_port()) as settled:
        assert settled.wait(PATIENCE_S)
        assert [entry["event"] for entry in logs] == ["broker lost"]


def test_another_mqtt_is_tried_before_a_line_is_settled(mosquitto: Mosquitto) -> None:
    with (
        old_broker(mosquitto.port, silent=False) as server,
        settling(server.server_address[1]) as settled,
    ):
        assert settled.wait(PATIENCE_S)
        assert server.versions == [5, 4]


def test_a_broker_that_is_not_there_is_said_once_however_often_it_is_tried() -> None:
    with capture_logs() as logs:
        line = Line(Broker(port=free_port()), "c", Mailbox())
        line.start()
        threading.Event().wait(1.5)
        assert line.is_alive
        line.stop()
    assert not line.is_alive
    assert [entry["event"] for entry in logs] == ["broker lost"]
    assert "refused" in logs[0]["reason"]


def test_the_broker_holds_back_what_is_not_acknowledged(mosquitto: Mosquitto) -> None:
    box = Mailbox()
    line = Line(Broker(port=mosquitto.port), "c", box)
    line.start()
    try:
        with Agent(mosquitto.port) as agent:
            agent.send_until(lambda: bool(box.take(0.1)), batch(1))
            agent.send(*(batch(n) for n in range(2, 302)))
            held = box.take(PATIENCE_S)
            while more := box.take(0.5):
                held += more
            assert RECEIVE_MAXIMUM - 50 < len(held) < RECEIVE_MAXIMUM
            for letter in held:
                letter.acknowledge()
            assert box.take(PATIENCE_S)
    finally:
        box.close()
        line.stop()
