"""What every store does, on the real ones."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collector.arrivals import Arrival, Selection, StoredReading
from collector.settings import InfluxStore, SqliteStore
from collector.store import Store, open_store
from tests.collector.store_data import GATEWAY, T, arrival, expected, one_channel, scans
from wire.messages import Row
from wire.topics import Gateway

ABSURD = [
    "time",
    "site",
    "gateway",
    "device",
    "t",
    "t__q",
    "t__q__q",
    "select",
    "1",
    "1e5",
    "t-1_",
    "mean",
    "null",
]
NUMBERS = [1e308, -1e308, -0.0, 5e-324, 2.0**53, 0.1 + 0.2, 1.0, 1e21, 1e20, -273.15, 123456789.123456789]
TEXTS = [
    "",
    "12",
    "1.5",
    "null",
    "true",
    "a b,c=d",
    'say "no"',
    "back\\slash\\",
    "два\nряда\r\n\t",
    "\x00",
    "𝄞é",
    "x" * 70_000,
]


@pytest.fixture(params=["sqlite", pytest.param("influx", marks=pytest.mark.system)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = open_store(SqliteStore(path=str(tmp_path / "readings.db")))
    else:
        opened = open_store(InfluxStore(url=request.getfixturevalue("influxdb").url))
    yield opened
    opened.close()


def everything(store: Store) -> list[StoredReading]:
    return list(store.read(Selection()))


def test_an_empty_store_has_no_readings(store: Store) -> None:
    assert everything(store) == []


def test_nothing_to_write_is_no_error(store: Store) -> None:
    assert store.write([]) == ()
    assert store.write([arrival()]) == ()
    assert store.write([arrival(scans([], Row(T, ())))]) == ()
    assert everything(store) == []


def test_readings_come_back_in_order_of_point_then_time(store: Store) -> None:
    sent = [
        arrival(scans(["b", "a"], Row(T + 2, (1.0, 2.0)), Row(T, (3.0, 4.0)), device=device), gateway=gateway)
        for device in ("kv-2", "kv-1")
        for gateway in (Gateway("bh-07", "gw-1"), Gateway("ap-01", "gw-9"))
    ]
    assert store.write(sent) == ()
    assert everything(store) == expected(sent)


def test_the_same_batch_again_changes_nothing(store: Store) -> None:
    sent = [arrival(scans(["a", "s"], Row(T, (1.5, "on")), Row(T + 1, (None, None), {0: "bad.no_answer"})))]
    for _ in range(3):
        store.write(sent)
    assert everything(store) == expected(sent)


def test_the_same_point_and_time_overwrites(store: Store) -> None:
    store.write([one_channel({T: 1.0})])
    store.write([one_channel({T: 2.0})])
    assert [reading.value for reading in everything(store)] == [2.0]


def test_a_quality_is_kept_with_and_without_a_value(store: Store) -> None:
    row = Row(T, (1.0, None, "x", None), {0: "uncertain.clock", 1: "bad.no_answer", 2: "bad.not_text"})
    sent = [arrival(scans(["a", "b", "c", "d"], row))]
    store.write(sent)
    assert [(reading.channel, reading.value, reading.quality) for reading in everything(store)] == [
        ("a", 1.0, "uncertain.clock"),
        ("b", None, "bad.no_answer"),
        ("c", "x", "bad.not_text"),
    ]


def test_a_point_that_two_gateways_read_is_merged_by_time(store: Store) -> None:
    other = Gateway(GATEWAY.site, "gw-0")
    sent = [one_channel({T: 1.0, T + 2: 3.0}), one_channel({T + 1: 2.0, T + 3: 4.0}, gateway=other)]
    store.write(sent)
    assert [reading.value for reading in everything(store)] == [1.0, 2.0, 3.0, 4.0]


def test_absurd_channel_names_are_only_names(store: Store) -> None:
    values = tuple(float(index) for index in range(len(ABSURD)))
    sent = [
        arrival(
            scans(ABSURD, Row(T, values, dict.fromkeys(range(len(ABSURD)), "bad.stuck")), Row(T + 1, values))
        )
    ]
    assert store.write(sent) == ()
    assert everything(store) == expected(sent)


def test_extreme_numbers_come_back_equal(store: Store) -> None:
    sent = [one_channel({T + index: number for index, number in enumerate(NUMBERS)})]
    assert store.write(sent) == ()
    assert everything(store) == expected(sent)
    assert all(isinstance(reading.value, float) for reading in everything(store))


def test_texts_come_back_as_texts(store: Store) -> None:
    sent = [one_channel({T + index: text for index, text in enumerate(TEXTS)})]
    assert store.write(sent) == ()
    assert everything(store) == expected(sent)


def test_more_readings_than_one_page_or_request_holds(store: Store) -> None:
    rows = [Row(T + index * 1000, (float(index), float(-index))) for index in range(12_345)]
    sent = [arrival(scans(["a", "b"], *rows))]
    assert store.write(sent) == ()
    assert everything(store) == expected(sent)


@pytest.mark.parametrize(
    ("points", "channels"),
    [
        ("*", ["a1", "a2", "b1"]),
        ("bh-07/*", ["a1", "a2", "b1"]),
        ("*/kv-1/a?", ["a1", "a2"]),
        ("bh-0[0-7]/kv-1/*1", ["a1", "b1"]),
        ("bh-07/kv-1/[!a]*", ["b1"]),
        ("bh-07/kv-1/a1", ["a1"]),
        ("bh-07", []),
        ("ap-*", []),
    ],
)
def test_a_glob_selects_points(store: Store, points: str, channels: list[str]) -> None:
    store.write([arrival(scans(["a1", "a2", "b1"], Row(T, (1.0, 2.0, 3.0))))])
    assert [reading.channel for reading in store.read(Selection(points=points))] == channels


def test_a_range_begins_at_its_start_and_ends_before_its_end(store: Store) -> None:
    store.write([one_channel({T + index: float(index) for index in range(5)})])
    found = store.read(Selection(start_ms=T + 1, end_ms=T + 3))
    assert [reading.value for reading in found] == [1.0, 2.0]
    assert list(store.read(Selection(start_ms=T + 9))) == []


@pytest.mark.parametrize(
    ("aggregate", "values"),
    [
        ("mean", [2.0, 10.0]),
        ("min", [1.0, 10.0]),
        ("max", [3.0, 10.0]),
        ("last", [3.0, 10.0]),
        ("count", [2.0, 1.0]),
    ],
)
def test_buckets_are_aligned_to_the_epoch_and_leave_bad_readings_out(
    store: Store, aggregate: str, values: list[float]
) -> None:
    minute = 60_000
    start = T // (10 * minute) * 10 * minute
    rows = [
        Row(start - 1, (99.0,)),  # before the range, in the bucket before
        Row(start + 1, (1.0,)),
        Row(start + 2, (50.0,), {0: "bad.out_of_range"}),
        Row(start + 3, (None,), {0: "bad.no_answer"}),
        Row(start + 10 * minute - 1, (3.0,), {0: "uncertain.clock"}),
        Row(start + 10 * minute, (10.0,)),
        Row(start + 20 * minute, (77.0,), {0: "bad.stuck"}),
        Row(start + 30 * minute, (88.0,)),  # the end of the range
    ]
    store.write([arrival(scans(["t"], *rows)), one_channel({start: "text"}, channel="s")])
    found = store.read(
        Selection(start_ms=start, end_ms=start + 30 * minute, every_ms=10 * minute, aggregate=aggregate)
    )
    assert [(reading.t_ms, reading.value, reading.quality) for reading in found] == [
        (start, values[0], None),
        (start + 10 * minute, values[1], None),
    ]


def test_a_range_that_cuts_a_bucket_counts_only_its_part(store: Store) -> None:
    store.write([one_channel({1000: 1.0, 1400: 2.0, 1500: 3.0, 2100: 4.0})])
    found = store.read(Selection(start_ms=1400, end_ms=2100, every_ms=1000, aggregate="count"))
    assert [(reading.t_ms, reading.value) for reading in found] == [(1000, 2.0)]


def test_the_mean_of_the_largest_numbers_is_finite(store: Store) -> None:
    store.write([one_channel({1000: 1.7e308, 1001: 1.7e308})])
    assert [reading.value for reading in store.read(Selection(every_ms=1000))] == [1.7e308]


def test_reading_may_stop_early(store: Store) -> None:
    store.write([one_channel({T + index: float(index) for index in range(30_000)})])
    found = store.read(Selection())
    assert next(found).value == 0.0
    found.close()  # type: ignore[attr-defined]  # an iterator of ours is a generator
    assert store.write([one_channel({T: 1.0})]) == ()


NAMES = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,5}", fullmatch=True)
VALUES = st.none() | st.floats(allow_nan=False, allow_infinity=False)
REASONS = st.sampled_from(["bad.no_answer", "uncertain.clock"])


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, list[str], list[Row]]:
    channels = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    texts = draw(st.lists(st.booleans(), min_size=len(channels), max_size=len(channels)))
    kinds = [
        st.none() | st.text(st.characters(codec="utf-8"), max_size=9) if text else VALUES for text in texts
    ]
    times = draw(st.lists(st.integers(0, 2**42), min_size=1, max_size=5, unique=True))
    rows = [
        Row(
            t,
            tuple(draw(kind) for kind in kinds),
            draw(st.dictionaries(st.integers(0, len(channels) - 1), REASONS)),
        )
        for t in times
    ]
    return draw(NAMES), channels, rows


_sites = count()


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(sent=st.lists(tables(), min_size=1, max_size=4, unique_by=lambda table: table[0]))
def test_any_batches_come_back_as_they_were_sent(
    store: Store, sent: list[tuple[str, list[str], list[Row]]]
) -> None:
    # A site and a class of its own for each example; InfluxDB keeps a field's type for the whole measurement,
    # so channels are named for their device.
    site = f"s{next(_sites)}"
    arrivals: list[Arrival] = [
        arrival(
            scans([f"{channel}-{device}" for channel in channels], *rows, device=device),
            gateway=Gateway(site, "gw-1"),
            site_class=site,
        )
        for device, channels, rows in sent
    ]
    assert store.write(arrivals) == ()
    assert list(store.read(Selection(points=f"{site}/*"))) == expected(arrivals)


def test_the_newest_of_each_point_is_found_and_nothing_that_is_too_old(store: Store) -> None:
    store.write(
        [
            arrival(scans(["a", "b"], Row(T, (1.0, 2.0)), Row(T + 1, (3.0, None)))),
            arrival(
                scans(["a"], Row(T + 2, (None,), {0: "bad.no_answer"})), gateway=Gateway("bh-07", "gw-2")
            ),
            arrival(scans(["old"], Row(T - 1, (9.0,)))),
            arrival(scans(["text"], Row(T, ("on",)), device="kv-2")),
        ]
    )

    def newest(points: str) -> list[tuple[str, str, int, object, str | None]]:
        found = store.newest(points, T)
        return [(one.device, one.channel, one.t_ms, one.value, one.quality) for one in found]

    assert newest("*") == [
        ("kv-1", "a", T + 2, None, "bad.no_answer"),
        ("kv-1", "b", T, 2.0, None),
        ("kv-2", "text", T, "on", None),
    ]
    assert newest("bh-07/kv-1/b") == [("kv-1", "b", T, 2.0, None)]
    assert newest("bh-07/kv-1/x") == newest("bh-07") == newest("bh-08/*") == []


def test_one_point_is_read_by_its_name(store: Store) -> None:
    store.write([arrival(scans(["a", "b"], Row(T, (1.0, 2.0))))])
    assert [one.value for one in store.read(Selection(points="bh-07/kv-1/b"))] == [2.0]
    assert list(store.read(Selection(points="bh-07/kv-1"))) == []
