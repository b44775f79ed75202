"""The 20-minute mean against the maximum single concentration, as readings arrive and after a restart."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import sqlalchemy as sa
from msgspec import Struct

from collector import gateways, state
from collector.alarms import book
from collector.alarms.alarm import Alarm
from collector.alarms.desk import Desk, Policies
from collector.alarms.lifecycle import State
from collector.arrivals import Arrival, News
from collector.rules import limits
from collector.rules.air import is_lockstep, mean
from collector.rules.findings import limit_level
from collector.rules.watch import Watch
from collector.settings import AirLimit, AlarmsTable, RulesTable, SqliteStore
from collector.store import Store, open_store
from wire.messages import About, AlarmState, Batch, ChannelAbout, DeviceAbout, Row, Table
from wire.quantities import Quantity
from wire.texts import LANGUAGES, names_of, render
from wire.topics import Gateway

POST = Gateway("ap-01", "gw")
MINUTE = 60_000
T0 = 1_790_000_400_000
EPOCH = "0" * 16
SO2, H2S = 0.5, 0.008
ABOUT = About(
    version="1",
    epoch=EPOCH,
    boot="b",
    site_class="air_post",
    started_ms=T0,
    devices=(
        DeviceAbout(
            name="gas",
            profile="p",
            model="m",
            link="l",
            period_s=60,
            channels=(
                ChannelAbout(name="so2", quantity="so2", unit="mg/m3"),
                ChannelAbout(name="h2s", quantity="h2s", unit="mg/m3"),
                ChannelAbout(name="pm", quantity="pm2_5", unit="ug/m3"),
            ),
        ),
    ),
)


def batch(minutes: Sequence[int], channel: str, values: Sequence[float], quality: str = "") -> Batch:
    rows = tuple(
        Row(T0 + minute * MINUTE, (value,), quality={0: quality} if quality else {})
        for minute, value in zip(minutes, values, strict=True)
    )
    tables = (Table(device="gas", channels=(channel,), rows=rows),)
    return Batch(epoch=EPOCH, seq=1, boot="b", site_class="air_post", tables=tables)


class Centre(Struct):
    """Store, state database and rules, as the pipeline puts them together."""

    engine: sa.Engine
    store: Store
    desk: Desk
    rules: Watch

    def receive(self, *batches: Batch, now_ms: int | None = None) -> None:
        newest_ms = max(row.t_ms for one in batches for table in one.tables for row in table.rows)
        arrivals = [Arrival(POST, one) for one in batches]
        self.store.write(arrivals)
        with state.writing(self.engine) as transaction:
            told = self.rules.judge(transaction, arrivals, {POST: ABOUT}, now_ms or newest_ms)
            self.desk.take(transaction, told, T0, {POST: ABOUT})
        self.rules.settle()

    def restart(self) -> None:
        self.rules = Watch(RulesTable(), self.store)

    def feed(self, channel: str, values: Sequence[float], since: int = 0, quality: str = "") -> None:
        """A batch a minute."""
        for n, value in enumerate(values, since):
            self.receive(batch([n], channel, [value], quality))

    def alarms(self) -> list[Alarm]:
        with state.reading(self.engine) as connection:
            return book.in_states(connection, State)

    def journal(self) -> list[tuple[AlarmState, float | str | None, float]]:
        with state.reading(self.engine) as connection:
            events = [line.entry.event for line in book.lines(connection)]
        told = [one for one in events if one is not None]
        return [(one.state, one.params["level"], (one.t_ms - T0) / MINUTE) for one in told]


@pytest.fixture
def centre(engine: sa.Engine, tmp_path: Path) -> Iterator[Centre]:
    store = open_store(SqliteStore(path=str(tmp_path / "readings.db")))
    with state.writing(engine) as transaction:
        gateways.note(transaction, [News(POST, ABOUT)], T0)
    yield Centre(engine, store, Desk(Policies(AlarmsTable())), Watch(RulesTable(), store))
    store.close()


def test_21_minutes_at_twice_the_limit_open_level_1_and_clean_air_closes_it(centre: Centre) -> None:
    centre.feed("so2", [0.1] * 20)
    centre.feed("so2", [2 * SO2] * 21, since=20)
    ((status, level, _),) = centre.journal()
    assert (status, level) == (AlarmState.RAISED, 1.0)
    (alarm,) = centre.alarms()
    assert (alarm.key, alarm.priority) == ("ap-01/gw/air_exceedance/gas/so2", 3)
    assert alarm.event.params["limit"] == SO2
    centre.feed("so2", [0.1] * 21, since=41)
    assert [one[0] for one in centre.journal()] == [AlarmState.RAISED, AlarmState.CLEARED]


def test_a_reading_of_tomorrow_keeps_none_of_today_unjudged(centre: Centre) -> None:
    tomorrow = batch([23 * 60], "so2", [0.1])
    centre.receive(tomorrow, now_ms=T0)
    centre.feed("so2", [2 * SO2] * 21)
    assert [one[0] for one in centre.journal()] == [AlarmState.RAISED]


def test_numbers_whose_sum_is_beyond_all_numbers_end_nobody(centre: Centre) -> None:
    for minute in range(22):
        value = 1.7e308 - minute % 2 * 1e307
        centre.receive(*(batch([minute], channel, [value]) for channel in ("so2", "h2s")))
    assert {alarm.event.channel for alarm in centre.alarms()} == {"so2", "h2s"}


def test_a_spike_of_five_minutes_is_no_exceedance(centre: Centre) -> None:
    centre.feed("so2", [0.1] * 20)
    centre.feed("so2", [2 * SO2] * 5, since=20)
    centre.feed("so2", [0.1] * 20, since=25)
    assert centre.alarms() == []


def test_too_few_good_readings_say_nothing(centre: Centre) -> None:
    centre.feed("so2", [9.0] * 14)
    assert centre.alarms() == []
    centre.feed("so2", [9.0] * 1, since=14)
    assert len(centre.alarms()) == 1


@pytest.mark.parametrize("quality", ["bad.out_of_range", "uncertain.after_fault"])
def test_no_alarm_is_opened_by_readings_that_are_not_good(centre: Centre, quality: str) -> None:
    centre.feed("so2", [9.0] * 40, quality=quality)
    assert centre.alarms() == []


def test_what_gets_worse_is_told_level_by_level_and_left_with_hysteresis(centre: Centre) -> None:
    centre.feed("so2", [1.2 * SO2] * 20)
    centre.feed("so2", [6 * SO2] * 20, since=20)
    centre.feed("so2", [12 * SO2] * 20, since=40)
    assert [one[1] for one in centre.journal()] == [1.0, 5.0, 10.0]
    (alarm,) = centre.alarms()
    assert (alarm.priority, alarm.event.priority) == (1, 1)
    centre.feed("so2", [0.95 * SO2] * 20, since=60)
    assert centre.journal()[-1][:2] == (AlarmState.UPDATED, 1.0)
    centre.feed("so2", [0.85 * SO2] * 20, since=80)
    assert centre.journal()[-1][0] is AlarmState.CLEARED


def test_a_backlog_is_judged_at_each_of_its_minutes(centre: Centre) -> None:
    values = [0.1] * 20 + [2 * SO2] * 25 + [0.1] * 25
    centre.receive(batch(range(len(values)), "so2", values))
    told = centre.journal()
    assert [one[0] for one in told] == [AlarmState.RAISED, AlarmState.CLEARED]
    assert 25 < told[0][2] < 45 < told[1][2] < 65


def test_late_and_duplicate_batches_change_nothing_also_after_a_restart(centre: Centre) -> None:
    values = [0.1] * 20 + [2 * SO2] * 25 + [0.1] * 25
    batches = [batch([n], "so2", [value]) for n, value in enumerate(values)]
    centre.receive(*batches)
    told = centre.journal()
    centre.receive(*batches[10:50])
    centre.receive(batches[3])
    assert centre.journal() == told
    centre.restart()
    centre.receive(*batches)
    assert centre.journal() == told


def test_old_batches_do_not_end_what_stands_after_a_restart(centre: Centre) -> None:
    values = [0.1] * 20 + [2 * SO2] * 25
    batches = [batch([n], "so2", [value]) for n, value in enumerate(values)]
    centre.receive(*batches)
    told = centre.journal()
    centre.restart()
    centre.receive(*batches[:25])
    assert centre.journal() == told
    assert [one.active for one in centre.alarms()] == [True]


def test_after_a_restart_the_minutes_before_it_count(centre: Centre) -> None:
    centre.feed("so2", [2 * SO2] * 14)
    centre.restart()
    centre.feed("so2", [2 * SO2] * 2, since=14)
    assert len(centre.alarms()) == 1


def test_hydrogen_sulphide_that_follows_sulphur_dioxide_is_suspect(centre: Centre) -> None:
    for n in range(25):
        centre.receive(batch([n], "so2", [0.01 * n]), batch([n], "h2s", [0.001 * n]))
    (alarm,) = centre.alarms()
    assert (alarm.event.channel, alarm.event.params["suspect"]) == ("h2s", "so2")
    said = render(alarm.event, "ru", names_of(ABOUT, str(POST)))
    assert "датчик сероводорода отзывается на него" in said.evidence


def test_hydrogen_sulphide_by_itself_is_not_suspect(centre: Centre) -> None:
    for n in range(25):
        centre.receive(batch([n], "so2", [0.01 * (n % 3)]), batch([n], "h2s", [0.001 * n]))
    (alarm,) = centre.alarms()
    assert "suspect" not in alarm.event.params
    for language in LANGUAGES:
        assert render(alarm.event, language, names_of(ABOUT, "g")).evidence


def test_dust_is_held_against_the_limit_in_its_own_unit(centre: Centre) -> None:
    centre.feed("pm", [150.0] * 20)
    assert centre.alarms() == []
    centre.feed("pm", [200.0] * 20, since=20)
    (alarm,) = centre.alarms()
    assert (alarm.event.params["limit"], alarm.event.params["unit"]) == (160.0, "ug/m3")


def test_limits_are_dated_data_with_sources_that_a_centre_may_replace() -> None:
    table = limits.shipped()
    assert table.valid_from.year == 2022
    assert all(one.source and one.confidence.single in "ABC" for one in table.limit)
    assert limits.single()["so2"] == SO2
    own = AirLimit(quantity=Quantity.SO2, single=0.35, source="an act to come")
    assert limits.single([own])["so2"] == 0.35


def test_the_mean_needs_three_quarters_of_its_readings() -> None:
    series = [(T0 + n * MINUTE, 1.0) for n in range(14)]
    assert mean(series, T0 + 19 * MINUTE, 60) is None
    assert mean([*series, (T0 + 19 * MINUTE, 16.0)], T0 + 19 * MINUTE, 60) == 2.0


def test_a_level_is_kept_until_nine_tenths_of_its_limit() -> None:
    levels = {1.0: 10.0, 5.0: 50.0}
    assert [limit_level(value, levels, 0.0, 0.9) for value in (10.0, 10.1, 50.1)] == [0.0, 1.0, 5.0]
    assert [limit_level(value, levels, 5.0, 0.9) for value in (45.1, 45.0, 9.0)] == [5.0, 1.0, 0.0]


def test_series_that_do_not_move_are_in_no_lockstep() -> None:
    flat = [(T0 + n * MINUTE, 1.0) for n in range(20)]
    assert not is_lockstep(flat, flat)
    assert not is_lockstep(flat[:3], flat[:3])
