"""NMU from another system: a real broker keeps it, a real collector enters it once, whoever is killed."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from collector import nmu, quarantine, state
from collector.alarms import book
from collector.settings import CollectorFile
from collector.state import chain
from collector.users import audit
from tests.collector.collecting import Agent, batch, collecting, settings, wait_until
from tests.collector.test_collecting import write_config
from tests.programs import Program
from tests.servers import Mosquitto
from wire import topics

pytestmark = pytest.mark.system
HOUR_S = 3600
_NOW = int(time.time())
BEGIN, END = (
    time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(one)) for one in (_NOW - HOUR_S, _NOW + 2 * HOUR_S)
)
KEY = "region/centre/adverse_weather/nmu"


def said(degree: int, source: str = "Kazhydromet") -> bytes:
    return json.dumps({"degree": degree, "from": BEGIN, "to": END, "source": source}).encode()


def entered(wanted: CollectorFile) -> list[int]:
    """The degrees, in order; each is audited once."""
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        found = [one.degree for one in reversed(nmu.entries(connection))]
        audited = [
            line.entry.after
            for line in audit.lines(connection, before_seq=None, limit=100)
            if line.entry.deed == "nmu"
        ]
        assert chain.broken_at(connection, state.nmu) is None
    assert len(audited) == len(found)
    return found


def alarm(wanted: CollectorFile) -> tuple[bool, Any] | None:
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        one = book.known(connection, [KEY]).get(KEY)
    return (one.active, one.event.params["degree"]) if one else None


def test_a_retained_announcement_is_entered_once_raises_the_alarm_and_is_taken_back(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    with Agent(mosquitto.port) as agent:
        agent.publish_to(topics.NMU, said(2), retain=True)
        for _ in range(2):  # the second collector is brought the same
            with collecting(wanted):
                wait_until(lambda: alarm(wanted) == (True, 2.0))
                agent.publish_to(topics.NMU, said(2), retain=True)
                agent.send_until_receipted(batch(1))
            assert entered(wanted) == [2]
        with collecting(wanted):
            agent.publish_to(topics.NMU, said(0), retain=True)
            wait_until(lambda: alarm(wanted) == (False, 2.0))
        assert entered(wanted) == [2, 0]


def test_what_cannot_be_read_is_set_aside_and_costs_the_next_one_nothing(
    mosquitto: Mosquitto, tmp_path: Path
) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    with Agent(mosquitto.port) as agent, collecting(wanted):
        agent.send_until_receipted(batch(1))  # it listens
        for payload in (b"?", said(4), b" " * 5000):
            agent.publish_to(topics.NMU, payload, retain=True)
        agent.publish_to(topics.NMU, said(1), retain=True)
        wait_until(lambda: entered(wanted) == [1])
    with state.opened(wanted.state.url) as engine, state.reading(engine) as connection:
        details = sorted(one.detail for one in quarantine.entries(connection))
    assert [detail.split(";")[0] for detail in details] == [
        "5000 bytes",
        "not an announcement of NMU: Expected `int` <= 3 - at `$.degree`",
        "not an announcement of NMU: JSON is malformed: invalid character (byte 0)",
    ]


def test_killed_whenever_each_announcement_is_entered_once(mosquitto: Mosquitto, tmp_path: Path) -> None:
    """The collector is killed right behind what it was told: before, within or after its transaction."""
    wanted = settings(tmp_path, mosquitto.port)
    arguments = ["collector", "run", "-c", str(write_config(wanted, tmp_path))]
    degrees = [1, 2, 3, 0, 1, 2]
    with Program("collector", arguments, tmp_path) as program, Agent(mosquitto.port) as agent:
        for number, degree in enumerate(degrees):
            program.await_ready()
            agent.publish_to(topics.NMU, said(degree, f"Kazhydromet {number}"), retain=True)
            if number % 2:
                wait_until(lambda number=number: len(entered(wanted)) > number)  # type: ignore[misc]
            program.kill()
            program.start()
        program.await_ready()
        agent.send_until_receipted(batch(1))
        program.stop()
    assert entered(wanted) == degrees
