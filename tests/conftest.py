"""How every test runs: `async def test_…` on a loop of its own that must be empty of tasks at the end."""

import asyncio
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests import servers

# Three tests share two cores: how long an example takes says nothing about the code.
hypothesis.settings.register_profile("ulba", deadline=None)
hypothesis.settings.load_profile("ulba")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run coroutine tests; one that leaves a task behind fails."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(alone(pyfuncitem.obj, {name: pyfuncitem.funcargs[name] for name in names}))
    return True


async def alone(test: Any, arguments: dict[str, Any]) -> None:
    """Run a coroutine test; afterwards no task may be left."""
    await test(**arguments)
    left = asyncio.all_tasks() - {asyncio.current_task()}
    assert not left, f"tasks left behind: {sorted(task.get_name() for task in left)}"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[servers.Mosquitto]:
    """A real mosquitto of this test's own; `.kill()` and `.start()` as you need."""
    with servers.Mosquitto(tmp_path / "mosquitto") as server:
        yield server


@pytest.fixture
def influxdb(tmp_path: Path) -> Iterator[servers.Influxdb]:
    """A real InfluxDB 1.x of this test's own."""
    with servers.Influxdb(tmp_path / "influxdb") as server:
        yield server


@pytest.fixture
def victoria(tmp_path: Path) -> Iterator[servers.Victoria]:
    """A real VictoriaMetrics, which takes `/api/v2/write`."""
    with servers.Victoria(tmp_path / "victoria") as server:
        yield server
