"""The rules in a whole collector: an exceedance is an alarm by the time its batch is receipted."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from collector import state
from collector.alarms import book
from collector.alarms.lifecycle import State
from tests.collector.collecting import Agent, collecting, settings, wait_until
from tests.collector.rules.test_air import ABOUT, POST, SO2, batch
from tests.servers import Mosquitto
from wire.codec import encode
from wire.topics import Kind

pytestmark = pytest.mark.system


def test_an_exceedance_is_an_alarm_when_its_batch_is_receipted(mosquitto: Mosquitto, tmp_path: Path) -> None:
    wanted = settings(tmp_path, mosquitto.port)
    minutes = [replace(batch([n], "so2", [2 * SO2]), seq=n + 1) for n in range(21)]
    with collecting(wanted), Agent(mosquitto.port, POST) as agent:
        agent.publish(encode(ABOUT), Kind.ABOUT, retain=True)
        with state.opened(wanted.state.url) as engine:

            def known() -> bool:
                with state.reading(engine) as connection:
                    return bool(connection.execute(state.gateways.select()).first())

            wait_until(known)
            agent.send_until_receipted(*minutes)
            with state.reading(engine) as connection:
                found = book.in_states(connection, State)
    air = [one for one in found if one.event.code == "air_exceedance"]
    assert [(one.key, one.event.params["level"]) for one in air] == [("ap-01/gw/air_exceedance/gas/so2", 1.0)]
