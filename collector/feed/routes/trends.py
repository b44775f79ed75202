"""Readings over time: trends with what is usual and when alarms stood, sparklines, export."""

from typing import Annotated, Final

import sqlalchemy as sa
from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from collector import state
from collector.alarms import book
from collector.arrivals import Selection
from collector.feed import listing, sheet, tiles, trends
from collector.feed.auth import Caller, Who
from collector.feed.context import Context, Here
from collector.feed.models.sites import AlarmMark, Band, RangeAsked, Sparkline, Sparklines, Trend
from collector.feed.problems import ProblemCode, ProblemError, described
from collector.feed.region import Region, gateway_of
from collector.feed.trends import DAY_MS, DAYS, HOUR_MS, Span
from collector.store.selection import is_exact
from collector.users.roles import Action
from wire.texts import LANGUAGES, render

router = APIRouter(tags=["readings"], responses=described())
_MOST_BUCKETS: Final = 5_000
_USUAL_MOST_MS: Final = 8 * DAY_MS
_SPARK_MS: Final = 2 * HOUR_MS
_SPARK_EVERY_MS: Final = 120_000
_SPARKS: Final = 100
_ENTRIES: Final = 2_000
"""Of the journal of each alarm that are looked at, the newest: some years of a usual one."""


@router.get("/trend")
def trend(who: Who, context: Here, asked: Annotated[RangeAsked, Query()]) -> Trend:
    """A point over time in buckets, with its usual band and the alarms on it."""
    language = asked.lang or who.language
    _see_point(who, context, asked.point)
    every_ms = _every_ms(asked)
    start_ms = asked.from_ms // every_ms * every_ms
    readings = context.store.read(Selection(points=asked.point, start_ms=start_ms, end_ms=asked.to_ms))
    with state.reading(context.engine) as connection:
        region = context.atlas.region(connection)
        spans = _spans(connection, asked)
    title, unit = tiles.titled(asked.point, region, language)
    curve = trends.curve(readings, every_ms)
    return Trend(
        point=asked.point,
        unit=unit,
        title=title,
        t=curve.t,
        mean=list(curve.mean),
        min=list(curve.low),
        max=list(curve.high),
        expected=_usual(context, asked),
        alarms=[_mark(one, region, language, context) for one in spans],
        every_ms=every_ms,
    )


@router.get("/sparklines")
def sparklines(
    who: Who,
    context: Here,
    points: Annotated[str, Query(max_length=20_000, description="site/device/channel, with commas between.")],
) -> Sparklines:
    """The last two hours of points, a value for every two minutes."""
    names = [one for one in dict.fromkeys(points.split(",")) if one][:_SPARKS]
    return Sparklines(points={one: _spark(context, one) for one in names if _may_read(who, context, one)})


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {}}}},
)
def export(who: Who, context: Here, asked: Annotated[RangeAsked, Query()]) -> StreamingResponse:
    """A point's readings as a table for a spreadsheet; with `every_ms` the mean of each bucket."""
    _see_point(who, context, asked.point)
    _see_range(asked)
    language = asked.lang or who.language
    with state.reading(context.engine) as connection:
        title, unit = tiles.titled(asked.point, context.atlas.region(connection), language)
    selection = Selection(
        points=asked.point, start_ms=asked.from_ms, end_ms=asked.to_ms, every_ms=asked.every_ms or None
    )
    head = f"{title}, {LANGUAGES[language].units.get(unit, unit)}"
    lines = sheet.lines(context.store.read(selection), head, context.zone, language)
    name = f"{asked.point.replace('/', '_')}.csv"
    return StreamingResponse(
        lines,
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


def _may_read(who: Caller, context: Context, point: str) -> bool:
    return who.rights.may(Action.READ, context.atlas.group(point.partition("/")[0]))


def _see_point(who: Caller, context: Context, point: str) -> None:
    if not _may_read(who, context, point):
        raise ProblemError(
            403, ProblemCode.NOT_ALLOWED, f"you may not read {point}", action=Action.READ.value
        )


def _see_range(asked: RangeAsked) -> None:
    if asked.to_ms <= asked.from_ms:
        raise ProblemError(422, ProblemCode.INVALID_REQUEST, "to_ms must be after from_ms", where="to_ms")


def _every_ms(asked: RangeAsked) -> int:
    _see_range(asked)
    every_ms = asked.every_ms or trends.step_ms(asked.from_ms, asked.to_ms)
    if (asked.to_ms - asked.from_ms) / every_ms > _MOST_BUCKETS:
        raise ProblemError(
            422,
            ProblemCode.INVALID_REQUEST,
            f"more than {_MOST_BUCKETS} buckets: take a larger every_ms",
            where="every_ms",
        )
    return every_ms


def _usual(context: Context, asked: RangeAsked) -> Band | None:
    if asked.to_ms - asked.from_ms > _USUAL_MOST_MS:
        return None
    hour_ms = asked.from_ms // HOUR_MS * HOUR_MS
    before = Selection(points=asked.point, start_ms=max(hour_ms - DAYS * DAY_MS, 0), end_ms=asked.to_ms)
    found = trends.usual(context.store.read(before), asked.from_ms, asked.to_ms)
    return Band(t=found.t, low=found.low, high=found.high) if found else None


def _spans(connection: sa.Connection, asked: RangeAsked) -> list[Span]:
    site, device, channel = asked.point.split("/")
    shown = listing.of_site(connection, site)
    keys = [one.key for one in shown if (one.event.device, one.event.channel) == (device, channel)]
    entries = (line.entry for key in keys for line in book.newest_lines(connection, key, _ENTRIES))
    return trends.spans(entries, asked.from_ms, asked.to_ms)


def _mark(span: Span, region: Region, language: str, context: Context) -> AlarmMark:
    event = span.entry.event
    assert event is not None, "a span begins with what the gateway said"
    names = region.names_at(gateway_of(span.key))
    title = render(event, language, names, context.zone).title
    return AlarmMark(
        key=span.key, priority=event.priority, from_ms=span.from_ms, to_ms=span.to_ms, title=title
    )


def _spark(context: Context, point: str) -> Sparkline:
    now_ms = context.now_ms()
    start_ms = (now_ms - _SPARK_MS) // _SPARK_EVERY_MS * _SPARK_EVERY_MS + _SPARK_EVERY_MS
    if not is_exact(point):
        return Sparkline(t=[], v=[])
    found = context.store.read(Selection(points=point, start_ms=start_ms, end_ms=now_ms + 1))
    curve = trends.curve(found, _SPARK_EVERY_MS)
    return Sparkline(t=curve.t, v=list(curve.mean))
