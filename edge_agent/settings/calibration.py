"""Calibrations: what comparing a channel with a reference instrument found, and the channel corrected by it.

    corrected = (raw · scale + offset) · gain + offset of the calibration

A corrected channel is one with another scale and offset, so that a correction costs nothing per reading.
What the instrument counts is corrected: a gas that it says in ppm is corrected in ppm. The valid range of a
channel is that of its corrected value.
"""

import datetime as dt
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from edge_agent.settings.page import Page
from sensor_profiles.model import Channel, Encoding
from wire.config_file import Path_, nearest
from wire.quantities import Quantity

Line = Annotated[str, Meta(min_length=1, max_length=120, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
"""One line of text that is not blank."""
MOST_POINTS: Final = 2


class CalibrationPoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One comparison: what the reference said, and the channel without and with the correction."""

    reference: float
    before: float
    after: float


class CalibrationTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A calibration as `edge-agent calibrate` notes it."""

    channel: str
    """By its name in the profile."""
    gain: float = 1.0
    offset: float = 0.0
    date: dt.date
    person: Line
    certificate: Line
    """Its number: of the reference instrument."""
    certificate_date: dt.date
    certificate_until: dt.date
    """The last day on which it is valid."""
    points: tuple[CalibrationPoint, ...]


def certificate_problem(table: CalibrationTable) -> tuple[str, str] | None:
    """The key that is wrong with a certificate's dates, and why; None: it was valid on the day."""
    issued, until = table.certificate_date, table.certificate_until
    if until < issued:
        return (
            "certificate_until",
            f"{until} is before {issued}, when it was issued; correct one of the dates",
        )
    if table.date < issued:
        return "certificate_date", (
            f"{table.certificate} was issued on {issued}, after the calibration of {table.date}; correct the "
            "date, or name the certificate that was valid then"
        )
    if table.date > until:
        return "certificate_until", (
            f"{table.certificate} expired on {until}, before the calibration of {table.date}; compare with a "
            "reference whose certificate is valid"
        )
    return None


def refusal(channel: Channel) -> str | None:
    """Why a channel cannot be calibrated; None: it can."""
    if channel.quantity in {Quantity.TEXT, Quantity.STATE} or channel.field.encoding is Encoding.BIT:
        return f"`{channel.name}` is {channel.quantity}, not measured, so there is nothing to calibrate"
    if channel.table:
        return f"`{channel.name}` has a tank table, which is its calibration; correct the points of the table"
    return None


def corrected(channel: Channel, gain: float, offset: float) -> Channel:
    """A channel whose values are corrected; reckoned in decimals, as people write them."""
    factor, own = Decimal(repr(gain)), Decimal(repr(channel.offset))
    return msgspec.structs.replace(
        channel,
        scale=float(Decimal(repr(channel.scale)) * factor),
        offset=float(own * factor + Decimal(repr(offset))),
    )


def applied(
    page: Page,
    path: Path_,
    tables: Sequence[CalibrationTable],
    origins: Sequence[str],
    known: tuple[Channel, ...],
) -> tuple[Channel, ...]:
    """The channels of a device, corrected by its calibrations.

    Args:
        page: the file.
        path: of the device.
        tables: its calibrations.
        origins: the profile's names of its channels.
        known: its channels, in the same order.

    Raises:
        ConfigError: no such channel, two calibrations of one, a certificate that was not valid.
    """
    channels = dict(zip(origins, known, strict=True))
    dates: dict[str, dt.date] = {}
    for index, table in enumerate(tables):
        here, name = (*path, "calibration", index), table.channel
        if name not in channels:
            wrong = f"`{name}` is no channel of this device{nearest(name, origins)}"
            raise page.error((*here, "channel"), wrong)
        if name in dates:
            twice = (
                f"`{name}` is calibrated twice, on {dates[name]} and {table.date}; keep the one that holds"
            )
            raise page.error((*here, "channel"), twice)
        dates[name] = table.date
        _check(page, here, table, channels[name])
        channels[name] = corrected(channels[name], table.gain, table.offset)
    return tuple(channels.values())


def _check(page: Page, path: Path_, table: CalibrationTable, channel: Channel) -> None:
    if why := refusal(channel):
        raise page.error((*path, "channel"), why)
    if problem := certificate_problem(table):
        raise page.error((*path, problem[0]), problem[1])
    if not 1 <= len(table.points) <= MOST_POINTS:
        raise page.error((*path, "points"), f"{len(table.points)} points; a calibration has one or two")
    numbers = [table.gain, table.offset, *(n for p in table.points for n in (p.reference, p.before, p.after))]
    if not all(map(math.isfinite, numbers)) or table.gain <= 0:
        raise page.error(path, "gain is above 0 and all numbers are finite; calibrate the channel anew")
