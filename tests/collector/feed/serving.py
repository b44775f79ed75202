"""What the feed's tests share: a server on a real port, people who are logged in, alarms, a stream reader."""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any, Self

import httpx
import sqlalchemy as sa
from msgspec import Struct

from collector import state
from collector.alarms.desk import Desk, Policies
from collector.feed.server import FeedServer
from collector.settings import (
    AlarmsTable,
    CollectorFile,
    FeedTable,
    SiteTable,
    SqliteStore,
    StateTable,
)
from collector.store import Store, open_store
from collector.users import people
from collector.users.people import Wanted
from collector.users.roles import Grant, Role
from wire.messages import AlarmEvent, AlarmState
from wire.topics import Gateway

PASSWORD = "correct horse battery"
PATIENCE_S = 20.0
LEFT = Gateway("bh-01", "gw-1")
RIGHT = Gateway("bh-02", "gw-1")
SITES = (
    SiteTable(
        site="bh-01", title={"ru": "Котельная № 1", "en": "Boiler house 1"}, group="left", lat=49.9, lon=82.6
    ),
    SiteTable(site="bh-02", title="Boiler house 2", group="right"),
)
NOW_MS = 1_790_000_000_000


def settings(folder: Path, url: str | None = None, **feed: Any) -> CollectorFile:
    return CollectorFile(
        store=SqliteStore(path=str(folder / "readings.db")),
        state=StateTable(url=url or f"sqlite:///{folder / 'state.db'}"),
        feed=FeedTable(**{"listen": "127.0.0.1:0"} | feed),
        sites=SITES,
    )


def event(
    place: str,
    number: int = 1,
    status: AlarmState = AlarmState.RAISED,
    *,
    t_ms: int = NOW_MS,
    priority: int = 1,
    code: str = "high_high",
) -> AlarmEvent:
    return AlarmEvent(
        id=f"{code}/boiler-1/{place}/{number}",
        code=code,
        state=status,
        t_ms=t_ms,
        since_ms=t_ms,
        device="boiler-1",
        channel=place,
        priority=priority,
        params={"value": 97.5, "limit": 95.0, "unit": "Cel"},
    )


def key(place: str, gateway: Gateway = LEFT, code: str = "high_high") -> str:
    return f"{gateway}/{code}/boiler-1/{place}"


class Server(Struct):
    """A feed that is served, and what is behind it."""

    settings: CollectorFile
    engine: sa.Engine
    store: Store
    desk: Desk
    feed: FeedServer
    clients: ExitStack

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.feed.port}"

    def tell(self, *events: AlarmEvent, gateway: Gateway = LEFT, now_ms: int = NOW_MS) -> None:
        """As the pipeline does it."""
        with state.writing(self.engine) as transaction:
            self.desk.take(transaction, [(gateway, one) for one in events], now_ms)
        self.feed.wake()

    def add(self, name: str, *grants: tuple[str, Role]) -> None:
        with state.writing(self.engine) as transaction:
            given = tuple(Grant(group, role) for group, role in grants)
            people.add(
                transaction, name, Wanted(password=PASSWORD, grants=given, language="en", title=name), NOW_MS
            )

    def person(self, name: str, *grants: tuple[str, Role]) -> "Person":
        """Somebody who is logged in."""
        self.add(name, *grants)
        return self.log_in(name)

    def log_in(self, name: str, password: str = PASSWORD) -> "Person":
        return self.clients.enter_context(closing(Person(self.url, name, password)))


@contextmanager
def serving(folder: Path, url: str | None = None, **feed: Any) -> Iterator[Server]:
    wanted = settings(folder, url, **feed)
    store = open_store(wanted.store)
    with state.opened(wanted.state.url) as engine:
        desk = Desk(Policies(AlarmsTable()))
        served = FeedServer(wanted, engine, store, desk)
        try:
            served.start()
            with ExitStack() as clients:
                yield Server(wanted, engine, store, desk, served, clients)
        finally:
            served.stop()
            served.join()
            store.close()
        assert not served.is_alive


class Person(httpx.Client):
    """A browser of somebody who is logged in."""

    def __init__(self, url: str, name: str, password: str = PASSWORD) -> None:
        super().__init__(base_url=f"{url}/api/v1", timeout=PATIENCE_S)
        self.name = name
        answer = self.post("/login", json={"name": name, "password": password})
        assert answer.status_code == 200, answer.text
        self.headers["X-CSRF-Token"] = answer.json()["csrf"]

    def stream(self, after: int | None = None, **headers: str) -> "Stream":  # type: ignore[override]
        return Stream(self, after, headers)

    def act(self, action: str, *keys: str, **more: Any) -> Any:
        alarms = [{"key": one, "occurrence": ""} for one in keys]
        answer = self.post("/alarms/actions", json={"action": action, "alarms": alarms, **more})
        assert answer.status_code == 200, answer.text
        return answer.json()


class Event(Struct):
    """One event of a stream."""

    event: str
    id: int | None
    data: Any


class Stream:
    """Reads events from a connection of its own."""

    def __init__(self, person: httpx.Client, after: int | None, headers: dict[str, str]) -> None:
        params = {} if after is None else {"after": after}
        self._wanted = person.build_request("GET", "/stream", params=params, headers=headers)
        self._person = person

    def __enter__(self) -> Self:
        self.answer = self._person.send(self._wanted, stream=True)
        assert self.answer.status_code == 200, self.answer.read()
        self._lines = self.answer.iter_lines()
        assert next(self._lines) == "retry: 2000"
        return self

    def __exit__(self, *_: object) -> None:
        self.answer.close()

    def __iter__(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in self._lines:
            if not line and "event" in fields:
                number = int(fields["id"]) if "id" in fields else None
                yield Event(fields["event"], number, json.loads(fields["data"]))
                fields = {}
            name, _, value = line.partition(": ")
            fields[name] = value

    def next(self, *kinds: str) -> Event:
        """The next event of these kinds."""
        return next(one for one in self if one.event in kinds)

    def alarms(self, count: int) -> Sequence[Event]:
        return [self.next("alarm") for _ in range(count)]
