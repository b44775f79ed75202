"""A browser for each module, and in it for each test a centre and contexts of its own.

Not one browser for all tests: while playwright is at work a loop of asyncio runs in this thread, and other
modules have tests that want one.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console import centre as centres
from tests.console.centre import Centre
from tests.servers import Mosquitto

# A site's page asks every ten seconds, and more of these tests share a core than a person has pages.
expect.set_options(timeout=15_000)


@pytest.fixture
def centre(mosquitto: Mosquitto, tmp_path: Path) -> Iterator[Centre]:
    with centres.running(tmp_path, mosquitto.port) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with centres.chromium_browser() as opened:
        yield opened


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    yield chromium
    centres.close_pages(chromium)


@pytest.fixture
def page(browser: Browser) -> Page:
    return centres.open_page(browser)
