"""The page as such: hostile text, three languages, two themes, a phone, and people who see or hear little."""

import re
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from collector.console import BUILT
from firmware_sim.plant import air_post, boiler_variables
from tests.console.centre import (
    PASSWORD,
    Centre,
    alarm,
    as_thread,
    boiler,
    log_in,
    now_ms,
    open_page,
    picture,
    prepared,
    readings,
)
from tests.servers import Mosquitto
from wire.messages import ChannelAbout, Row, Table
from wire.texts.titles import translated

pytestmark = pytest.mark.system

PAGES = ("/", "/overview", "/sites/bh-01", "/journal", "/health", "/shift", "/administration")
HOSTILE = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
AXE = BUILT.with_name("web") / "node_modules/axe-core/axe.min.js"
TAKEN_FOR_HTML = """(text) => new Promise((resolve) => {
    const bait = document.body.appendChild(document.createElement('p'));
    bait.innerHTML = text;
    bait.firstChild.addEventListener('error', resolve);
})"""
CYRILLIC = re.compile(r"[Ѐ-ӿ]")
WORDS = {
    "ru": ("Тревоги", "Звук выключен"),
    "kk": ("Дабылдар", "Дыбыс өшірулі"),
    "en": ("Alarms", "Sound is off"),
}


def visit(page: Page, centre: Centre, path: str) -> None:
    """Until all of a page is there."""
    page.goto(centre.url + path)
    page.wait_for_selector("main .page, main .row.alarm")
    expect(page.locator(".loading")).to_have_count(0)
    expect(page.locator(".trouble")).to_have_count(0)


