"""A feed that is served for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.feed.serving import Server, serving


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as served:
        yield served
