"""Whatever gateways send, as long as it can be read: it is kept, and all that tells of it goes on.

A message that ends the collector comes again after its restart, and ends it again: for everybody.
"""

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector import pipeline, state
from collector.alarm_clock import GRACE_S, AlarmClock
from collector.alarms.desk import Desk, Policies
from collector.alarms.kinds import Kinds
from collector.alarms.lifecycle import State
from collector.broadcast import Broadcast
from collector.duty import NotifyTable, PersonTable, StepTable
from collector.feed import history, listing, tiles
from collector.feed.history import Wanted, Words
from collector.feed.region import Atlas
from collector.feed.views import AlarmTexts
from collector.ingest.mailbox import Letter
from collector.ingest.sorting import sort
from collector.notify import subscriptions, webhooks
from collector.notify.events import Centre
from collector.notify.people import Duty
from collector.notify.subscriptions import Filter
from collector.rules.watch import Watch
from collector.settings import AlarmsTable, BoilerHouse, RulesTable, SqliteStore
from collector.store import open_store
from tests.wire import strategies
from wire.codec import encode
from wire.messages import (
    About,
    AlarmEvent,
    AlarmState,
    Batch,
    ChannelAbout,
    Clock,
    CommandAnswer,
    CommandOutcome,
    DeviceAbout,
    LinkStatus,
    Quality,
    Row,
    Status,
    Table,
)
from wire.quantities import Quantity
from wire.texts import LANGUAGES
from wire.texts.parameters import PARAMETERS
from wire.topics import Gateway, Kind, build

if TYPE_CHECKING:
    from collector.pipeline import Parts

NOW_MS = 1_790_000_000_000
ZONE = ZoneInfo("Asia/Almaty")
RULES = RulesTable(
    boiler_house=(
        BoilerHouse(
            site="s1",
            supply="d1/a",
            outdoor="d1/b",
            schedule=((-30.0, 95.0), (8.0, 40.0)),
            fuel="d1/c",
            makeup="d2/a",
            makeup_limit=0.5,
        ),
    )
)
PLAN = NotifyTable(
    people=tuple(PersonTable(name=one, language=one, channels=("env:X",)) for one in ("ru", "kk", "en")),
    steps=(StepTable(name="duty", after_min=(0, 0, 0, 0), people=("ru", "kk", "en")),),
    gather_s=0,
)
devices, channels = st.sampled_from(["d1", "d2"]), st.sampled_from(["a", "b", "c"])
times = st.integers(NOW_MS - 3_600_000, NOW_MS) | strategies.milliseconds
hostile = st.text(max_size=12) | st.sampled_from(["a\0b", "../../x", "{point}", "%s", "a\r\nBcc: b", "=1+1"])
values = st.none() | st.floats(allow_nan=False, allow_infinity=False) | hostile
codes = st.sampled_from(sorted(PARAMETERS)) | st.from_regex(r"\A[a-z0-9_]{1,40}\Z")


@st.composite
def tables(draw: st.DrawFn) -> Table:
    named = tuple(draw(st.lists(channels, min_size=1, max_size=3, unique=True)))
    quality = st.dictionaries(st.integers(0, len(named) - 1), st.sampled_from(Quality))
    rows = st.builds(
        Row, times, st.tuples(*[values] * len(named)), quality=quality, clock=st.sampled_from(Clock)
    )
    return Table(device=draw(devices), channels=named, rows=tuple(draw(st.lists(rows, max_size=12))))


@st.composite
def events(draw: st.DrawFn) -> AlarmEvent:
    code = draw(codes)
    said = st.sampled_from([*PARAMETERS.get(code, {}), "unit", "covered_by", "level", "suspect"])
    return AlarmEvent(
        id=draw(hostile.filter(bool) | st.just(f"{code}/d1/a/1") | st.just("a/" + "9" * 240)),
        code=code,
        state=draw(st.sampled_from(AlarmState)),
        t_ms=draw(times),
        since_ms=draw(times),
        device=draw(st.none() | devices),
        channel=draw(st.none() | channels),
        link=draw(st.none() | hostile),
        priority=draw(st.integers(1, 4)),
        params=draw(st.dictionaries(said | hostile, values, max_size=6)),
    )


