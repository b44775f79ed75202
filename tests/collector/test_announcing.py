"""Announcements of NMU: what is read, what is refused with which sentence; each is entered once."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from collector import announced, nmu, state
from collector.arrivals import Announcement, Reason
from collector.ingest.announcing import MOST_BYTES, announcement
from collector.ingest.sorting import sort
from collector.nmu import Entry
from collector.state import chain
from collector.users import audit
from collector.users.audit import Actor
from tests.collector.collecting import NOW_MS, letter
from wire import topics
from wire.codec import DecodeError

SAID: dict[str, Any] = {
    "degree": 2,
    "from": "2026-01-15T20:00:00+05:00",
    "to": "2026-01-16T15:00:00Z",
    "source": "Kazhydromet, 15 January, 14:00",
}
FROM_MS, TO_MS = 1_768_489_200_000, 1_768_575_600_000
READ = Announcement(degree=2, from_ms=FROM_MS, to_ms=TO_MS, source=SAID["source"])


def test_an_announcement_is_read_with_its_offsets() -> None:
    assert announcement(json.dumps(SAID).encode()) == READ


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        (b"", "empty, which takes nothing back: announce degree 0 for the same time"),
        (b" " * (MOST_BYTES + 1), "4097 bytes; an announcement of NMU has at most 4096"),
        (b'{"degree": 2', "not an announcement of NMU: Input data was truncated; write such as {"),
        (b"\xff", "not an announcement of NMU: JSON is malformed: invalid character (byte 0)"),
        (b"[2]", "not an announcement of NMU: Expected `object`, got `array`"),
        (SAID | {"degree": 4}, "not an announcement of NMU: Expected `int` <= 3 - at `$.degree`"),
        (SAID | {"degree": -1}, "not an announcement of NMU: Expected `int` >= 0 - at `$.degree`"),
        (SAID | {"degree": "2"}, "not an announcement of NMU: Expected `int`, got `str` - at `$.degree`"),
        (SAID | {"wind": 1}, "not an announcement of NMU: Object contains unknown field `wind`"),
        (SAID | {"source": ""}, "Expected `str` of length >= 1 - at `$.source`"),
        (SAID | {"source": "x" * 401}, "Expected `str` of length <= 400 - at `$.source`"),
        (
            SAID | {"from": "2026-01-15T20:00:00"},
            "Expected `datetime` with a timezone component - at `$.from`",
        ),
        (SAID | {"from": 1_768_489_200_000}, "Expected `datetime`, got `int` - at `$.from`"),
        (SAID | {"to": "tomorrow"}, "Invalid RFC3339 encoded datetime - at `$.to`"),
        (SAID | {"to": SAID["from"]}, "`to` (2026-01-15T20:00:00+05:00) is not after `from` (2026-01-15T20"),
        ({"degree": 2}, "Object missing required field `from`"),
    ],
)
def test_a_bad_announcement_is_set_aside_with_one_sentence(
    payload: bytes | dict[str, Any], sentence: str
) -> None:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    found = sort([letter(body, topics.NMU)], NOW_MS)
    (aside,) = found.set_aside
    assert (aside.reason, aside.gateway, aside.payload) == (Reason.MALFORMED, topics.REGION, body)
    assert sentence in aside.detail
    assert "\n" not in aside.detail
    assert not found.announced


def test_a_gateway_announces_no_weather() -> None:
    found = sort([letter(json.dumps(SAID).encode(), "ulba/v1/bh-07/gw-1/nmu")], NOW_MS)
    assert "is announced for the region, on ulba/v1/region/centre/nmu" in found.set_aside[0].detail


OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=OFFSETS)


@given(st.integers(0, 3), MOMENTS, MOMENTS, st.text(min_size=1, max_size=400))
@example(0, datetime.min.replace(tzinfo=timezone.max), datetime.max.replace(tzinfo=timezone.min), "x")
def test_whatever_is_announced_is_read_as_it_was_meant(
    degree: int, begin: datetime, end: datetime, source: str
) -> None:
    said = {"degree": degree, "from": begin.isoformat(), "to": end.isoformat(), "source": source}
    payload = json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass")
    try:
        found = announcement(payload)
    except DecodeError:
        unreadable = len(payload) > MOST_BYTES or any("\ud800" <= one <= "\udfff" for one in source)
        assert unreadable or end - begin < timedelta(milliseconds=1)
        return
    assert (found.degree, found.source) == (degree, source)
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    for ms, moment in ((found.from_ms, begin), (found.to_ms, end)):
        assert timedelta() <= moment - epoch - timedelta(milliseconds=ms) < timedelta(milliseconds=1)


FIELDS = st.dictionaries(
    st.sampled_from([*SAID, "x"]),
    st.none() | st.integers() | st.text(max_size=9) | st.sampled_from(list(SAID.values())),
)


@given(st.binary(max_size=60) | FIELDS.map(lambda said: json.dumps(said).encode()))
def test_any_bytes_are_an_announcement_or_a_sentence(payload: bytes) -> None:
    found = sort([letter(payload, topics.NMU)], NOW_MS)
    assert len(found.announced) + len(found.set_aside) == 1


def hear(engine: sa.Engine, *announcements: Announcement, now_ms: int = NOW_MS) -> list[int]:
    """What has been entered then, the newest first."""
    with state.writing(engine) as transaction:
        announced.hear(transaction, announcements, now_ms)
        assert chain.broken_at(transaction, state.nmu) is None
        return [one.degree for one in nmu.entries(transaction)]


def announced_as(degree: int) -> Announcement:
    return Announcement(degree=degree, from_ms=NOW_MS, to_ms=NOW_MS + 1000, source="Kazhydromet")


def test_what_is_heard_again_is_entered_once_and_audited_once(engine: sa.Engine) -> None:
    first, second = announced_as(1), announced_as(3)
    assert hear(engine, first, first) == [1]
    assert hear(engine, second, now_ms=NOW_MS + 1) == [3, 1]
    assert hear(engine, first, second, now_ms=NOW_MS + 2) == [3, 1]
    with state.reading(engine) as connection:
        lines = audit.lines(connection, before_seq=None, limit=9)
        assert nmu.entries(connection)[0].by == "mqtt ulba/v1/region/centre/nmu"
    assert [(line.entry.deed, line.entry.by) for line in lines] == [
        ("nmu", "mqtt ulba/v1/region/centre/nmu")
    ] * 2
    before, after = (
        msgspec.json.decode(told, type=Entry) for told in (lines[0].entry.before, lines[0].entry.after)
    )
    assert (before.degree, after.degree) == (1, 3)


def test_collectors_that_hear_the_same_at_the_same_moment_enter_it_once(engine: sa.Engine) -> None:
    with ThreadPoolExecutor(4) as collectors:
        heard = [collectors.submit(hear, engine, announced_as(degree)) for degree in [1, 2] * 4]
    assert all(one.result() for one in heard)
    assert sorted(hear(engine)) == [1, 2]


def test_what_is_heard_again_does_not_overtake_what_a_person_has_entered_since(engine: sa.Engine) -> None:
    hear(engine, announced_as(2))
    taken_back = Entry(degree=0, from_ms=NOW_MS, to_ms=NOW_MS + 1000, source="x", by="anna", t_ms=NOW_MS)
    with state.writing(engine) as transaction:
        announced.enter(transaction, taken_back, Actor("anna"))
    with capture_logs() as logs:
        assert hear(engine, announced_as(2)) == [0, 2]
    assert [(one["log_level"], one["degree"]) for one in logs] == [("warning", 2)]
    with state.reading(engine) as connection:
        assert nmu.in_force(nmu.entries(connection), NOW_MS) is None


def test_what_a_person_has_entered_in_the_same_words_is_announced_all_the_same(engine: sa.Engine) -> None:
    entry = Entry(degree=2, from_ms=NOW_MS, to_ms=NOW_MS + 1000, source="Kazhydromet", by="anna", t_ms=1)
    with state.writing(engine) as transaction:
        announced.enter(transaction, entry, Actor("anna"))
    assert hear(engine, announced_as(2)) == [2, 2]
