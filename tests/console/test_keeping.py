"""Shifts, people, tokens and the audit in a real browser."""

import json
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from collector import state
from collector.users import people
from collector.users.people import Wanted
from collector.users.roles import Grant, Role
from tests.console.centre import PASSWORD, Centre, alarm, fill_login, log_in, now_ms, open_page, picture
from wire import topics

pytestmark = pytest.mark.system

ITEMS = ("unacknowledged", "shelved", "out_of_service", "incidents", "flagged")


def tick_all(page: Page) -> None:
    for item in ITEMS:
        page.check(f"fieldset.items input[name={item}]")


def test_a_shift_is_started_written_down_and_handed_over_item_by_item(
    browser: Browser, centre: Centre
) -> None:
    centre.send(alarm("t_supply"))
    anna, boris = open_page(browser), open_page(browser)
    log_in(anna, centre, "anna", "/shift")
    anna.get_by_role("button", name="Начать смену").click()
    expect(anna.locator(".on-shift")).to_contain_text("Смену ведёт anna")
    expect(anna.locator(".sound-off")).to_have_count(0)
    anna.fill("textarea >> nth=0", "Насос 2 переключён")
    anna.get_by_label("Передать следующей смене").check()
    anna.get_by_role("button", name="Записать").click()
    note = anna.locator("table.journal tr", has_text="Насос 2 переключён")
    expect(note).to_contain_text("на контроле")
    note.get_by_role("button", name="Исправить").click()
    anna.fill("textarea >> nth=0", "Насос 3 переключён")
    anna.get_by_role("button", name="Записать").click()
    expect(anna.locator("table.journal")).to_contain_text("исправляет запись № 2")
    expect(anna.locator("table.journal")).to_contain_text("Насос 2 переключён")
    hand_over = anna.get_by_role("button", name="Сдать смену")
    anna.get_by_label("Кому").fill("boris")
    expect(hand_over).to_be_disabled()
    tick_all(anna)
    expect(anna.locator("fieldset.items label", has_text="Неквитированные")).to_contain_text("1")
    picture(anna, "handover")
    hand_over.click()
    expect(anna.locator("main")).to_contain_text("Сменщик ещё не принял смену.")
    log_in(boris, centre, "boris", "/shift")
    tick_all(boris)
    boris.get_by_role("button", name="Принять смену").click()
    expect(boris.locator(".on-shift")).to_contain_text("Смену ведёт boris")


def test_the_shift_of_a_dispatcher_who_is_gone_is_ended_with_a_reason(
    browser: Browser, centre: Centre
) -> None:
    anna, boris = open_page(browser), open_page(browser)
    log_in(boris, centre, "boris", "/shift")
    boris.get_by_role("button", name="Начать смену").click()
    expect(boris.locator(".on-shift")).to_contain_text("Смену ведёт boris")
    expect(boris.get_by_text("Диспетчер ушёл, не сдав смену")).to_have_count(0)
    log_in(anna, centre, "anna", "/shift")
    anna.get_by_text("Диспетчер ушёл, не сдав смену").click()
    end = anna.get_by_role("button", name="Прекратить смену: boris")
    expect(end).to_be_disabled()
    anna.get_by_label("Причина").fill("Ушёл в 02:40")
    end.click()
    expect(anna.locator(".on-shift")).to_have_text("Смена не начата")
    expect(anna.locator("table.journal tr", has_text="Ушёл в 02:40")).to_contain_text(
        "смена прекращена: boris"
    )
    anna.get_by_role("button", name="Начать смену").click()
    expect(anna.locator(".on-shift")).to_contain_text("Смену ведёт anna")
    expect(boris.locator(".on-shift")).to_contain_text("Смену ведёт anna", timeout=20_000)


