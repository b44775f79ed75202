"""The suite's own promise: a test that leaves a task behind fails."""

import asyncio

import pytest

from tests.conftest import alone


def test_a_test_that_leaves_a_task_behind_fails() -> None:
    kept = []

    async def leaky() -> None:
        kept.append(asyncio.create_task(asyncio.sleep(60), name="left-over"))

    with pytest.raises(AssertionError, match="left-over"):
        asyncio.run(alone(leaky, {}))


def test_a_test_that_cleans_up_passes() -> None:
    async def tidy() -> None:
        await asyncio.create_task(asyncio.sleep(0), name="done")

    asyncio.run(alone(tidy, {}))
