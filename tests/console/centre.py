"""What the browser tests share: a real centre with people and a gateway, and a real Chromium."""

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx
from msgspec import Struct
from msgspec.structs import replace
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from collector import state
from collector.settings import load
from collector.users import people
from collector.users.people import Wanted
from collector.users.roles import ALL_GROUPS, Grant, Role
from tests.collector.collecting import Agent, batch, collecting, wait_until
from tests.programs import Program
from tests.servers import free_port, missing
from wire.codec import encode
from wire.messages import About, AlarmEvent, AlarmState, ChannelAbout, DeviceAbout, Row, Table
from wire.topics import Gateway, Kind

PASSWORD = "correct horse battery"
GATEWAY = Gateway("bh-01", "gw-1")
EPOCH = "00000000000000cc"
SITE_TITLES = {"ru": "Котельная на Бажова", "kk": "Бажов қазандығы", "en": "Bazhov boiler house"}
SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
CHROMIUM = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def now_ms() -> int:
    return int(time.time() * 1000)


class Centre(Struct):
    """A collector with its console, and the gateway that tells it of alarms."""

    agent: Agent
    url: str
    seq: int = 0

    @property
    def streams(self) -> int:
        """How many follow the stream, by the collector's own count."""
        return int(httpx.get(f"{self.url}/api/v1/health").json()["streams"])

    def send(self, *events: AlarmEvent, tables: Sequence[Table] = (), wait: bool = True) -> None:
        """As a gateway does; without `wait` it is only left at the broker."""
        self.seq += 1
        one = replace(batch(self.seq, epoch=EPOCH, rows=0), alarms=events, tables=tuple(tables))
        if wait:
            self.agent.send_until_receipted(one)
        else:
            self.agent.send(one)

    def publish_about(self, *devices: DeviceAbout, title: str = "") -> None:
        """As a gateway does; back when the feed has looked, which it does every two seconds."""
        said = About(
            version="1",
            epoch=EPOCH,
            boot="b",
            site_class="boiler_house",
            site_title=title,
            started_ms=now_ms(),
            devices=devices,
        )
        self.agent.publish(encode(said), Kind.ABOUT, retain=True)
        person = httpx.post(f"{self.url}/api/v1/login", json={"name": "anna", "password": PASSWORD})
        site = f"{self.url}/api/v1/sites/{GATEWAY.site}"
        wanted = {one.name for one in devices}
        wait_until(
            lambda: (
                {one["device"] for one in httpx.get(site, cookies=person.cookies).json()["devices"]} == wanted
            )
        )


def alarm(
    channel: str,
    number: int = 1,
    *,
    priority: int = 2,
    code: str = "high_high",
    status: AlarmState = AlarmState.RAISED,
    age_s: float = 90,
) -> AlarmEvent:
    return AlarmEvent(
        id=f"{code}/boiler-1/{channel}/{number}",
        code=code,
        state=status,
        t_ms=now_ms(),
        since_ms=now_ms() - int(1000 * age_s),
        device="boiler-1",
        channel=channel,
        priority=priority,
        params={"value": 97.5, "limit": 95.0, "clear_at": 93.0, "delay_s": 15.0, "unit": "Cel"},
    )


def boiler(title: str = "Температура подачи", model: str = "MV110") -> DeviceAbout:
    channel = ChannelAbout(
        name="t_supply", quantity="temperature", unit="Cel", low=-50.0, high=150.0, title=title
    )
    return DeviceAbout(
        name="boiler-1", profile="p", model=model, link="rs485", period_s=60, channels=(channel,)
    )


def readings(minutes: int, *, until_ms: int | None = None) -> Table:
    """One a minute, between 70 and 80 °C."""
    end = until_ms or now_ms()
    rows = tuple(Row(end - 60_000 * n, (70.0 + n % 10,)) for n in range(minutes))
    return Table(device="boiler-1", channels=("t_supply",), rows=rows)