def test_hostile_text_is_shown_as_text_and_runs_nothing(
    page: Page, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    with prepared(tmp_path, mosquitto.port) as (centre, file):
        hostile_site = f"site = 'ap-09'\ntitle = {{ ru = '{HOSTILE}' }}\nlat = 49.96\nlon = 82.62\n"
        file.write_text(f"{file.read_text()}[[sites]]\n{hostile_site}")
        with as_thread(file):
            _write_hostile_text(page, centre)
            for path in (*PAGES, "/sites/ap-09"):
                visit(page, centre, path)
                if path == "/overview":
                    for mark in page.locator(".map .site-mark").all():
                        mark.hover()
                    expect(page.locator(".leaflet-tooltip", has_text="<script>")).to_have_count(1)
                assert page.evaluate("window.hit") is None
                assert page.locator("img[src=x], main script").count() == 0
    page.evaluate(TAKEN_FOR_HTML, HOSTILE)
    assert page.evaluate("window.hit") is None, "what the page's policy is to stop has run"


def _write_hostile_text(page: Page, centre: Centre) -> None:
    centre.publish_about(boiler(title=HOSTILE, model=HOSTILE), title=HOSTILE)
    centre.send(alarm("t_supply"), tables=[readings(5)])
    log_in(page, centre)
    page.click(".row.alarm")
    page.click(".detail >> text=Квитировать")
    page.fill("dialog textarea", HOSTILE)
    page.keyboard.press("Enter")
    expect(page.locator(".detail q").first).to_have_text(HOSTILE)
    headers = {"X-CSRF-Token": page.request.get(f"{centre.url}/api/v1/me").json()["csrf"]}
    roles = [{"group": "*", "role": "viewer"}]
    for path, body in (
        ("shift/start", {}),
        ("shift/entries", {"text": HOSTILE}),
        ("users", {"name": "mallory", "title": HOSTILE, "password": PASSWORD, "roles": roles}),
        ("tokens", {"name": HOSTILE, "roles": roles}),
    ):
        answer = page.request.post(f"{centre.url}/api/v1/{path}", data=body, headers=headers)
        assert answer.ok, answer.text()


def test_the_whole_page_speaks_the_language_that_is_chosen(page: Page, centre: Centre) -> None:
    centre.publish_about(boiler(title="t supply"))
    centre.send(alarm("t_supply"), tables=[readings(60)])
    log_in(page, centre)
    for language, words in WORDS.items():
        page.click(".person summary")
        page.select_option(".drop select[name=language]", language)
        for word in words:
            expect(page.locator(".top")).to_contain_text(word)
        expect(page.locator("html")).to_have_attribute("lang", language)
        for path in PAGES:
            visit(page, centre, path)
            picture(page, f"{language}{path.replace('/', '-')}")
            if language == "en":
                left = page.inner_text("body").replace("Қазақша", "").replace("Русский", "")
                assert CYRILLIC.search(left) is None, left


def test_channels_are_named_in_the_language_that_is_chosen(page: Page, centre: Centre) -> None:
    titles = [one.title for one in (*air_post.VARIABLES.values(), *boiler_variables.VARIABLES.values())]
    channels = tuple(
        ChannelAbout(name=f"c{n}", quantity="temperature", unit="Cel", title=title)
        for n, title in enumerate(titles)
    )
    centre.publish_about(replace(boiler(), channels=channels))
    rows = (Row(now_ms(), tuple(float(n) for n, _ in enumerate(titles))),)
    table = Table(device="boiler-1", channels=tuple(one.name for one in channels), rows=rows)
    centre.send(alarm("c0"), tables=[table])
    log_in(page, centre, path="/sites/bh-01")
    for language in ("kk", "en", "ru"):
        page.click(".person summary")
        page.select_option(".drop select[name=language]", language)
        page.keyboard.press("Escape")
        wanted = [translated(title, language) for title in titles]
        expect(page.locator(".device tbody th")).to_have_text(wanted)
        expect(page.locator(".site-alarms a")).to_contain_text(f"{wanted[0]} (boiler-1): ")
        expect(page.locator(".trend h2")).to_contain_text(wanted[0])
        shown = page.inner_text("main")
        english = [title for title in titles if re.search(rf"\b{re.escape(title)}\b", shown)]
        assert english == (titles if language == "en" else []), language
        picture(page, f"{language}-titles")


def test_no_serious_barrier_for_people_who_see_little_or_use_keys_only(
    browser: Browser, centre: Centre
) -> None:
    centre.publish_about(boiler())
    centre.send(*(alarm(f"t{n}", priority=1 + n % 4) for n in range(8)), tables=[readings(60)])
    found: dict[str, list[str]] = {}
    for theme in ("light", "dark"):
        page = open_page(browser, color_scheme=theme)
        page.goto(centre.url)
        page.wait_for_selector("form")
        found[f"{theme} login"] = barriers(page)
        log_in(page, centre)
        page.click(".row.alarm >> nth=0")
        page.keyboard.press("a")
        page.wait_for_selector("dialog")
        found[f"{theme} dialog"] = barriers(page)
        page.keyboard.press("Escape")
        found[f"{theme} detail"] = barriers(page)
        for path in PAGES:
            visit(page, centre, path)
            found[f"{theme} {path}"] = barriers(page)
            picture(page, f"{theme}{path.replace('/', '-')}")
    assert {where: what for where, what in found.items() if what} == {}


def barriers(page: Page) -> list[str]:
    """What axe finds of serious or critical impact."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result: dict[str, Any] = page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in result["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def test_on_a_phone_nothing_is_wider_than_the_screen(browser: Browser, centre: Centre) -> None:
    page = open_page(browser, viewport={"width": 360, "height": 740}, has_touch=True)
    centre.publish_about(boiler())
    centre.send(*(alarm(f"t{n}", priority=1 + n % 4) for n in range(8)), tables=[readings(60)])
    log_in(page, centre)
    for language in ("ru", "kk"):  # their words are longer than English ones
        page.click(".person summary")
        page.select_option(".drop select[name=language]", language)
        expect(page.locator("html")).to_have_attribute("lang", language)
        for path in PAGES:
            visit(page, centre, path)
            picture(page, f"phone-{language}{path.replace('/', '-')}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, (language, path)
            assert page.evaluate("document.querySelector('main').scrollWidth") <= 360, (language, path)


def test_sound_is_said_to_be_off_until_somebody_turns_it_on_and_silencing_acknowledges_nothing(
    page: Page, centre: Centre
) -> None:
    log_in(page, centre)
    expect(page.locator(".sound-off")).to_have_text("Звук выключен")
    page.click(".sound-off")
    expect(page.locator("button.quiet")).to_have_text("Звук включён")
    centre.send(alarm("t_supply", priority=1))
    page.click(".sounding")
    expect(page.locator("button.quiet")).to_be_visible()
    expect(page.locator(".row.alarm.urgent")).to_have_count(1)