def test_an_administrator_of_a_group_has_only_it_to_give_and_sees_nobody_else(
    page: Page, centre: Centre, tmp_path: Path
) -> None:
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine, state.writing(engine) as transaction:
        grants = (Grant("left", Role.ADMINISTRATOR),)
        people.add(transaction, "eva", Wanted(password=PASSWORD, grants=grants, language="ru"), now_ms())
    log_in(page, centre, "eva", "/administration")
    expect(page.locator("tbody tr")).to_have_count(1)
    expect(page.locator("tbody tr")).to_contain_text("администратор (left)")
    expect(page.get_by_role("button", name="Аудит")).to_have_count(0)
    page.get_by_role("button", name="Добавить человека").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("Имя для входа").fill("gleb")
    dialog.get_by_label("Пароль").fill(PASSWORD)
    expect(dialog.get_by_label("Группа площадок").locator("option")).to_have_text(["left"])
    picture(page, "group-administrator")
    dialog.get_by_role("button", name="Убрать роль").click()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog.locator(".trouble")).to_contain_text("Роли даются только в группах площадок")
    dialog.get_by_role("button", name="Ещё роль").click()
    dialog.get_by_role("button", name="Сохранить").click()
    expect(page.locator("tbody tr", has_text="gleb")).to_contain_text("смотрит (left)")


def test_a_degree_of_nmu_that_another_system_announces_is_seen_without_a_click(
    browser: Browser, centre: Centre
) -> None:
    page = open_page(browser)
    log_in(page, centre, "anna", "/shift")
    expect(page.locator("main")).to_contain_text("Степень НМУ не объявлена")
    said = {"from": "2020-01-01T00:00:00Z", "to": "2099-01-01T00:00:00Z", "source": "Казгидромет, 14:00"}
    centre.agent.publish_to(topics.NMU, json.dumps(said | {"degree": 2}).encode(), retain=True)
    expect(page.locator("main")).to_contain_text("Действует 2 степень НМУ", timeout=20_000)
    expect(page.locator("main")).to_contain_text("Казгидромет, 14:00")
    centre.agent.publish_to(topics.NMU, json.dumps(said | {"degree": 0}).encode(), retain=True)
    expect(page.locator("main")).to_contain_text("Степень НМУ не объявлена", timeout=20_000)


def test_a_degree_of_adverse_weather_is_entered_and_taken_back(browser: Browser, centre: Centre) -> None:
    anna, boris = open_page(browser), open_page(browser)
    log_in(anna, centre, "anna", "/shift")
    panel = anna.locator(".panel", has_text="Неблагоприятные метеоусловия")
    expect(panel).to_contain_text("Степень НМУ не объявлена")
    source = panel.get_by_label("Кто и когда объявил")
    until = panel.get_by_label("По", exact=True)
    panel.get_by_text("2", exact=True).click()
    source.fill("Казгидромет, 9:40")
    end = until.input_value()
    until.fill("01.01.2020 00:00")
    panel.get_by_role("button", name="Внести").click()
    expect(panel.locator(".trouble")).to_have_text("Проверьте введённое.")
    expect(source).to_have_value("Казгидромет, 9:40")
    until.fill(end)
    panel.get_by_role("button", name="Внести").click()
    expect(panel).to_contain_text(f"Действует 2 степень НМУ до {end}")
    log_in(boris, centre, "boris", "/shift")
    expect(boris.locator("main")).to_contain_text("Действует 2 степень НМУ")
    panel.get_by_text("0 — отменить").click()
    source.fill("Казгидромет, отбой")
    panel.get_by_role("button", name="Внести").click()
    expect(panel).to_contain_text("Степень НМУ не объявлена")


