"""The alarm journal backwards, filtered; a search looks at so many entries a call and says where to go on."""

from collections.abc import Callable, Iterator
from datetime import tzinfo
from typing import Final

import msgspec
import sqlalchemy as sa
from msgspec import Struct
from msgspec.structs import replace

from collector import state
from collector.alarms import book
from collector.alarms.alarm import Alarm, Entry
from collector.alarms.book import Line
from collector.feed.models.alarms import JournalLine
from collector.feed.region import Region, gateway_of
from wire.messages import AlarmState
from wire.texts import Text, render

LOOKED_AT: Final = 5_000
"""Entries, in one call."""
_PAGE: Final = 500
_entry = msgspec.json.Decoder(Entry)


class Wanted(Struct, frozen=True, kw_only=True):
    """Which entries: numbers before one, a time range (Unix ms), and what they must be about."""

    before: int | None = None
    limit: int = 100
    from_ms: int = 0
    to_ms: int = 2**53
    site: str | None = None
    code: str | None = None
    by: str | None = None
    q: str = ""
    key: str | None = None


class Found(Struct, frozen=True):
    """Entries, the newest first, and before which number to go on; None: there is nothing before."""

    lines: list[JournalLine]
    next_before: int | None


class Words(Struct, frozen=True):
    """In which words entries are told."""

    region: Region
    language: str
    zone: tzinfo


def search(connection: sa.Connection, wanted: Wanted, words: Words, may_read: Callable[[str], bool]) -> Found:
    """Entries that fit.

    Args:
        connection: to the state database.
        wanted: which.
        words: of the texts, in which `q` is looked for besides names and comments.
        may_read: whether the entries of a site may be told.
    """
    found: list[JournalLine] = []
    looked_at, last = 0, None
    for page in _pages(connection, wanted):
        alarms = book.known(connection, sorted({line.entry.key for line in page}))
        for line in page:
            looked_at, last = looked_at + 1, line.seq
            if may_read(site_of(line.entry.key)) and _fits(line.entry, wanted):
                told = tell(line, alarms.get(line.entry.key), words)
                found += [told] if _has(told, wanted.q) else []
            if len(found) == wanted.limit or looked_at == LOOKED_AT:
                return Found(found, last)
    return Found(found, None)


def entries(connection: sa.Connection, from_ms: int, to_ms: int) -> Iterator[Entry]:
    """All entries of a span of time (Unix ms), in order."""
    c = state.alarm_journal.c
    query = sa.select(c.entry).where(c.t_ms >= from_ms, c.t_ms < to_ms).order_by(c.seq)
    for (body,) in connection.execute(query.execution_options(yield_per=_PAGE)):
        yield _entry.decode(body)


def tell(line: Line, alarm: Alarm | None, words: Words) -> JournalLine:
    """An entry in words; what a person did bears the title of the alarm."""
    entry = line.entry
    text = _text(entry, alarm, words)
    return JournalLine(
        seq=line.seq,
        t_ms=entry.t_ms,
        key=entry.key,
        site=site_of(entry.key),
        trigger=entry.trigger,
        before=entry.before,
        after=entry.after,
        occurrence=entry.occurrence,
        by=entry.by,
        address=entry.address,
        comment=entry.comment,
        until_ms=entry.until_ms or None,
        code=entry.event.code if entry.event else alarm.event.code if alarm else None,
        title=text.title,
        happened=text.happened if entry.event else "",
    )


def site_of(key: str) -> str:
    """The site an alarm's key begins with."""
    return key.partition("/")[0]


def _text(entry: Entry, alarm: Alarm | None, words: Words) -> Text:
    event = entry.event
    if event is None and alarm is not None:
        event = replace(alarm.event, state=AlarmState.RAISED)
    if event is None:
        return Text(entry.key, "", "", "")
    return render(event, words.language, words.region.names_at(gateway_of(entry.key)), words.zone)


def _fits(entry: Entry, wanted: Wanted) -> bool:
    if wanted.by is not None and entry.by != wanted.by:
        return False
    return wanted.code is None or entry.key.split("/", 3)[2:3] == [wanted.code]


def _has(line: JournalLine, text: str) -> bool:
    said = f"{line.title} {line.happened} {line.comment} {line.by} {line.key}".casefold()
    return all(word in said for word in text.casefold().split())


def _pages(connection: sa.Connection, wanted: Wanted) -> Iterator[list[Line]]:
    c = state.alarm_journal.c
    before = wanted.before
    while True:
        query = sa.select(c.seq, c.entry).where(*_conditions(wanted, before))
        rows = connection.execute(query.order_by(c.seq.desc()).limit(_PAGE)).all()
        if not rows:
            return
        yield [Line(seq, _entry.decode(body)) for seq, body in rows]
        before = rows[-1][0]


def _conditions(wanted: Wanted, before: int | None) -> Iterator[sa.ColumnElement[bool]]:
    c = state.alarm_journal.c
    if before is not None:
        yield c.seq < before
    if wanted.from_ms:
        yield c.t_ms >= wanted.from_ms
    if wanted.to_ms < 2**53:
        yield c.t_ms < wanted.to_ms
    if wanted.key is not None:
        yield c.key == wanted.key
    if wanted.site is not None:
        # Keys begin with `site/`; `0` is the character after `/`.
        yield sa.and_(c.key >= f"{wanted.site}/", c.key < f"{wanted.site}0")
