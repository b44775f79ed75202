"""Writing through influxdb-client to a server that takes `/api/v2/write`."""

import json
import subprocess
import sys

import pytest
import urllib3

from collector.settings import InfluxStore
from collector.store import StoreUnavailableError, open_store
from tests.collector.store_data import T, arrival, one_channel, scans
from tests.servers import Influxdb, Victoria, free_port
from wire.messages import Row


def exported(server: Victoria, metric: str) -> dict[int, float]:
    pool = urllib3.PoolManager()
    pool.request("GET", f"{server.url}/internal/force_flush")
    lines = pool.request("GET", f"{server.url}/api/v1/export?match[]={metric}").data.splitlines()
    pool.clear()
    pairs = ((line["timestamps"], line["values"]) for line in map(json.loads, lines))
    return {t: value for times, values in pairs for t, value in zip(times, values, strict=True)}


@pytest.mark.system
def test_scans_written_over_v2_are_there_once(victoria: Victoria) -> None:
    store = open_store(InfluxStore(url=victoria.url, api="v2", org="region"))
    rows = [Row(T + index * 60_000, (float(index), -1.5)) for index in range(7000)]
    sent = [arrival(scans(["t_supply", "draught"], *rows))]
    assert store.write(sent) == ()
    assert store.write(sent) == ()
    store.close()
    assert exported(victoria, "boiler_house_t_supply") == {row.t_ms: row.values[0] for row in rows}
    assert exported(victoria, "boiler_house_draught") == {row.t_ms: -1.5 for row in rows}


def test_v2_with_nobody_listening_is_a_sentence() -> None:
    store = open_store(InfluxStore(url=f"http://127.0.0.1:{free_port()}", api="v2", timeout_s=1.0))
    with pytest.raises(StoreUnavailableError, match="does not answer"):
        store.write([one_channel({T: 1.0})])
    store.close()


@pytest.mark.system
def test_v2_at_a_server_without_it_is_a_sentence(influxdb: Influxdb) -> None:
    """InfluxDB 1.6 knows no /api/v2: 404, as for a missing bucket."""
    store = open_store(InfluxStore(url=influxdb.url, api="v2"))
    with pytest.raises(StoreUnavailableError, match=r"create the bucket first, or set api = .v1."):
        store.write([one_channel({T: 1.0})])
    store.close()


@pytest.mark.parametrize(("api", "loaded"), [("v1", False), ("v2", True)])
def test_the_client_library_is_loaded_only_for_v2(api: str, *, loaded: bool) -> None:
    program = (
        "import sys; from collector.settings import InfluxStore; from collector.store import open_store;"
        f"open_store(InfluxStore(api={api!r})).close(); print('influxdb_client' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(loaded)
