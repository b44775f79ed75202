"""How soon a dispatcher sees an alarm, and how the console bears 5,000 of them at once.

A real mosquitto, a real collector, a real Chromium without a window. Each alarm is timed from the call that
publishes it, by the clock of this machine, to the frame in which its row is drawn; the page notes that by
itself. The list of 5,000 is timed from the beginning of the navigation, and from a keystroke in the search.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from playwright.sync_api import Browser, Page

from benchmarks.measure import Row
from tests.console.centre import (
    Centre,
    alarm,
    as_process,
    chromium_browser,
    log_in,
    now_ms,
    open_page,
    running,
)
from tests.servers import Mosquitto

T = TypeVar("T")
ALARMS = 200
STANDING, IN_A_BATCH = 5_000, 250
LOADS = 5
SEARCHES = ("b", "bo", "boiler", "t-47", "t-4711", "бажова", "")

_WATCH = """() => {
    window.drawn = {};
    const note = (id) => requestAnimationFrame(() => setTimeout(() => {
        window.drawn[id] ??= performance.timeOrigin + performance.now();
    }));
    new MutationObserver((changes) => {
        for (const change of changes)
            for (const node of change.addedNodes)
                if (node.matches?.('.row.alarm')) note(node.id.split('/').at(-1));
    }).observe(document.querySelector('.extent'), {childList: true});
}"""
_FIRST_ROW = """() => new Promise((resolve) => {
    const look = () => document.querySelector('.row.alarm')
        ? setTimeout(() => resolve(performance.now())) : requestAnimationFrame(look);
    look();
})"""
_SEARCH = """(text) => new Promise((resolve) => {
    const field = document.querySelector('input[type=search]');
    const began = performance.now();
    field.value = text;
    field.dispatchEvent(new Event('input', {bubbles: true}));
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - began)));
})"""


def run(folder: Path) -> list[Row]:
    """Waits for single alarms; first paint and search among 5,000."""
    with chromium_browser() as browser:
        waits = _alone(folder, browser, _single)
        paints, searches = _alone(folder, browser, _crowd)
    quantile = statistics.quantiles(waits, n=100)[98]
    return [
        Row(
            f"alarm published over MQTT → drawn in a browser, {len(waits)} alarms: median / p99",
            f"{statistics.median(waits):.0f} / {quantile:.0f} ms",
            "–",
            "p99 < 500 ms",
            quantile < 500,
        ),
        Row(
            f"console with {STANDING:,} standing alarms, navigation → first rows drawn, {LOADS} loads: "
            "median / worst",
            f"{statistics.median(paints):.0f} / {max(paints):.0f} ms",
            "–",
            "worst < 1 s",
            max(paints) < 1000,
        ),
        Row(
            f"console with {STANDING:,} alarms, keystroke in the search → list drawn: median / worst",
            f"{statistics.median(searches):.0f} / {max(searches):.0f} ms",
            "–",
            "< 100 ms",
            max(searches) < 100,
        ),
    ]


def _alone(folder: Path, browser: Browser, measure: Callable[[Centre, Page], T]) -> T:
    """With a centre of its own."""
    with (
        tempfile.TemporaryDirectory(dir=folder) as own,
        Mosquitto(Path(own) / "mosquitto") as broker,
        running(Path(own), broker.port, as_process) as centre,
    ):
        return measure(centre, open_page(browser))


def _single(centre: Centre, page: Page) -> list[float]:
    """Milliseconds from publishing to drawing, one alarm at a time."""
    chance = random.Random(1)
    log_in(page, centre)
    page.evaluate(_WATCH)
    published: dict[str, float] = {}
    for n in range(ALARMS):
        published[f"t-{n}"] = time.time() * 1000
        centre.send(alarm(f"t-{n}", priority=1, age_s=0), wait=False)
        page.wait_for_timeout(chance.uniform(20, 120))
    page.wait_for_function(f"Object.keys(window.drawn).length === {ALARMS}")
    drawn: dict[str, float] = page.evaluate("window.drawn")
    return [drawn[name] - began for name, began in published.items()]


def _crowd(centre: Centre, page: Page) -> tuple[list[float], list[float]]:
    """Milliseconds to the first rows of the crowded list, and for each search in it."""
    for first in range(0, STANDING, IN_A_BATCH):
        centre.send(*(alarm(f"t-{n}", priority=1 + n % 4) for n in range(first, first + IN_A_BATCH)))
    log_in(page, centre)
    paints = []
    for _ in range(LOADS):
        page.goto(f"{centre.url}/?{now_ms()}", wait_until="commit")
        paints.append(float(page.evaluate(_FIRST_ROW)))
    page.uncheck(".filters label:last-of-type input")  # such a crowd is folded by incident
    return paints, [float(page.evaluate(_SEARCH, text)) for text in SEARCHES]