def test_ones_own_password_is_changed_and_ends_all_other_sessions(browser: Browser, centre: Centre) -> None:
    here, elsewhere = open_page(browser), open_page(browser)
    log_in(here, centre, "boris")
    log_in(elsewhere, centre, "boris")
    here.click(".person summary")
    here.get_by_role("button", name="Сменить свой пароль").click()
    old, new = (here.locator(f"dialog input[autocomplete={kind}-password]") for kind in ("current", "new"))
    old.fill("wrong horse battery")
    new.fill("another horse battery")
    here.click("dialog button[type=submit]")
    expect(here.locator("dialog .trouble")).to_have_text("Старый пароль неверен.")
    expect(new).to_have_value("another horse battery")
    old.fill(PASSWORD)
    here.click("dialog button[type=submit]")
    expect(here.locator("dialog [role=status]")).to_be_visible()
    here.keyboard.press("Escape")
    assert elsewhere.request.get(f"{centre.url}/api/v1/me").status == 401
    centre.send(alarm("t_supply"))
    here.click(".row.alarm")
    here.keyboard.press("a")
    here.keyboard.press("Enter")
    expect(here.locator(".row.alarm")).to_contain_text("квитирована")
    for page, password, status in ((elsewhere, PASSWORD, 401), (elsewhere, "another horse battery", 200)):
        body = {"name": "boris", "password": password}
        assert page.request.post(f"{centre.url}/api/v1/login", data=body).status == status


def test_a_note_of_the_shift_that_was_typed_while_the_session_ended_is_written_down(
    page: Page, centre: Centre
) -> None:
    log_in(page, centre, "anna", "/shift")
    page.get_by_role("button", name="Начать смену").click()
    page.fill("textarea >> nth=0", "Долгий рассказ о насосе")
    page.context.clear_cookies()
    page.get_by_role("button", name="Записать").click()
    expect(page.get_by_text("Сеанс истёк")).to_be_visible()
    assert page.input_value("textarea >> nth=0") == "Долгий рассказ о насосе"
    fill_login(page, "anna", "dialog")
    expect(page.locator("table.journal")).to_contain_text("Долгий рассказ о насосе")
    expect(page.locator("textarea >> nth=0")).to_have_value("")


def test_somebody_is_added_may_log_in_and_may_no_longer(browser: Browser, centre: Centre) -> None:
    page = open_page(browser)
    log_in(page, centre, "anna", "/administration")
    page.get_by_role("button", name="Добавить человека").click()
    dialog = page.locator("dialog")
    dialog.get_by_label("Имя для входа").fill("anna")
    dialog.get_by_label("Пароль").fill("correct horse battery")
    dialog.get_by_role("button", name="Сохранить").click()
    expect(dialog.locator(".trouble")).to_have_text("Такое имя уже есть.")
    dialog.get_by_label("Имя для входа").fill("clara")
    dialog.get_by_role("button", name="Сохранить").click()
    line = page.locator("tbody tr", has_text="clara")
    expect(line).to_contain_text("диспетчер (*)")
    clara = open_page(browser)
    log_in(clara, centre, "clara")
    line.get_by_role("button", name="Изменить").click()
    page.locator("dialog").get_by_label("Вход закрыт").check()
    page.locator("dialog").get_by_role("button", name="Сохранить").click()
    expect(line).to_contain_text("Вход закрыт")
    expect(clara.get_by_text("Сеанс истёк")).to_be_visible(timeout=20_000)
    fill_login(clara, "clara", "dialog")
    expect(clara.locator("dialog .trouble")).to_have_text("Имя или пароль неверны.")
    page.get_by_role("button", name="Аудит").click()
    expect(page.locator("table.journal")).to_contain_text("добавил человека")
    picture(page, "audit")


def test_a_token_is_shown_once_works_and_is_revoked(page: Page, centre: Centre) -> None:
    log_in(page, centre, "anna", "/administration")
    page.get_by_role("button", name="Ключи программ").click()
    page.get_by_label("Кто это").fill("портал")
    page.get_by_role("button", name="Выдать ключ").click()
    secret = page.locator("code").inner_text()
    asked = {"url": f"{centre.url}/api/v1/alarms", "headers": {"Authorization": f"Bearer {secret}"}}
    assert httpx.get(**asked).status_code == 200  # type: ignore[arg-type]
    page.get_by_role("button", name="Отозвать").click()
    expect(page.locator("tbody tr")).to_have_count(0)
    assert httpx.get(**asked).status_code == 401  # type: ignore[arg-type]
