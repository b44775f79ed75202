"""A survey becomes a report's document. Pure."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version

import msgspec
from msgspec import UNSET, Struct

from edge_agent.commissioning.plan import end_of
from edge_agent.commissioning.quality import line_quality
from edge_agent.commissioning.reading import Shown, unit_of
from edge_agent.commissioning.surveyed import Surveyed, SurveyedLink
from edge_agent.settings import Plant, line_load
from edge_agent.settings.calibration import CalibrationTable
from sensor_profiles.model import Channel
from wire.reports import (
    Calibrated,
    ComparedPoint,
    Identified,
    ReportDocument,
    ReportedChannel,
    ReportedDevice,
    ReportedLink,
    ReportLanguage,
    Sample,
)
from wire.texts.titles import channel_title
from wire.titles import in_language


class Cover(Struct, frozen=True, kw_only=True):
    """What people say about the report."""

    language: ReportLanguage
    title: str
    made_ms: int
    utc_offset_min: int
    person: str = ""
    notes: tuple[str, ...] = ()
    photos: Mapping[str, tuple[str, ...]] = {}
    """Device → names."""


def document(plant: Plant, surveyed: Sequence[SurveyedLink], cover: Cover) -> ReportDocument:
    """The document of a plant that was surveyed."""
    return ReportDocument(
        language=cover.language,
        title=cover.title,
        site=plant.site,
        site_class=plant.site_class,
        site_title=in_language(plant.site_title, plant.site_titles, cover.language),
        gateway=plant.gateway,
        made_ms=cover.made_ms,
        utc_offset_min=cover.utc_offset_min,
        program=version("ulba"),
        person=cover.person,
        notes=cover.notes,
        links=tuple(_link(one) for one in surveyed),
        devices=tuple(_device(device, cover) for one in surveyed for device in one.devices),
    )


def _link(one: SurveyedLink) -> ReportedLink:
    where, setting = end_of(one.link)
    devices = [device.here.device for device in one.devices]
    return ReportedLink(
        name=one.link.name,
        where=str(where),
        line=str(setting or ""),
        load=round(line_load(one.link, devices), 4) if devices else 0.0,
        quality=line_quality(heard for device in one.devices for heard in device.heard),
        trouble=one.trouble,
    )


def _device(one: Surveyed, cover: Cover) -> ReportedDevice:
    device = one.here.device
    tables = {table.channel: table for table in device.calibrations}
    return ReportedDevice(
        name=device.name,
        profile=device.profile.name,
        model=f"{device.profile.vendor} {device.profile.model}",
        link=device.link,
        address=device.unit,
        period_s=device.period_ms / 1000,
        identified=_identified(one),
        channels=tuple(
            _channel(
                channel,
                [poll[index] for poll in one.polls],
                tables.get(device.origins[index]),
                cover.language,
            )
            for index, channel in enumerate(one.here.profile.channels)
        ),
        quality=line_quality(one.heard),
        photos=cover.photos.get(device.name, ()),
    )


def _identified(one: Surveyed) -> Identified:
    identity = one.identity
    return Identified(
        vendor=identity.vendor,
        product=identity.product,
        firmware=identity.revision,
        serial=one.serial,
        other=identity.server_id,
    )


def _channel(
    channel: Channel, shown: Sequence[Shown], table: CalibrationTable | None, language: ReportLanguage
) -> ReportedChannel:
    return ReportedChannel(
        name=channel.name,
        quantity=str(channel.quantity),
        unit=unit_of(channel),
        title=channel_title(channel.title, channel.titles, language),
        low=channel.low,
        high=channel.high,
        samples=tuple(
            Sample(
                raw=one.raw,
                value=one.value,
                quality=one.quality,
                corrected=None if one.corrected is UNSET else one.corrected,
            )
            for one in shown
        ),
        calibration=None if table is None else _calibrated(table),
    )


def _calibrated(table: CalibrationTable) -> Calibrated:
    values = {key: getattr(table, key) for key in Calibrated.__struct_fields__ if key != "points"}
    points = tuple(ComparedPoint(**msgspec.structs.asdict(point)) for point in table.points)
    return Calibrated(**values, points=points)
