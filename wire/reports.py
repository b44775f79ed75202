"""The report of a commissioning: what a gateway had, said and how well its lines worked, on one day.

    Report  agent → collector   the document and its PDF, until the collector has them
    Kept    collector → agent   it has: durably

Values stand in what the instrument counts, `unit`; the words of a person in the language of the report.
"""

import datetime as dt
from enum import StrEnum
from typing import Annotated, Final, Literal

from msgspec import Meta, Raw, Struct

from wire.messages import VERSION, Milliseconds, Name, Value

MOST_BYTES: Final = 4 * 1024 * 1024
"""A report with its PDF, as it is sent: a larger one is not made, and set aside where it comes."""
ReportId = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
"""Drawn at random for each report."""


class Sample(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reading of a channel; `raw` is its bytes on the wire, hexadecimal, empty when there were none."""

    raw: str
    value: Value
    quality: str
    """`good`, or why there is no good value."""
    corrected: Value = None
    """With the calibration, where the channel has one."""


class ComparedPoint(Struct, frozen=True, kw_only=True):
    """What a reference said, and the channel without and with the correction."""

    reference: float
    before: float
    after: float


class Calibrated(Struct, frozen=True, kw_only=True):
    """How a channel was compared with a reference: corrected = value · gain + offset."""

    gain: float
    offset: float
    date: dt.date
    person: str
    certificate: str
    certificate_date: dt.date
    certificate_until: dt.date
    points: tuple[ComparedPoint, ...]


class ReportedChannel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One channel with its valid range and what it said."""

    name: str
    quantity: str
    unit: str
    title: str = ""
    low: float | None = None
    high: float | None = None
    samples: tuple[Sample, ...] = ()
    calibration: Calibrated | None = None


class LineQuality(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Requests made while reporting; errors by their kind; latencies of those that were answered, ms."""

    requests: int = 0
    errors: dict[str, int] = {}
    latency_min_ms: float | None = None
    latency_median_ms: float | None = None
    latency_max_ms: float | None = None


class Identified(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an instrument says of itself; empty where it says nothing."""

    vendor: str = ""
    product: str = ""
    firmware: str = ""
    serial: str = ""
    other: str = ""


class ReportedDevice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One device: what it is, where, and what it said."""

    name: str
    profile: str
    model: str
    link: str
    address: int
    period_s: float
    identified: Identified = Identified()
    channels: tuple[ReportedChannel, ...] = ()
    quality: LineQuality = LineQuality()
    photos: tuple[str, ...] = ()


class ReportedLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One link; `load` is the share of its time that polling is estimated to take, 0…1."""

    name: str
    where: str
    line: str = ""
    """Its serial setting, as in 9600 8N1."""
    load: float = 0.0
    quality: LineQuality = LineQuality()
    trouble: str = ""
    """Why it could not be used, or not to the end; empty: it could."""


class ReportLanguage(StrEnum):
    """What a report can be written in."""

    RUSSIAN = "ru"
    KAZAKH = "kk"
    ENGLISH = "en"


class ReportDocument(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was found, as it is printed."""

    language: ReportLanguage
    title: str
    site: Name
    site_class: Name
    gateway: Name
    made_ms: Milliseconds
    utc_offset_min: int
    """Of the local time in which it is printed."""
    program: str
    """Version of the agent."""
    site_title: str = ""
    person: str = ""
    """Who made it."""
    notes: tuple[str, ...] = ()
    links: tuple[ReportedLink, ...] = ()
    devices: tuple[ReportedDevice, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """A report on its way to the collector, byte for byte the same at each attempt."""

    v: Literal[1] = VERSION
    id: ReportId
    document: Raw
    """JSON of a `ReportDocument`, kept as it is: its SHA-256 is printed on the PDF."""
    pdf: bytes


class Kept(Struct, frozen=True, kw_only=True):
    """The collector has a report, durably."""

    v: Literal[1] = VERSION
    id: ReportId
