"""Tabs that nobody looks at: hidden for real, put to sleep by the system, and what they know afterwards.

A page that playwright has opened is never hidden, whatever is in front of it (`setFocusEmulationEnabled`);
so these are tabs of one window of a Chromium that playwright has only been connected to.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.collector.collecting import wait_until
from tests.console.centre import (
    CHROMIUM,
    Centre,
    alarm,
    as_thread,
    chromium,
    log_in,
    nothing_went_wrong,
    prepared,
    watched,
)
from tests.servers import Mosquitto

pytestmark = pytest.mark.system

ROWS = "main .row.alarm"


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    profile = tmp_path_factory.mktemp("profile")
    own = [f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"]
    with (profile / "log").open("w") as log:
        process = subprocess.Popen([chromium(), *CHROMIUM, *own], stderr=log, stdout=log)
    try:
        port = profile / "DevToolsActivePort"
        wait_until(lambda: port.exists() and "\n" in port.read_text())
        url = f"http://127.0.0.1:{port.read_text().split()[0]}"
        with sync_playwright() as playwright:
            browser = playwright.chromium.connect_over_cdp(url, no_defaults=True)
            watched(*browser.contexts)
            yield browser
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def tabs(window: Browser) -> Iterator[BrowserContext]:
    """The one context of such a browser; all tabs but the first are closed afterwards."""
    (context,) = window.contexts
    yield context
    for page in context.pages[1:]:
        page.close()
    context.clear_cookies()
    nothing_went_wrong()


def hide(page: Page) -> Page:
    """Put another tab in front; returns it."""
    other = page.context.new_page()
    other.bring_to_front()
    page.wait_for_function("document.visibilityState === 'hidden'", polling=20)
    return other


def put_to_sleep(page: Page) -> None:
    page.context.new_cdp_session(page).send("Page.setWebLifecycleState", {"state": "frozen"})


def wake_up(page: Page) -> None:
    page.context.new_cdp_session(page).send("Page.setWebLifecycleState", {"state": "active"})


def test_a_hidden_tab_hears_of_alarms_and_a_sleeping_one_when_it_wakes_up(
    tabs: BrowserContext, centre: Centre
) -> None:
    page = tabs.new_page()
    log_in(page, centre)
    hide(page)
    centre.send(alarm("hidden-1"), alarm("hidden-2"))
    expect(page.locator(ROWS)).to_have_count(2)
    assert page.evaluate("document.visibilityState") == "hidden"
    put_to_sleep(page)
    centre.send(alarm("asleep-1"))
    centre.send(alarm("asleep-2"))
    wake_up(page)
    page.bring_to_front()
    expect(page.locator(ROWS)).to_have_count(4)
    expect(page.locator(".lost")).to_have_count(0)
    assert centre.streams == 1


def test_a_hidden_tab_finds_the_centre_again_and_asks_for_what_it_has_missed(
    tabs: BrowserContext, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with prepared(tmp_path, mosquitto.port) as (centre, file):
        page = tabs.new_page()
        with as_thread(file):
            log_in(page, centre)
            centre.send(alarm("before"))
            expect(page.locator(ROWS)).to_have_count(1)
            hide(page)
        centre.send(alarm("meanwhile-1"), alarm("meanwhile-2"), wait=False)
        with as_thread(file):
            expect(page.locator(ROWS)).to_have_count(3, timeout=20_000)
            assert page.evaluate("document.visibilityState") == "hidden"
            page.bring_to_front()
            expect(page.locator(".lost")).to_have_count(0)
            assert centre.streams == 1


def test_the_tab_in_front_takes_the_stream_from_one_that_sleeps(tabs: BrowserContext, centre: Centre) -> None:
    asleep = tabs.new_page()
    log_in(asleep, centre)
    wait_until(lambda: centre.streams == 1)
    front = hide(asleep)
    front.clock.install()
    front.goto(centre.url)
    front.wait_for_selector(".shell")
    put_to_sleep(asleep)
    centre.send(alarm("one"))
    front.clock.fast_forward("00:31")
    expect(front.locator(ROWS)).to_have_count(1)
    expect(front.locator(".lost")).to_have_count(0)
    wake_up(asleep)
    centre.send(alarm("two"))
    for page in (front, asleep):
        expect(page.locator(ROWS)).to_have_count(2)
    wait_until(lambda: centre.streams == 1)
