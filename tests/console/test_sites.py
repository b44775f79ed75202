"""Sites, trends and the journal in a real browser."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.collector.collecting import wait_until
from tests.console.centre import Centre, alarm, boiler, log_in, now_ms, picture, readings
from wire.messages import Row, Table

pytestmark = pytest.mark.system

INK = """() => {
    const canvas = document.querySelector('.chart canvas');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    let ink = 0;
    for (let i = 3; i < pixels.length; i += 4) ink += pixels[i] > 0;
    return ink;
}"""


@contextmanager
def drawn_anew(page: Page) -> Iterator[None]:
    """Whatever is done in the block brings another curve, and it is there at the end."""
    page.wait_for_selector(".chart canvas")
    page.evaluate("document.querySelector('.chart canvas').dataset.old = 'yes'")
    yield
    page.wait_for_selector(".chart canvas:not([data-old])")


def test_a_trend_is_drawn_zoomed_into_and_taken_away_as_a_table(page: Page, centre: Centre) -> None:
    centre.publish_about(boiler())
    centre.send(alarm("t_supply", age_s=3600), tables=[readings(600)])
    log_in(page, centre, path="/sites/bh-01")
    expect(page.locator("h1")).to_have_text("Котельная на Бажова")
    expect(page.locator(".trend h2")).to_contain_text("Температура подачи")
    with drawn_anew(page):
        page.get_by_role("button", name="Сутки").click()
    expect(page.locator(".trend [aria-pressed=true]")).to_have_text("Сутки")
    whole = page.evaluate(INK)
    assert whole > 5_000
    box = page.locator(".chart .u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.85, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 80, steps=4)
    with drawn_anew(page):
        page.mouse.up()
    expect(page.get_by_role("button", name="Весь период")).to_be_visible()
    picture(page, "zoomed")
    with drawn_anew(page):
        page.get_by_role("button", name="Весь период").click()
    with page.expect_download() as table:
        page.click("text=Скачать CSV")
    lines = table.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 601
    assert ";" in lines[1]


def test_values_say_how_good_and_how_old_they_are(page: Page, centre: Centre) -> None:
    old = now_ms() - 20 * 60_000
    centre.send(tables=[Table(device="boiler-1", channels=("t_supply",), rows=(Row(old, (71.5,)),))])
    centre.publish_about(boiler())
    page.clock.install()
    log_in(page, centre, path="/sites/bh-01")
    line = page.locator(".device tbody tr")
    expect(line).to_have_class(re.compile("stale"))
    expect(line).to_contain_text("71,5 °C")
    expect(line).to_contain_text(re.compile("нет данных 20.мин"))
    bad = Row(now_ms(), (None,), {0: "bad.no_answer"})
    centre.send(tables=[Table(device="boiler-1", channels=("t_supply",), rows=(bad,))])
    told = f"{centre.url}/api/v1/sites/bh-01"
    wait_until(lambda: "bad.no_answer" in page.request.get(told).text())
    page.clock.fast_forward("00:10")
    expect(line).to_contain_text("нет ответа")
    picture(page, "bad-value")


def test_the_overview_shows_the_site_that_needs_somebody_at_once(page: Page, centre: Centre) -> None:
    centre.publish_about(boiler())
    centre.send(tables=[readings(5)])
    log_in(page, centre, path="/overview")
    tile = page.locator(".tile", has_text="Котельная на Бажова")
    expect(tile).to_contain_text("Без тревог")
    expect(page.locator(".map .site-mark .priority-0")).to_have_count(1)
    centre.send(alarm("t_supply", priority=1))
    expect(tile).to_contain_text("не квитировано: 1")
    expect(page.locator(".map .site-mark .priority-1")).to_have_count(1)
    picture(page, "overview")
    expect(page.locator(".map .site-name")).to_have_text("Котельная на Бажова")
    page.locator(".map .site-mark").click()
    expect(page.locator(".site h1")).to_have_text("Котельная на Бажова")


def test_the_journal_is_searched_and_read_back(page: Page, centre: Centre) -> None:
    for n in range(3):
        centre.send(*(alarm(f"t{n}-{m}") for m in range(50)))
    log_in(page, centre, path="/journal")
    expect(page.locator("tbody tr")).to_have_count(100)
    page.get_by_role("button", name="Показать ещё").click()
    expect(page.locator("tbody tr")).to_have_count(150)
    page.fill("input[type=search]", "T1-7")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("возникла")


def test_the_health_of_the_alarm_system_names_the_worst_and_who_was_prompt(
    page: Page, centre: Centre
) -> None:
    centre.send(*(alarm(f"t{n}", priority=3) for n in range(14)))
    log_in(page, centre)
    expect(page.locator(".rows .row").first).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.fill("dialog textarea", "Одна причина")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Выполнено: 14")).to_be_visible()
    page.click("nav >> text=Качество сигнализации")
    expect(page.locator(".rates rect.flooded")).to_have_count(1)
    expect(page.locator(".rate-chart .level")).to_have_text(["2", "10"])
    expect(page.locator(".rate-chart time")).to_have_count(5)
    expect(page.get_by_text("Ни одна тревога не повторяется без конца.")).to_be_visible()
    expect(page.locator(".shares")).to_contain_text("14 100 %")
    expect(page.locator("section", has_text="По людям")).to_contain_text("anna")
    picture(page, "health")
