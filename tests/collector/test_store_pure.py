"""The parts of the InfluxDB store that decide: lines, answers, and the search for bad lines."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from collector.arrivals import Refused
from collector.store import StoreUnavailableError
from collector.store.influx_answer import Answer, Complaint, DatabaseMissingError, complaint_in
from collector.store.influx_read import Series, parse_series
from collector.store.influx_sieve import sift
from collector.store.line_protocol import (
    MAX_BYTES,
    MAX_LINES,
    Line,
    bodies,
    channel_of,
    field_key,
    take_apart,
)
from tests.collector.store_data import GATEWAY, T, arrival, one_channel, scans
from wire.messages import Row, Value

CHANNELS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,62}", fullmatch=True)
HEAD = b"boiler_house,device=kv-1,gateway=gw-1,site=bh-07 "


def body(row: Row, *channels: str) -> bytes:
    return b"\n".join(one.payload for one in bodies([arrival(scans(channels, row))]))


@pytest.mark.parametrize(
    ("values", "quality", "fields"),
    [
        ((1.0, 2.5), {}, b"a=1.0,b=2.5"),
        ((1, 1e308), {}, b"a=1,b=1e308"),
        ((-0.0, 5e-324), {}, b"a=-0.0,b=5e-324"),
        (("on", None), {}, b'a="on"'),
        ((1.0, None), {1: "bad.no_answer"}, b'a=1.0,b__q="bad.no_answer"'),
        ((1.0, 2.0), {0: "uncertain.clock"}, b'a=1.0,a__q="uncertain.clock",b=2.0'),
        (('say "\\"', 2.0), {}, b'a="say \\"\\\\\\"",b=2.0'),
    ],
)
def test_a_scan_is_one_line(values: tuple[Value, ...], quality: dict[int, str], fields: bytes) -> None:
    assert body(Row(T, values, quality), "a", "b") == HEAD + fields + b" %d" % T


def test_a_scan_without_anything_is_no_line() -> None:
    assert list(bodies([arrival(scans(["a"], Row(T, (None,))), scans([], Row(T, ())))])) == []


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30))
@settings(max_examples=60)
def test_numbers_are_written_exactly(values: list[float]) -> None:
    channels = [f"c{index}" for index in range(len(values))]
    fields = body(Row(T, tuple(values)), *channels).removeprefix(HEAD).split(b" ")[0].split(b",")
    assert [float(field.partition(b"=")[2]) for field in fields] == values


@given(CHANNELS | st.sampled_from(["time", "site", "gateway", "device", "x__q", "x__q__q"]))
def test_a_channel_has_a_field_of_its_own_that_is_no_quality(channel: str) -> None:
    key = field_key(channel)
    assert channel_of(key) == channel
    assert key not in {"time", "site", "gateway", "device"}
    assert not key.endswith("__q")


def test_requests_are_bounded_in_lines_and_bytes_and_lose_nothing() -> None:
    many = list(bodies([one_channel({T + index: 1.0 for index in range(12_001)})]))
    assert [len(one.scans) for one in many] == [MAX_LINES, MAX_LINES, 2_001]
    wide = list(bodies([one_channel({T + index: "x" * 60_000 for index in range(100)})]))
    assert sum(len(one.scans) for one in wide) == 100
    assert all(len(one.payload) < MAX_BYTES + 61_000 for one in wide)


@pytest.mark.parametrize(
    ("key", "series"),
    [
        ("boiler_house,device=kv-1,gateway=gw-1,site=bh-07", Series("boiler_house", "bh-07", "gw-1", "kv-1")),
        ("cpu,host=a\\,b", None),
        ("cpu", None),
        ("cpu,device=d,gateway=g,site=s,rack=1", None),
        ("a\\ b,device=d,gateway=g,site=s", Series("a b", "s", "g", "d")),
    ],
)
def test_only_series_with_our_tags_are_ours(key: str, series: Series | None) -> None:
    assert parse_series(key) == series


CONFLICT = (
    'partial write: field type conflict: input field "a" on measurement "m" is type string,'
    " already exists as type float dropped=2"
)


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Answer(204), None),
        (
            Answer(400, '{"error":"' + CONFLICT.replace('"', '\\"') + '"}'),
            Complaint("is a string, but InfluxDB already keeps `a` as float", 2, "a", "string"),
        ),
        (Answer(400, '{"error":"field type conflict"}'), Complaint("field type conflict")),
        (
            Answer(
                422,
                '{"code":"unprocessable","message":"partial write: points beyond retention dropped=1"}',
            ),
            Complaint("partial write: points beyond retention dropped=1", 1),
        ),
        (
            Answer(400, '{"error":"partial write: unable to parse \'x\': bad number dropped=0"}'),
            Complaint("partial write: unable to parse 'x': bad number dropped=0"),
        ),
        (
            Answer(413, "Request Entity Too Large"),
            Complaint("a request of this size is too large for the server"),
        ),
    ],
)
def test_what_an_answer_says_about_lines(answer: Answer, complaint: Complaint | None) -> None:
    assert complaint_in(answer, "InfluxDB") == complaint


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (Answer(401, '{"error":"authorization failed"}'), "refuses the login.*authorization failed"),
        (Answer(403), "refuses the login.*403"),
        (Answer(429, "slow down"), "answered 429: slow down"),
        (Answer(500, '{"error":"write wal: no space left on device"}'), "no space left on device"),
        (Answer(503, "<html>"), "answered 503"),
        (Answer(400, '{"error":"database is required"}'), "database is required"),
        (
            Answer(400, '{"error":"partial write: max-series-per-database limit exceeded: (1) dropped=1"}'),
            "limit",
        ),
        (Answer(302), "answered 302"),
        (Answer(200, "<html>Welcome"), "answered 200: <html>Welcome"),
    ],
)
def test_an_answer_that_is_not_about_lines_means_later(answer: Answer, sentence: str) -> None:
    with pytest.raises(StoreUnavailableError, match=f"^InfluxDB .*{sentence}"):
        complaint_in(answer, "InfluxDB")


def test_a_missing_database_has_an_error_of_its_own() -> None:
    with pytest.raises(DatabaseMissingError, match="database not found"):
        complaint_in(Answer(404, '{"error":"database not found: \\"x\\""}'), "InfluxDB")


class Shelf:
    """What InfluxDB does with types, kept in memory: the first one of a field in a span of time wins."""

    def __init__(self, *, vague: bool) -> None:
        self.vague = vague
        self.kinds: dict[tuple[int, str], str] = {}
        self.kept: set[tuple[int, bytes]] = set()
        self.requests = 0

    def send(self, lines: Sequence[Line]) -> Complaint | None:
        self.requests += 1
        bad = [line for line in lines if not self._take(line)]
        if not bad:
            return None
        key, kind = next(
            (field.key, field.kind)
            for field in bad[0].fields
            if self.kinds.get((bad[0].t_ms // 10, field.key), field.kind) != field.kind
        )
        return (
            Complaint("conflict")
            if self.vague and len(lines) > 1
            else Complaint("conflict", len(bad), key, kind)
        )

    def _take(self, line: Line) -> bool:
        span = line.t_ms // 10
        if any(self.kinds.get((span, field.key), field.kind) != field.kind for field in line.fields):
            return False
        self.kinds.update({(span, field.key): field.kind for field in line.fields})
        self.kept.update((line.t_ms, field.text) for field in line.fields)
        return True


@given(
    rows=st.lists(
        st.tuples(st.sampled_from([1.0, "x", None]), st.sampled_from([2.0, "y", None])), max_size=30
    ),
    vague=st.booleans(),
)
@settings(max_examples=80)
@example(rows=[(1.0, None), (None, "y"), (None, 2.0), ("x", None)], vague=False)
def test_whatever_conflicts_every_field_is_either_kept_or_refused(
    rows: list[tuple[Value, Value]], *, vague: bool
) -> None:
    batch = [arrival(scans(["a", "b"], *[Row(t, values) for t, values in enumerate(rows)]))]
    lines = [take_apart(scan) for one in bodies(batch) for scan in one.scans]
    shelf = Shelf(vague=vague)
    complaint = shelf.send(lines)
    refused = list(sift(lines, complaint, shelf.send)) if complaint else []
    named = {(one.t_ms, one.reason.split()[1]) for one in refused}
    sent = {(line.t_ms, field.text) for line in lines for field in line.fields}
    lost = {(t, text) for t, text in sent - shelf.kept if (t, text[:1].decode()) not in named}
    assert lost == set()
    assert {one.gateway for one in refused} <= {GATEWAY}
    assert len(named) == len(refused) == len(sent - shelf.kept)


def test_one_bad_line_among_thousands_costs_few_requests() -> None:
    rows = [Row(t, (1.0,)) for t in range(4096)]
    rows[1234] = Row(1234, ("x",))
    lines = [take_apart(scan) for one in bodies([arrival(scans(["a"], *rows))]) for scan in one.scans]
    shelf = Shelf(vague=True)
    complaint = shelf.send(lines)
    assert complaint is not None
    found = list(sift(lines, complaint, shelf.send))
    assert found == [Refused(GATEWAY, "kv-1", 1234, "channel a conflict")]
    assert shelf.requests < 40
