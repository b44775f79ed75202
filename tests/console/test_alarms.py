"""Alarms in a real browser: they appear by themselves, are acted upon, and are so in every other browser."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.console.centre import (
    EPOCH,
    Centre,
    alarm,
    boiler,
    fill_login,
    log_in,
    now_ms,
    open_page,
    picture,
    readings,
)
from wire.codec import encode
from wire.messages import AlarmState, Presence, Rebaseline, Status
from wire.topics import Kind

pytestmark = pytest.mark.system


def test_an_alarm_is_acknowledged_with_a_comment_and_is_so_in_another_browser(
    browser: Browser, centre: Centre
) -> None:
    anna, boris = open_page(browser), open_page(browser)
    log_in(anna, centre, "anna")
    log_in(boris, centre, "boris")
    expect(anna.get_by_text("Тревог нет")).to_be_visible()
    centre.send(alarm("t_supply"))
    for page in (anna, boris):
        found = page.locator(".row.alarm.urgent")
        expect(found).to_have_count(1)
        expect(found).to_contain_text("Котельная на Бажова")
        expect(found).to_contain_text("выше аварийного предела")
        expect(found).to_contain_text("97,5 °C")
        expect(found).to_contain_text("предел 95 °C")
        expect(found.locator(".priority-2")).to_have_text(re.compile("2.*В"))
    anna.keyboard.press("j")
    anna.keyboard.press("a")
    anna.fill("dialog textarea", "Бригада выехала")
    anna.keyboard.press("Enter")
    expect(boris.locator(".row.alarm")).to_contain_text("квитирована")
    expect(boris.locator(".row.alarm.urgent")).to_have_count(0)
    boris.click(".row.alarm")
    expect(boris.locator(".detail")).to_contain_text("Бригада выехала")
    picture(boris, "acknowledged")
    centre.send(alarm("t_supply", status=AlarmState.CLEARED))
    expect(boris.get_by_text("Тревог нет")).to_be_visible()


def test_what_began_long_ago_has_a_date_and_what_is_drawn_a_scale(page: Page, centre: Centre) -> None:
    centre.publish_about(boiler())
    centre.send(alarm("t_supply", age_s=3 * 86_400), tables=[readings(60)])
    log_in(page, centre)
    row = page.locator(".row.alarm")
    expect(row.locator(".since small")).to_have_text(re.compile(r"^\d\d\.\d\d\.20\d\d$"))
    expect(row.locator(".spark text")).to_have_text(["95", re.compile(r"^7\d(,\d+)?$")])


def test_several_are_selected_by_mouse_and_keys_and_shelved_for_a_while(page: Page, centre: Centre) -> None:
    centre.send(*(alarm(f"t{n}", priority=3, age_s=60 + n) for n in range(6)))
    log_in(page, centre)
    boxes = page.locator(".row.alarm .check input")
    boxes.nth(1).click()
    boxes.nth(3).click(modifiers=["Shift"])
    expect(page.locator(".row[aria-selected=true]")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(".row[aria-selected=true]")).to_have_count(4)
    page.keyboard.press("s")
    page.get_by_text("4 ч", exact=True).click()
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .trouble")).to_have_text("Укажите причину.")
    page.fill("dialog textarea", "Замена датчиков")
    page.click("dialog button[type=submit]")
    expect(page.locator(".row.alarm")).to_have_count(2)
    page.get_by_role("button", name="Отложенные").click()
    expect(page.locator(".row.alarm")).to_have_count(4)
    page.locator(".row.alarm").first.click()
    expect(page.locator(".detail")).to_contain_text("Замена датчиков")
    picture(page, "shelved")


def test_out_of_service_asks_for_the_permit_and_it_comes_back_by_hand(page: Page, centre: Centre) -> None:
    centre.send(alarm("t_supply"))
    log_in(page, centre)
    page.click(".row.alarm")
    page.click(".detail >> text=Вывести из работы")
    page.fill("dialog textarea", "Ремонт")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .trouble")).to_have_text("Укажите номер наряда-допуска.")
    page.fill("dialog input[name=permit]", "НД-17")
    page.click("dialog button[type=submit]")
    expect(page.get_by_text("Тревог нет")).to_be_visible()
    page.get_by_role("button", name="Выведенные и подавленные").click()
    page.click(".row.alarm")
    expect(page.locator(".detail")).to_contain_text("НД-17")
    page.click(".detail >> text=Вернуть в работу")
    page.click("dialog button[type=submit]")
    expect(page.locator(".row.alarm")).to_have_count(0)
    page.get_by_role("button", name="Текущие").click()
    expect(page.locator(".row.alarm.urgent")).to_have_count(1)


def test_filters_narrow_the_list_and_the_keyboard_layout_does_not_matter(page: Page, centre: Centre) -> None:
    centre.send(*(alarm(f"t{n}", priority=1 + n % 4, age_s=60 + n) for n in range(8)))
    log_in(page, centre)
    expect(page.locator(".row.alarm")).to_have_count(8)
    marks = page.locator(".row.alarm .priority")
    assert [re.sub(r"\D", "", text) for text in marks.all_text_contents()] == list("11223344")
    page.locator(".filters .priorities button").nth(0).click()
    expect(page.locator(".row.alarm")).to_have_count(2)
    page.locator(".filters .priorities button").nth(0).click()
    page.keyboard.press("/")
    page.keyboard.type("бажова T7")
    expect(page.locator(".row.alarm")).to_have_count(1)
    page.keyboard.press("Escape")
    page.evaluate(
        """() => document.body.dispatchEvent(
            new KeyboardEvent('keydown', {key: 'о', code: 'KeyJ', bubbles: true}))"""
    )
    expect(page.locator(".row.cursor")).to_have_count(1)
    page.keyboard.press("?")
    expect(page.locator("dialog .keys")).to_be_visible()


def test_a_flood_is_folded_by_incident_and_hides_no_emergency(page: Page, centre: Centre) -> None:
    log_in(page, centre)
    centre.send(*(alarm(f"t{n}", priority=1 if n in {3, 8} else 3, age_s=60 - n) for n in range(20)))
    expect(page.locator(".flood")).to_contain_text("Лавина тревог: 20 за 10 минут")
    expect(page.locator(".row.incident")).to_have_count(1)
    expect(page.locator(".row.incident")).to_contain_text("20 тревог, не квитировано 20")
    expect(page.locator(".row.alarm")).to_have_count(2)
    expect(page.locator(".row.alarm .priority-1")).to_have_count(2)
    picture(page, "folded")
    page.locator(".row.incident").get_by_role("button", name="Развернуть").click()
    expect(page.locator(".row.alarm .priority-3").first).to_be_visible()
    page.get_by_role("button", name="Развернуть всё").click()
    expect(page.locator(".row.incident")).to_have_count(0)


def test_a_session_that_ends_while_something_is_typed_costs_nothing(page: Page, centre: Centre) -> None:
    centre.send(alarm("t_supply"))
    log_in(page, centre)
    page.click(".row.alarm")
    page.click(".detail >> text=Квитировать")
    page.fill("dialog textarea", "Долгий рассказ")
    page.context.clear_cookies()
    page.click("dialog button[type=submit]")
    expect(page.get_by_text("Сеанс истёк")).to_be_visible()
    assert page.input_value("dialog textarea") == "Долгий рассказ"
    fill_login(page, "anna", "dialog >> form.credentials")
    expect(page.locator(".row.alarm")).to_contain_text("квитирована")
    expect(page.locator(".detail")).to_contain_text("Долгий рассказ")


def test_an_anomaly_that_was_none_is_said_to_be_false_and_its_gateway_is_told(
    page: Page, centre: Centre
) -> None:
    centre.publish_about(boiler())
    centre.send(alarm("t_supply", code="anomaly", priority=4), alarm("t_supply"))
    log_in(page, centre)
    page.click(".row.alarm >> nth=0")
    expect(page.locator(".detail h2")).to_contain_text("выше аварийного предела")
    expect(page.locator(".detail").get_by_role("button", name="Ложная")).to_have_count(0)
    page.click(".row.alarm >> nth=1")
    page.locator(".detail").get_by_role("button", name="Ложная").click()
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .trouble")).to_have_text("Укажите причину.")
    page.fill("dialog textarea", "Продувка котла")
    page.click("dialog button[type=submit]")
    expect(page.locator(".row.alarm .flag")).to_have_text("ложная")
    expect(page.locator(".detail").get_by_role("button", name="Ложная")).to_have_count(0)
    expect(page.locator(".detail .history")).to_contain_text("Продувка котла")
    here = Status(state=Presence.ONLINE, epoch=EPOCH, t_ms=now_ms())
    centre.agent.publish(encode(here), Kind.STATUS, retain=True)
    told = centre.agent.orders.get(timeout=20)
    assert (told.by, told.order) == ("anna", Rebaseline(device="boiler-1"))


def test_of_two_dispatchers_at_once_the_second_is_told_and_both_see_what_was_done(
    browser: Browser, centre: Centre
) -> None:
    centre.send(alarm("one", age_s=60), alarm("two", age_s=90))
    anna, boris = open_page(browser), open_page(browser)
    for page, name in ((anna, "anna"), (boris, "boris")):
        log_in(page, centre, name)
        page.click(".row.alarm >> nth=0")
        page.keyboard.press("x")
        page.keyboard.press("j")
        page.keyboard.press("x")
        expect(page.locator(".row[aria-selected=true]")).to_have_count(2)
    boris.keyboard.press("a")
    boris.fill("dialog textarea", "вижу")
    anna.click(".row.alarm >> nth=0")
    anna.click(".selection >> text=Снять отметки")
    anna.keyboard.press("a")
    anna.fill("dialog textarea", "выехала сама")
    anna.keyboard.press("Enter")
    expect(boris.locator(".row.alarm.urgent")).to_have_count(1)
    expect(boris.locator("dialog textarea")).to_have_value("вижу")
    boris.keyboard.press("Enter")
    expect(boris.locator(".outcome")).to_contain_text("Выполнено: 1. Не выполнено: 1")
    expect(boris.locator(".outcome")).to_contain_text("состояние тревоги изменилось")
    for page in (anna, boris):
        expect(page.locator(".row.alarm.urgent")).to_have_count(0)
        page.click(".row.alarm >> nth=0")
        expect(page.locator(".detail")).to_contain_text("выехала сама")
        page.click(".row.alarm >> nth=1")
        expect(page.locator(".detail")).to_contain_text("вижу")
