"""What each message is: to be stored, to be told, or to be set aside; pure.

readable                       stored, receipted
a row at an impossible time    set aside; the rest is stored, the batch receipted
malformed                      set aside; receipted when epoch and sequence can be read, else sent for ever
another schema version         set aside, no receipt: the agent keeps it until this program is upgraded
a topic that is none of ours   set aside
"""

import zlib
from collections.abc import Callable, Iterable, Sequence

import msgspec
from msgspec import Struct

from collector.arrivals import (
    Announcement,
    Answered,
    Arrival,
    Arrived,
    News,
    Reason,
    Refused,
    Reported,
    SetAside,
)
from collector.ingest.announcing import announcement
from collector.ingest.mailbox import Letter
from wire import topics
from wire.codec import MAX_BYTES, DecodeError, UnsupportedVersionError, decode
from wire.messages import About, Batch, CommandAnswer, Epoch, Row, Status, Table
from wire.messages import Sequence as SequenceNumber
from wire.reports import MOST_BYTES, Report, ReportDocument
from wire.topics import REGION, Gateway, Kind

EARLIEST_MS = 1_577_836_800_000
"""2020-01-01T00:00Z: no gateway of ours was running before."""
AHEAD_MS = 24 * 3600 * 1000
"""How far a reading may be ahead of the collector's clock."""


class Sorted(Struct):
    """One group of messages; `letters` go with `arrivals` one by one."""

    arrivals: list[Arrival] = []
    letters: list[Letter] = []
    arrived: list[Arrived] = []
    news: list[News] = []
    answers: list[Answered] = []
    reports: list[Reported] = []
    announced: list[Announcement] = []
    set_aside: list[SetAside] = []


def sort(letters: Iterable[Letter], now_ms: int) -> Sorted:
    """Decode and check a group of messages against the collector's clock (Unix ms)."""
    found = Sorted()
    for letter in letters:
        try:
            gateway, kind = topics.parse(letter.topic)
            sorter = _SORTERS[kind]
        except (topics.ForeignTopicError, KeyError):
            detail = "not a topic that gateways speak on"
            found.set_aside.append(SetAside(letter.topic, None, Reason.FOREIGN_TOPIC, detail, letter.payload))
            continue
        try:
            sorter(gateway, letter, now_ms, found)
        except DecodeError as error:
            aside = _whole(gateway, letter, error)
            found.set_aside.append(aside)
            if aside.reason is Reason.MALFORMED and kind is Kind.BATCH:
                found.arrived += _readable_envelope(gateway, letter.payload, now_ms)
    return found


def refused_by_store(found: Sorted, refused: Sequence[Refused]) -> list[SetAside]:
    """The messages whose scans the store will never take, with the scans' reasons."""
    aside: list[SetAside] = []
    for arrival, letter in zip(found.arrivals, found.letters, strict=True) if refused else ():
        scans = {(table.device, row.t_ms) for table in arrival.batch.tables for row in table.rows}
        ours = tuple(r for r in refused if r.gateway == arrival.gateway and (r.device, r.t_ms) in scans)
        if ours:
            aside.append(
                SetAside(letter.topic, arrival.gateway, Reason.STORE, ours[0].reason, letter.payload, ours)
            )
    return aside


def _sort_batch(gateway: Gateway, letter: Letter, now_ms: int, found: Sorted) -> None:
    batch = decode(Batch, letter.payload)
    times = [row.t_ms for table in batch.tables for row in table.rows] or [now_ms]
    first_ms, last_ms = min(times), max(times)
    if first_ms < EARLIEST_MS or last_ms > now_ms + AHEAD_MS:
        refused = _impossible(gateway, batch, now_ms)
        found.set_aside.append(
            SetAside(letter.topic, gateway, Reason.TIME, refused[0].reason, letter.payload, refused)
        )
        batch = _without_impossible(batch, now_ms)
        times = [t for t in times if _possible(t, now_ms)] or [now_ms]
        first_ms, last_ms = min(times), max(times)
    found.arrivals.append(Arrival(gateway, batch))
    found.letters.append(letter)
    found.arrived.append(Arrived(gateway, batch.epoch, batch.seq, first_ms, last_ms, batch.losses))


