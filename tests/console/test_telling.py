"""Webhooks and calls to people in a real browser, against a real receiver."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import standardwebhooks
from playwright.sync_api import Browser, Page, expect

from tests.collector.receiver import Receiver, receiving
from tests.console import centre as centres
from tests.console.centre import Centre, alarm, log_in, open_page, picture
from tests.console.test_page import CYRILLIC, barriers
from tests.servers import Mosquitto

pytestmark = pytest.mark.system
TABS = {
    "ru": ("Вебхуки", "Вызовы людей"),
    "kk": ("Вебхуктар", "Адамдарды шақыру"),
    "en": ("Webhooks", "Calls to people"),
}
PLAN = """
[webhooks]
targets = "any"
[notify]
gather_s = 0
[[notify.people]]
name = "aigul"
channels = ["env:ULBA_AIGUL"]
[[notify.steps]]
name = "duty"
people = ["aigul"]
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as opened:
        yield opened


@pytest.fixture
def centre(
    mosquitto: Mosquitto, tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Centre]:
    monkeypatch.setenv("ULBA_AIGUL", f"json://127.0.0.1:{receiver.server.server_port}/people")
    with centres.prepared(tmp_path, mosquitto.port) as (centre, file):
        file.write_text(file.read_text() + PLAN)
        with centres.as_thread(file):
            yield centre


def test_a_webhook_is_added_tested_disabled_enabled_redelivered_and_removed(
    page: Page, centre: Centre, receiver: Receiver
) -> None:
    log_in(page, centre, "anna", "/administration")
    page.get_by_role("button", name="Вебхуки").click()
    page.get_by_text("Добавить вебхук").first.click()
    add = page.locator("details form")
    add.get_by_label("Адрес").fill("ftp://nowhere")
    add.get_by_role("button").click()
    expect(add.locator(".trouble")).to_contain_text("Адрес: https://узел/путь")
    add.get_by_label("Адрес").fill(receiver.url)
    add.get_by_role("button").click()
    secret = page.locator("details code").inner_text()
    row = page.locator("table.webhooks tbody tr")
    expect(row).to_contain_text("обо всех тревогах")
    expect(row).to_contain_text("ещё ничего не отправлялось")
    row.get_by_role("button", name="Проверить").click()
    expect(page.get_by_text("Проверка доставлена: 204")).to_be_visible()
    (test,) = receiver.posts
    assert standardwebhooks.Webhook(secret).verify(test.body, test.headers)["type"].endswith(".test.v1")
    expect(row).to_contain_text("работает")

    def answering(status: int) -> None:
        receiver.answer = lambda event: (status if "specversion" in event else 204, {})

    def told() -> list[str]:
        return [post.event["subject"] for post in receiver.posts if "subject" in post.event]

    answering(410)
    centre.send(alarm("t_supply"))
    expect(row).to_contain_text("отключён: получатель ответил «410")
    dead = page.locator("table.journal tbody tr")
    expect(dead).to_contain_text("bh-01/gw-1/high_high/boiler-1/t_supply")
    picture(page, "webhook-disabled")
    answering(204)
    row.get_by_role("button", name="Включить и доставить пропущенное").click()
    expect(row).to_contain_text("работает")
    expect(dead).to_have_count(0)
    assert told() == ["bh-01/gw-1/high_high/boiler-1/t_supply"] * 2

    answering(410)
    centre.send(alarm("t_return"))
    expect(row).to_contain_text("отключён")
    answering(204)
    row.get_by_role("button", name="Включить с этого момента").click()
    dead.get_by_role("button", name="Повторить").click()
    expect(row).to_contain_text("работает")
    expect(dead).to_have_count(0)
    assert told()[2:] == ["bh-01/gw-1/high_high/boiler-1/t_return"] * 2

    row.get_by_role("button", name="Удалить").click()
    page.locator("dialog").get_by_role("button", name="Удалить").click()
    expect(row).to_have_count(0)


def test_whom_an_alarm_was_told_is_shown_with_the_letter_and_what_came_of_it(
    page: Page, centre: Centre, receiver: Receiver
) -> None:
    centre.send(alarm("t_supply", priority=1))
    receiver.await_posts(1)
    log_in(page, centre, "anna", "/administration")
    page.get_by_role("button", name="Вызовы людей").click()
    row = page.locator("table.journal tbody tr")
    expect(row).to_contain_text("aigul")
    expect(row).to_contain_text("env:ULBA_AIGUL")
    row.locator("summary").click()
    expect(row.locator(".letter")).to_contain_text("Квитируйте")
    expect(row).to_contain_text("bh-01/gw-1/high_high/boiler-1/t_supply")
    page.get_by_role("button", name="Доставлено", exact=True).click()
    expect(row).to_contain_text("Доставлено")
    picture(page, "sent")
    page.get_by_role("button", name="Не доставлено").click()
    expect(row).to_have_count(0)


def test_both_pages_speak_each_language_fit_a_phone_and_have_no_barriers(
    browser: Browser, centre: Centre, receiver: Receiver
) -> None:
    receiver.answer = lambda event: (410 if "specversion" in event else 204, {})
    page = open_page(browser, viewport={"width": 360, "height": 740}, color_scheme="dark")
    log_in(page, centre, "anna", "/administration")
    headers = {"X-CSRF-Token": page.request.get(f"{centre.url}/api/v1/me").json()["csrf"]}
    asked = {"url": receiver.url, "filter": {"sites": ["bh-01"], "priority": 2}}
    assert page.request.post(f"{centre.url}/api/v1/webhooks", data=asked, headers=headers).ok
    centre.send(alarm("t_supply", priority=1))
    receiver.await_posts(2)
    for language, tabs in TABS.items():
        page.click(".person summary")
        page.select_option(".drop select[name=language]", language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        page.keyboard.press("Escape")  # the choice would cover the tabs
        for tab in tabs:
            page.get_by_role("button", name=tab, exact=True).click()
            page.wait_for_selector("table tbody tr")
            assert barriers(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= 360
            picture(page, f"phone-{language}-{tab}")
            if language == "en":
                said = page.locator("main :is(th, button, td:not(.said))").all_inner_texts()
                assert CYRILLIC.search(" ".join(said)) is None, said
