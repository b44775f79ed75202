"""The stream in a real browser: lost and back without a gap, one for all tabs."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.console.centre import (
    Centre,
    alarm,
    as_process,
    fill_login,
    log_in,
    open_page,
    picture,
    prepared,
)
from tests.servers import Mosquitto

pytestmark = pytest.mark.system


def test_what_happens_while_the_centre_is_away_is_there_when_it_is_back(
    page: Page, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with prepared(tmp_path, mosquitto.port) as (centre, file):
        with as_process(file):
            log_in(page, centre)
            centre.send(alarm("before"))
            expect(page.locator(".row.alarm")).to_have_count(1)
        expect(page.locator(".lost")).to_contain_text("Нет связи с центром с ")
        picture(page, "connection-lost")
        centre.send(*(alarm(f"meanwhile-{n}") for n in range(8)), wait=False)
        with as_process(file):
            expect(page.locator(".row.alarm")).to_have_count(9, timeout=20_000)
            expect(page.locator(".lost")).to_have_count(0)


def test_tabs_share_one_stream_and_the_next_one_takes_it_over(browser: Browser, centre: Centre) -> None:
    streams: list[str] = []

    def note(request: Request) -> None:
        if "/stream" in request.url:
            streams.append(request.url)

    first = open_page(browser)
    first.context.on("request", note)
    log_in(first, centre)
    others = [first.context.new_page() for _ in range(7)]
    for page in others:
        page.goto(centre.url)
        page.wait_for_selector(".list")
    centre.send(alarm("one"))
    for page in (first, *others):
        expect(page.locator(".row.alarm")).to_have_count(1)
    assert len(streams) == 1
    first.close()
    centre.send(alarm("two"))
    for page in others:
        expect(page.locator(".row.alarm")).to_have_count(2)
        expect(page.locator(".lost")).to_have_count(0)
    assert len(streams) == 2


def test_a_tab_goes_on_in_the_session_that_another_tab_has_begun(browser: Browser, centre: Centre) -> None:
    centre.send(alarm("t_supply"))
    first = open_page(browser)
    log_in(first, centre)
    second = first.context.new_page()
    second.goto(centre.url)
    second.click(".row.alarm")
    first.click(".person summary")
    first.get_by_role("button", name="Выйти").click()
    fill_login(first, "anna")
    first.wait_for_selector(".row.alarm")
    second.click(".detail >> text=Квитировать")
    second.fill("dialog textarea", "из другой вкладки")
    second.keyboard.press("Enter")
    expect(first.locator(".row.alarm.urgent")).to_have_count(0)
    expect(second.locator(".detail")).to_contain_text("из другой вкладки")


def test_ages_go_by_the_clock_of_the_centre(browser: Browser, centre: Centre) -> None:
    centre.send(alarm("t_supply", age_s=600))
    page = open_page(browser)
    page.add_init_script("const real = Date.now; Date.now = () => real() + 3 * 3600 * 1000")
    log_in(page, centre)
    expect(page.locator(".row.alarm .age")).to_contain_text("10\u00a0мин")