def _sort_about(gateway: Gateway, letter: Letter, _now_ms: int, found: Sorted) -> None:
    found.news.append(News(gateway, decode(About, letter.payload)))


def _sort_status(gateway: Gateway, letter: Letter, _now_ms: int, found: Sorted) -> None:
    found.news.append(News(gateway, decode(Status, letter.payload)))


def _sort_answer(gateway: Gateway, letter: Letter, _now_ms: int, found: Sorted) -> None:
    found.answers.append(Answered(gateway, decode(CommandAnswer, letter.payload)))


def _sort_report(gateway: Gateway, letter: Letter, _now_ms: int, found: Sorted) -> None:
    if len(letter.payload) > MOST_BYTES:
        raise DecodeError(f"a report of {len(letter.payload)} bytes; at most {MOST_BYTES} are kept")
    report = decode(Report, letter.payload)
    try:
        document = msgspec.json.decode(report.document, type=ReportDocument)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DecodeError(f"not the document of a report: {error}") from None
    found.reports.append(Reported(gateway, report, document))


def _sort_nmu(gateway: Gateway, letter: Letter, _now_ms: int, found: Sorted) -> None:
    if gateway != REGION:
        raise DecodeError(f"NMU is announced for the region, on {topics.NMU}")
    found.announced.append(announcement(letter.payload))


_SORTERS: dict[Kind, Callable[[Gateway, Letter, int, Sorted], None]] = {
    Kind.BATCH: _sort_batch,
    Kind.ABOUT: _sort_about,
    Kind.STATUS: _sort_status,
    Kind.ANSWER: _sort_answer,
    Kind.REPORT: _sort_report,
    Kind.NMU: _sort_nmu,
}


def _whole(gateway: Gateway, letter: Letter, error: DecodeError) -> SetAside:
    reason = Reason.VERSION if isinstance(error, UnsupportedVersionError) else Reason.MALFORMED
    return SetAside(letter.topic, gateway, reason, str(error), letter.payload)


class _Envelope(Struct):
    epoch: Epoch
    seq: SequenceNumber


_envelope = msgspec.json.Decoder(_Envelope)


def _readable_envelope(gateway: Gateway, payload: bytes, now_ms: int) -> list[Arrived]:
    """Which batch it would have been, if that can still be read."""
    try:
        plain = zlib.decompressobj().decompress(payload, MAX_BYTES) if payload[:1] == b"x" else payload
        envelope = _envelope.decode(plain)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []
    return [Arrived(gateway, envelope.epoch, envelope.seq, now_ms, now_ms)]


def _possible(t_ms: int, now_ms: int) -> bool:
    return EARLIEST_MS <= t_ms <= now_ms + AHEAD_MS


def _without_impossible(batch: Batch, now_ms: int) -> Batch:
    tables = (
        msgspec.structs.replace(table, rows=tuple(r for r in table.rows if _possible(r.t_ms, now_ms)))
        for table in batch.tables
    )
    return msgspec.structs.replace(batch, tables=tuple(table for table in tables if table.rows))


def _impossible(gateway: Gateway, batch: Batch, now_ms: int) -> tuple[Refused, ...]:
    return tuple(
        Refused(gateway, table.device, row.t_ms, _why(table, row, now_ms))
        for table in batch.tables
        for row in table.rows
        if not _possible(row.t_ms, now_ms)
    )


def _why(table: Table, row: Row, now_ms: int) -> str:
    if row.t_ms < EARLIEST_MS:
        return f"{table.device}: taken before 2020; is the gateway's clock set?"
    hours = (row.t_ms - now_ms) / 3_600_000
    return f"{table.device}: taken {hours:.0f} h after now; is the gateway's clock right?"