def _write_config(folder: Path, broker_port: int, port: int) -> Path:
    titles = ", ".join(f'{language} = "{title}"' for language, title in SITE_TITLES.items())
    file = folder / "collector.toml"
    file.write_text(
        f'broker.port = {broker_port}\nstore = {{ kind = "sqlite", path = "{folder}/readings.db" }}\n'
        f'state.url = "sqlite:///{folder}/state.db"\nfeed.listen = "127.0.0.1:{port}"\n'
        f'[[sites]]\nsite = "bh-01"\ntitle = {{ {titles} }}\ngroup = "left"\nlat = 49.95\nlon = 82.61\n'
    )
    return file


def add_people(folder: Path) -> None:
    """An administrator and a dispatcher; both read Russian at first."""
    with state.opened(f"sqlite:///{folder}/state.db") as engine, state.writing(engine) as transaction:
        for name, role in (("anna", Role.ADMINISTRATOR), ("boris", Role.DISPATCHER)):
            grants = (Grant(ALL_GROUPS, role),)
            wanted = Wanted(password=PASSWORD, grants=grants, title=name.capitalize(), language="ru")
            people.add(transaction, name, wanted, now_ms())


@contextmanager
def as_process(file: Path) -> Iterator[None]:
    """The collector as systemd runs it; at the end it is killed."""
    program = Program("collector", ["collector", "run", "-c", str(file)], file.parent)
    with program:
        program.await_ready()
        yield


@contextmanager
def as_thread(file: Path) -> Iterator[None]:
    """The same collector in this process: it is there at once, where a process takes a second of the CPU."""
    wanted = load(file)
    assert wanted.feed is not None
    url = f"http://{wanted.feed.listen}/api/v1/health"

    def answers() -> bool:
        try:
            return httpx.get(url).is_success
        except httpx.TransportError:
            return False

    with collecting(wanted):
        wait_until(answers)
        yield


Collector = Callable[[Path], AbstractContextManager[None]]


@contextmanager
def running(folder: Path, broker_port: int, collector: Collector = as_thread) -> Iterator[Centre]:
    with prepared(folder, broker_port) as (centre, file), collector(file):
        yield centre


@contextmanager
def prepared(folder: Path, broker_port: int) -> Iterator[tuple[Centre, Path]]:
    """A centre whose collector is still to be started from the file."""
    add_people(folder)
    port = free_port()
    file = _write_config(folder, broker_port, port)
    with Agent(broker_port, GATEWAY) as agent:
        yield Centre(agent, f"http://127.0.0.1:{port}"), file


def chromium() -> str:
    found = shutil.which("chromium")
    return found or missing("chromium is not installed: sudo apt-get install chromium")


@contextmanager
def chromium_browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=CHROMIUM)
        try:
            yield browser
            close_pages(browser)
        finally:
            browser.close()


_wrong: list[str] = []


def open_page(browser: Browser, **context: Any) -> Page:
    """A browser of somebody's own; `close_pages` tells what goes wrong in any of its pages."""
    given = {"viewport": {"width": 1440, "height": 900}, "locale": "ru-RU"} | context
    return watched(browser.new_context(**given)).new_page()


def watched(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(15_000)
    context.on("weberror", lambda error: _wrong.append(f"a page threw: {error.error}"))
    context.on("request", _see_own)
    return context


def _see_own(request: Request) -> None:
    """The console asks nobody but its own centre."""
    if not re.match(r"(http://127\.0\.0\.1:\d+/|data:)", request.url):
        _wrong.append(f"a page asked elsewhere: {request.url}")


def close_pages(browser: Browser) -> None:
    """The test is over: nothing has gone wrong in any page."""
    for context in browser.contexts:
        context.close()
    nothing_went_wrong()


def nothing_went_wrong() -> None:
    found, _wrong[:] = list(_wrong), []
    assert not found, found


def log_in(page: Page, centre: Centre, name: str = "anna", path: str = "/") -> None:
    """Have a session and be on a page; what the form does is tested where it is shown."""
    answer = page.request.post(f"{centre.url}/api/v1/login", data={"name": name, "password": PASSWORD})
    assert answer.ok, answer.text()
    page.goto(centre.url + path)
    page.wait_for_selector(".shell")


def fill_login(page: Page, name: str, within: str = "") -> None:
    page.fill(f"{within} input[name=name]", name)
    page.fill(f"{within} input[name=password]", PASSWORD)
    page.click(f"{within} button[type=submit]")


def picture(page: Page, name: str) -> None:
    """Kept for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