classes = st.sampled_from(["air_post", "boiler_house", "x"])
batches = st.builds(
    Batch,
    epoch=st.sampled_from(["0" * 16, "1" * 16]),
    seq=st.integers(1, 9) | strategies.sequences,
    boot=hostile,
    site_class=classes,
    alarms=st.lists(events(), max_size=4).map(tuple),
    tables=st.lists(tables(), max_size=3).map(tuple),
    losses=st.lists(strategies.losses, max_size=2).map(tuple),
)
abouts = st.builds(
    About,
    version=hostile,
    epoch=st.just("0" * 16),
    boot=hostile,
    site_class=classes,
    site_title=hostile,
    site_titles=st.dictionaries(st.sampled_from(["ru", "kk", "en"]), hostile),
    started_ms=times,
    devices=st.lists(
        st.builds(
            DeviceAbout,
            name=devices,
            profile=hostile,
            model=hostile,
            link=hostile,
            period_s=st.floats(1, 3600),
            channels=st.lists(
                st.builds(
                    ChannelAbout,
                    name=channels,
                    quantity=st.sampled_from(Quantity).map(str) | hostile,
                    unit=hostile | st.sampled_from(["Cel", "mg/m3"]),
                    title=hostile,
                ),
                max_size=3,
            ).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
)
statuses = st.builds(
    Status,
    state=strategies.statuses.map(lambda one: one.state),
    epoch=st.just("0" * 16),
    links=st.lists(st.builds(LinkStatus, name=strategies.names, up=st.booleans()), max_size=2).map(tuple),
)
answers = st.builds(
    CommandAnswer, id=st.just("0" * 16), outcome=st.sampled_from(CommandOutcome), says=hostile
)
KINDS: dict[Any, Kind] = {
    Batch: Kind.BATCH,
    About: Kind.ABOUT,
    Status: Kind.STATUS,
    CommandAnswer: Kind.ANSWER,
}
messages = st.tuples(
    st.sampled_from([Gateway("s1", "g"), Gateway("s2", "g")]), batches | abouts | statuses | answers
)


class Air:
    """A broker that takes everything."""

    def __init__(self, client_id: str = "centre") -> None:
        self.client_id = client_id
        self.connection: object | None = object()
        self.topics: list[str] = []

    def publish(self, topic: str, _payload: bytes, *, retain: bool = False) -> None:
        assert retain
        self.topics.append(topic)


@pytest.mark.timeout(240)
def test_whatever_can_be_read_is_kept_and_told(engine: sa.Engine, tmp_path: Path) -> None:
    store = open_store(SqliteStore(path=str(tmp_path / "readings.db")))
    desk = Desk(Policies(AlarmsTable()))
    parts = cast("Parts", SimpleNamespace(desk=desk, store=store, engine=engine, rules=Watch(RULES, store)))
    with state.writing(engine) as transaction:
        subscriptions.add(transaction, "https://x.example", "env:X", Filter(), by="t", now_ms=1, after_seq=0)
    told = _Told(engine, desk)

    @settings(
        max_examples=60,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(messages, min_size=1, max_size=5))
    def receive(sent: list[tuple[Gateway, Any]]) -> None:
        letters = [
            Letter(build(gateway, KINDS[type(one)]), encode(one), lambda: None) for gateway, one in sent
        ]
        pipeline._keep(parts, sort(letters, NOW_MS), NOW_MS)
        told.everywhere()

    receive()
    store.close()


class _Told:
    """Everything that tells of alarms: the clock, MQTT, webhooks, people, the feed."""

    def __init__(self, engine: sa.Engine, desk: Desk) -> None:
        self.engine, self.air = engine, Air()
        self.clock = AlarmClock(engine, desk)
        self.duty = Duty(PLAN, (), Kinds())
        self.texts = AlarmTexts(ZONE, lambda: desk.kinds, lambda: NOW_MS)
        self.now_s = 0.0

    def everywhere(self) -> None:
        self.now_s += GRACE_S
        self.clock.tick(self.now_s, NOW_MS)
        Broadcast(self.engine, self.air).tick(self.now_s, NOW_MS)
        assert not [one for one in self.air.topics if set(one) & set("+#\0") or one.count("/") != 5]
        with state.writing(self.engine) as transaction:
            while webhooks.fan_out(transaction, Centre("/x", ZONE, Kinds()), NOW_MS):
                pass
            self.duty.look(transaction, NOW_MS)
        with state.reading(self.engine) as connection:
            region = Atlas(()).region(connection)
            shown = listing.wanted(connection, listing.Wanted(aside=True))
            shown += listing.wanted(connection, listing.Wanted(state=State.NORMAL))
            for language in LANGUAGES:
                for one in shown:
                    self.texts.encoded(one, region, language)
                for site in region.all_sites():
                    tiles.site(site, region, {}, [], now_ms=NOW_MS, language=language)
                words = Words(region, language, ZONE)
                history.search(connection, Wanted(limit=20), words, lambda _: True)
