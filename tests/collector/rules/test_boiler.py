"""Supply against its schedule, fuel in days, make-up against its norm; the degree of adverse weather."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from collector import nmu, state
from collector.alarm_clock import AlarmClock
from collector.alarms import book
from collector.alarms.alarm import Alarm
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import State
from collector.arrivals import Arrival
from collector.rules.boiler import consumption, scheduled
from collector.rules.watch import Watch
from collector.settings import AlarmsTable, BoilerHouse, RulesTable, SqliteStore
from collector.store import Store, open_store
from wire.messages import About, Batch, ChannelAbout, DeviceAbout, Row, Table
from wire.texts import LANGUAGES, names_of, render
from wire.topics import Gateway

HOUSE = Gateway("bh-01", "gw")
MINUTE, HOUR = 60_000, 3_600_000
T0 = 1_790_000_400_000
SCHEDULE = ((-39.0, 95.0), (-20.0, 74.0), (0.0, 51.0), (8.0, 40.0))
RULES = RulesTable(
    boiler_house=(
        BoilerHouse(
            site="bh-01",
            supply="m/supply",
            outdoor="m/outdoor",
            schedule=SCHEDULE,
            fuel="m/coal",
            makeup="m/makeup",
            makeup_limit=0.5,
        ),
    )
)
CHANNELS = {"supply": "Cel", "outdoor": "Cel", "coal": "t", "makeup": "m3/h"}
ABOUT = About(
    version="1",
    epoch="0" * 16,
    boot="b",
    site_class="boiler_house",
    started_ms=T0,
    devices=(
        DeviceAbout(
            name="m",
            profile="p",
            model="m",
            link="l",
            period_s=60,
            channels=tuple(
                ChannelAbout(name=name, quantity="temperature", unit=unit) for name, unit in CHANNELS.items()
            ),
        ),
    ),
)
DESK = Desk(Policies(AlarmsTable()))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(SqliteStore(path=str(tmp_path / "readings.db")))
    yield opened
    opened.close()


def receive(
    engine: sa.Engine, store: Store, every_ms: int, *rows: tuple[float, float, float, float], since: int = 0
) -> list[Alarm]:
    """Rows of supply, outdoor, coal, makeup, one batch; the alarms afterwards."""
    scans = tuple(Row(T0 + n * every_ms, row) for n, row in enumerate(rows, since))
    table = Table(device="m", channels=tuple(CHANNELS), rows=scans)
    batch = Batch(epoch="0" * 16, seq=1, boot="b", site_class="boiler_house", tables=(table,))
    arrivals = [Arrival(HOUSE, batch)]
    store.write(arrivals)
    with state.writing(engine) as transaction:
        told = Watch(RULES, store).judge(transaction, arrivals, {HOUSE: ABOUT}, scans[-1].t_ms)
        DESK.take(transaction, told, T0, {HOUSE: ABOUT})
        return book.in_states(transaction, State)


def test_the_schedule_is_straight_between_its_points() -> None:
    found = [scheduled(SCHEDULE, outdoor) for outdoor in (-50, -39, -10, 0, 4, 20)]
    assert found == [95.0, 95.0, 62.5, 51.0, 45.5, 40.0]


def test_a_supply_that_stays_off_the_schedule_becomes_an_alarm_and_ends(
    engine: sa.Engine, store: Store
) -> None:
    good, cold = (74.0, -20.0, 100.0, 0.1), (69.0, -20.0, 100.0, 0.1)
    assert receive(engine, store, MINUTE, *[good] * 40) == []
    (alarm,) = receive(engine, store, MINUTE, *[cold] * 40, since=40)
    assert (alarm.key, alarm.active, alarm.priority) == ("bh-01/gw/off_schedule/m/supply", True, 3)
    assert alarm.event.params["expected"] == 74.0
    (alarm,) = receive(engine, store, MINUTE, *[good] * 40, since=80)
    assert not alarm.active


def test_far_off_the_schedule_is_urgent(engine: sa.Engine, store: Store) -> None:
    (alarm,) = receive(engine, store, MINUTE, *[(50.0, -20.0, 100.0, 0.1)] * 40)
    assert alarm.priority == 2
    for language in LANGUAGES:
        text = render(alarm.event, language, names_of(ABOUT, "g"))
        assert "74" in text.happened


def test_fuel_is_told_in_days_of_the_consumption_of_late(engine: sa.Engine, store: Store) -> None:
    rows = [(74.0, -20.0, 300.0 - n, 0.1) for n in range(60)]
    assert receive(engine, store, HOUR, *rows) == []
    rows = [(74.0, -20.0, 240.0 - 3 * n, 0.1) for n in range(50)]
    (alarm,) = receive(engine, store, HOUR, *rows, since=60)
    assert (alarm.event.code, alarm.active) == ("fuel_low", True)
    days = alarm.event.params["days"]
    assert isinstance(days, float)
    assert days < 5
    (alarm,) = receive(engine, store, HOUR, *[(74.0, -20.0, 900.0, 0.1)] * 3, since=110)
    assert not alarm.active


def test_a_refill_is_no_consumption_and_a_short_time_says_nothing() -> None:
    assert consumption([(n * HOUR, 100.0 - n) for n in range(11)]) is None
    assert consumption([(n * HOUR, 100.0) for n in range(25)]) is None
    stock = [(n * HOUR, 100.0 - n + (500 if n > 12 else 0)) for n in range(25)]
    assert consumption(stock) == 23.0


def test_make_up_above_its_norm_for_an_hour(engine: sa.Engine, store: Store) -> None:
    assert receive(engine, store, MINUTE, *[(74.0, -20.0, 100.0, 0.4)] * 60) == []
    found = receive(engine, store, MINUTE, *[(74.0, -20.0, 100.0, 0.8)] * 60, since=60)
    assert [(one.event.code, one.priority) for one in found] == [("makeup_high", 3)]


def test_the_degree_of_adverse_weather_is_an_alarm_while_it_is_in_force(engine: sa.Engine) -> None:
    def enter(degree: int, to_ms: int) -> None:
        with state.writing(engine) as transaction:
            entry = nmu.Entry(
                degree=degree, from_ms=1000, to_ms=to_ms, source="Kazhydromet", by="anna", t_ms=500
            )
            nmu.enter(transaction, entry)

    def alarms() -> list[tuple[str, bool, int, object]]:
        with state.reading(engine) as connection:
            found = book.in_states(connection, State)
        return [(one.key, one.active, one.priority, one.event.params["degree"]) for one in found]

    clock = AlarmClock(engine, DESK)
    enter(1, 50_000)
    clock.tick(0, 900)
    assert alarms() == []
    clock.tick(2, 2000)
    key = "region/centre/adverse_weather/nmu"
    assert alarms() == [(key, True, 3, 1.0)]
    enter(3, 50_000)
    clock.tick(4, 4000)
    assert alarms() == [(key, True, 1, 3.0)]
    with state.reading(engine) as connection:
        (one,) = book.in_states(connection, State)
    text = render(one.event, "kk", names_of(ABOUT, "g"))
    assert text.title == "Өңір: қолайсыз метеорологиялық жағдай"
    clock.tick(6, 50_000)
    assert alarms() == [(key, False, 1, 3.0)]


def test_numbers_whose_sum_is_beyond_all_numbers_end_nobody(engine: sa.Engine, store: Store) -> None:
    beyond = (1.7e308, 1.7e308, 1.7e308, 1.7e308)
    assert {one.event.code for one in receive(engine, store, MINUTE, *[beyond] * 70)} == {
        "off_schedule",
        "makeup_high",
    }
