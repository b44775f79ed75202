"""The dashboards ask for what the collector writes: each query on a real InfluxDB that its store filled."""

import json
import re
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import urllib3
import yaml

import edge_agent.settings
from collector.arrivals import Arrival
from collector.settings import InfluxStore
from collector.store.influx import InfluxReadings
from edge_agent.settings import Plant
from tests.servers import Influxdb
from wire.messages import Batch, Row, Table
from wire.topics import Gateway

GRAFANA = Path(__file__).parents[2] / "config" / "grafana"
SITES = Path(__file__).parents[2] / "config" / "sites"
BOARDS = sorted(GRAFANA.glob("dashboards/*.json"))
T = 1_769_396_400_000
MINUTES = 5
VARIABLES = {
    "$timeFilter": f"time >= {T}ms AND time <= {T + 3_600_000}ms",
    "$__interval": "1m",
    "$site": ".*",
    "$device": ".*",
}


def panels(board: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(board.read_text(encoding="utf-8"))["panels"]
    return found


def variables(board: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(board.read_text(encoding="utf-8"))["templating"]["list"]
    return found


QUERIES = [
    pytest.param(target["query"], id=f"{board.stem}: {panel['title']} {target['refId']}")
    for board in BOARDS
    for panel in panels(board)
    for target in panel["targets"]
]
CHOICES = [
    pytest.param(one["query"], id=f"{board.stem}: {one['name']}")
    for board in BOARDS
    for one in variables(board)
]


def arrivals(plant: Plant) -> Iterator[Arrival]:
    """A few minutes of all channels of a site; the first of each device is not good in the last one."""
    tables = tuple(
        Table(
            device=device.name,
            channels=tuple(channel.name for channel in device.channels),
            rows=tuple(
                Row(
                    T + 60_000 * n,
                    tuple(float(n) for _ in device.channels),
                    {0: "uncertain.spike"} if n == MINUTES - 1 else {},
                )
                for n in range(MINUTES)
            ),
        )
        for device in plant.devices
    )
    batch = Batch(epoch="0" * 16, seq=1, boot="b", site_class=plant.site_class, tables=tables)
    yield Arrival(Gateway(plant.site, plant.gateway), batch)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxdb]:
    """An InfluxDB into which the collector's store has written all shipped sites."""
    with Influxdb(tmp_path_factory.mktemp("influxdb")) as server:
        store = InfluxReadings(InfluxStore(url=server.url))
        plants = [edge_agent.settings.load(file) for file in sorted(SITES.glob("*.toml"))]
        assert not store.write(list(chain.from_iterable(arrivals(plant) for plant in plants)))
        store.close()
        yield server


def asked(server: Influxdb, query: str) -> list[dict[str, Any]]:
    for name, value in VARIABLES.items():
        query = query.replace(name, value)
    with urllib3.PoolManager() as pool:
        answer = pool.request("GET", f"{server.url}/query", fields={"db": "ulba", "epoch": "ms", "q": query})
    body = json.loads(answer.data)
    assert answer.status == 200, body
    (result,) = body["results"]
    assert "error" not in result, result
    found: list[dict[str, Any]] = result.get("series", [])
    return found


@pytest.mark.system
@pytest.mark.parametrize("query", QUERIES)
def test_each_query_finds_what_the_collector_wrote(filled: Influxdb, query: str) -> None:
    series = asked(filled, query)
    assert series, query
    values = [value for one in series for row in one["values"] for value in row[1:]]
    assert any(value is not None for value in values)


@pytest.mark.system
@pytest.mark.parametrize("query", CHOICES)
def test_each_choice_offers_something(filled: Influxdb, query: str) -> None:
    assert asked(filled, query)


def test_a_query_of_a_field_that_nobody_writes_would_be_seen(filled: Influxdb) -> None:
    assert not asked(filled, 'SELECT mean("t_suply") FROM "boiler_house" WHERE $timeFilter')


@pytest.mark.parametrize("board", BOARDS, ids=lambda path: path.stem)
def test_a_dashboard_is_whole(board: Path) -> None:
    whole = json.loads(board.read_text(encoding="utf-8"))
    assert whole["uid"] == board.stem
    assert len({panel["id"] for panel in whole["panels"]}) == len(whole["panels"])
    known = {f"${one['name']}" for one in whole["templating"]["list"]} | {"$timeFilter", "$__interval"}
    for panel in whole["panels"]:
        assert panel["datasource"] == {"type": "influxdb", "uid": "ulba"}
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for target in panel["targets"]:
            assert set(re.findall(r"\$[A-Za-z_]+", target["query"])) <= known


def test_the_data_source_and_the_folder_are_provisioned() -> None:
    sources = yaml.safe_load((GRAFANA / "provisioning/datasources/ulba.yaml").read_text(encoding="utf-8"))
    (source,) = sources["datasources"]
    assert (source["uid"], source["type"]) == ("ulba", "influxdb")
    assert source["jsonData"]["dbName"] == InfluxStore().database
    folders = yaml.safe_load((GRAFANA / "provisioning/dashboards/ulba.yaml").read_text(encoding="utf-8"))
    assert folders["providers"][0]["options"]["path"] == "/etc/grafana/ulba"
