"""A report as people read it: headings, facts and tables of text, in their language. Pure.

ReportDocument + words + units ─▶ Sheet ─▶ `pdf`
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta, timezone
from typing import Final

from msgspec import Struct

from edge_agent.commissioning.words import WORDS, Words
from wire.messages import Value
from wire.reports import LineQuality, ReportDocument, ReportedChannel, ReportedDevice, Sample
from wire.texts import LANGUAGES
from wire.texts.language import Language
from wire.texts.showing import MINUS, moment, number, with_unit

Facts = tuple[tuple[str, str], ...]
_GOOD: Final = "good"
_SHARES: Final = {"ppm": "[ppm]", "ppb": "[ppb]"}
_DASH: Final = "–"
_DIGITS: Final = 7


class Table(Struct, frozen=True, kw_only=True):
    """Rows of text; `widths` are shares."""

    headings: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(Struct, frozen=True, kw_only=True):
    """A heading and what stands below it."""

    heading: str
    level: int = 1
    facts: Facts = ()
    table: Table | None = None
    lines: tuple[str, ...] = ()


class Sheet(Struct, frozen=True, kw_only=True):
    """The whole report."""

    title: str
    facts: Facts
    sections: tuple[Section, ...]
    signatures: tuple[str, ...]
    """Whose there are to be."""
    signature_fields: tuple[str, str, str]
    """What is to be written beside each: name, signature, date."""
    signatures_heading: str
    footer: str
    page: str
    """`{page}` of `{pages}`."""


class _Writer(Struct, frozen=True):
    """The words of one language."""

    words: Words
    language: Language

    def value(self, value: Value, unit: str) -> str:
        if isinstance(value, float | int):
            return with_unit(float(value), _SHARES.get(unit, unit), self.language)
        return _DASH if value is None else value

    def exact(self, value: float) -> str:
        return f"{value:.{_DIGITS}g}".replace(".", self.language.decimal_mark)

    def quality(self, code: str) -> str:
        return (
            self.words.good
            if code == _GOOD
            else self.language.reasons.get(code, self.language.unknown_reason)
        )

    def day(self, day: date) -> str:
        return day.strftime(self.language.time.split(" ")[0])

    def errors(self, quality: LineQuality) -> str:
        kinds = self.words.error_kinds
        said = [f"{kinds.get(kind, kind)}: {count}" for kind, count in quality.errors.items()]
        return ", ".join(said) or self.words.no_errors

    def latency(self, quality: LineQuality) -> str:
        found = (quality.latency_min_ms, quality.latency_median_ms, quality.latency_max_ms)
        return " / ".join(_DASH if ms is None else number(ms, self.language) for ms in found)


def sheet(report: ReportDocument, report_id: str, digest: str) -> Sheet:
    """Lay a report out.

    Args:
        report: what was found.
        report_id: its number.
        digest: SHA-256 of its JSON, hexadecimal.
    """
    writer = _Writer(WORDS[report.language], LANGUAGES[report.language])
    words = writer.words
    return Sheet(
        title=report.title,
        facts=tuple(_cover(report, report_id, writer)),
        sections=tuple(_sections(report, writer)),
        signatures=words.signed_by,
        signature_fields=(words.name_and_position, words.signature, words.date),
        signatures_heading=words.signatures,
        footer=words.attached.format(digest=digest),
        page=words.page,
    )


def _cover(report: ReportDocument, report_id: str, writer: _Writer) -> Iterator[tuple[str, str]]:
    words = writer.words
    kind = words.site_classes.get(report.site_class, report.site_class)
    yield words.number, report_id
    yield words.site, ", ".join(filter(None, (report.site_title, report.site, kind)))
    yield words.gateway, report.gateway
    zone = timezone(timedelta(minutes=report.utc_offset_min))
    yield words.made, f"{moment(report.made_ms, writer.language, zone)} ({zone})"
    if report.person:
        yield words.person, report.person
    yield words.program, f"Ulba {report.program}"


def _sections(report: ReportDocument, writer: _Writer) -> Iterator[Section]:
    words = writer.words
    yield Section(heading=words.lines, table=_lines(report, writer), lines=tuple(_troubles(report, writer)))
    most = max((len(channel.samples) for device in report.devices for channel in device.channels), default=0)
    yield Section(heading=words.devices, lines=(words.samples.format(count=most),))
    for device in report.devices:
        yield _device(device, writer)
        if calibrations := tuple(_calibrations(device, writer)):
            yield Section(heading=words.calibrations, level=3, table=_calibration_table(calibrations, words))
    if report.notes:
        yield Section(heading=words.notes, lines=report.notes)


def _lines(report: ReportDocument, writer: _Writer) -> Table:
    words = writer.words
    return Table(
        headings=(words.link, words.address, words.load, words.requests, words.errors, words.latency),
        widths=(14, 34, 11, 11, 16, 22),
        rows=tuple(
            (
                link.name,
                " ".join(filter(None, (link.where, link.line))),
                f"{number(100 * link.load, writer.language)} %",
                str(link.quality.requests),
                writer.errors(link.quality),
                writer.latency(link.quality),
            )
            for link in report.links
        ),
    )


def _troubles(report: ReportDocument, writer: _Writer) -> Iterator[str]:
    for link in report.links:
        if link.trouble:
            yield f"{link.name}: {writer.words.trouble.format(reason=link.trouble)}"


def _device(device: ReportedDevice, writer: _Writer) -> Section:
    words = writer.words
    seen = device.identified
    named = " ".join(filter(None, (seen.vendor, seen.product, seen.other)))
    facts = [
        (words.profile, device.profile),
        (words.link, f"{device.link}, {words.address.lower()} {device.address}"),
        (words.period, words.every.format(seconds=number(device.period_s, writer.language))),
        (words.identified, named or words.not_told),
        (words.firmware, seen.firmware or words.not_told),
        (words.serial, seen.serial or words.not_told),
        (
            words.requests,
            f"{device.quality.requests}; {words.errors.lower()}: {writer.errors(device.quality)}",
        ),
        (words.latency, writer.latency(device.quality)),
    ]
    if device.photos:
        facts.append((words.photos, ", ".join(device.photos)))
    return Section(
        heading=words.device.format(name=device.name, model=device.model),
        level=2,
        facts=tuple(facts),
        table=_channels(device, writer),
    )


def _channels(device: ReportedDevice, writer: _Writer) -> Table:
    words = writer.words
    return Table(
        headings=(
            *(words.channel, words.raw, words.value, words.corrected),
            *(words.extent, words.valid_range, words.quality),
        ),
        widths=(21, 13, 13, 14, 17, 14, 22),
        rows=tuple(_channel(channel, writer) for channel in device.channels),
    )


def _channel(channel: ReportedChannel, writer: _Writer) -> tuple[str, ...]:
    last = channel.samples[-1] if channel.samples else Sample(raw="", value=None, quality=_GOOD)
    corrected = writer.value(last.corrected, channel.unit) if channel.calibration else _DASH
    return (
        "\n".join(filter(None, (channel.name, channel.title))),
        last.raw or _DASH,
        writer.value(last.value, channel.unit),
        corrected,
        _extent(_finals(channel), writer),
        _extent([channel.low, channel.high], writer),
        writer.quality(last.quality) if channel.samples else _DASH,
    )


def _finals(channel: ReportedChannel) -> list[float | None]:
    """The least and the greatest value that the agent would have stored."""
    values = [one.corrected if channel.calibration else one.value for one in channel.samples]
    numbers = [float(value) for value in values if isinstance(value, float | int)]
    return [min(numbers), max(numbers)] if numbers else [None, None]


def _extent(ends: Sequence[float | None], writer: _Writer) -> str:
    if all(end is None for end in ends):
        return _DASH
    return " … ".join(_DASH if end is None else number(end, writer.language) for end in ends)


def _calibrations(device: ReportedDevice, writer: _Writer) -> Iterator[tuple[str, ...]]:
    words = writer.words
    for channel in device.channels:
        if (found := channel.calibration) is None:
            continue
        dates = {"date": writer.day(found.certificate_date), "until": writer.day(found.certificate_until)}
        shown = [[writer.exact(n) for n in (p.reference, p.before, p.after)] for p in found.points]
        unit = writer.language.units.get(_SHARES.get(channel.unit, channel.unit), channel.unit)
        yield (
            channel.name,
            f"× {writer.exact(found.gain)}\n{_sign(found.offset)} {writer.exact(abs(found.offset))} {unit}",
            *("\n".join(column) for column in zip(*shown, strict=True)),
            f"{found.certificate}\n{words.certificate_dates.format(**dates)}",
            words.compared.format(date=writer.day(found.date), person=found.person),
        )


def _sign(value: float) -> str:
    return MINUS if value < 0 else "+"


def _calibration_table(rows: tuple[tuple[str, ...], ...], words: Words) -> Table:
    return Table(
        headings=(
            *(words.channel, words.correction, words.reference, words.before, words.after),
            *(words.certificate, words.person),
        ),
        widths=(14, 15, 12, 12, 12, 24, 19),
        rows=rows,
    )
