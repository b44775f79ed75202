"""A centre and a browser for one test."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.console import centre as centres
from tests.console.centre import Centre
from tests.servers import Mosquitto


@pytest.fixture
def centre(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Centre]:
    with centres.running(tmp_path, mosquitto.port) as running:
        yield running


@pytest.fixture
def browser() -> Iterator[Browser]:
    with centres.chromium_browser() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Page:
    return centres.open_page(browser)
