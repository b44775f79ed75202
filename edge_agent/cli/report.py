"""`edge-agent report`: what a gateway has and says, and how well its lines work, for paper and the centre."""

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct

from edge_agent import drivers, settings
from edge_agent.cli import _where
from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail
from edge_agent.commissioning.access import AccessError
from edge_agent.commissioning.document import Cover, document
from edge_agent.commissioning.page import Sheet, sheet
from edge_agent.commissioning.survey import Order, survey
from edge_agent.commissioning.words import WORDS
from edge_agent.settings import Plant
from edge_agent.spool import Spool, SpoolError, folder_of
from wire import codec
from wire.broker import SecretError
from wire.config_file import ConfigError, nearest
from wire.reports import MOST_BYTES, Report, ReportDocument, ReportLanguage

LanguageOption = Annotated[ReportLanguage, typer.Option("--language", "-l", help="Of both files.")]
OutputOption = Annotated[
    Path | None,
    typer.Option(
        "--output", "-o", help="Where to: NAME becomes NAME.pdf and NAME.json; left out: site and time"
    ),
]
PersonOption = Annotated[str, typer.Option("--person", help="Who makes it.")]
NoteOption = Annotated[list[str] | None, typer.Option("--note", help="A remark; may be repeated.")]
PhotoOption = Annotated[
    list[str] | None,
    typer.Option(
        "--photo", help="A photograph of a device by its file's name, DEVICE=NAME; may be repeated."
    ),
]
PollsOption = Annotated[int, typer.Option("--polls", min=1, max=100, help="How often each device is asked.")]
EveryOption = Annotated[float, typer.Option("--every", min=0.05, help="Seconds between two polls.")]
SendOption = Annotated[
    bool,
    typer.Option(
        "--send", help="Also to the collector, by the agent of this gateway; it waits until it can."
    ),
]


Draw = Callable[[Sheet, datetime], bytes]


class Paper(Struct, frozen=True, kw_only=True):
    """A report before it is written anywhere."""

    id: str
    json: bytes
    pdf: bytes


class Made(Struct, frozen=True, kw_only=True):
    """What was made."""

    id: str
    pdf: str
    json: str
    waits_at: str = ""
    """Where the agent takes it from; empty: it was not to be sent."""


def report(
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    language: LanguageOption = ReportLanguage.RUSSIAN,
    output: OutputOption = None,
    person: PersonOption = "",
    note: NoteOption = None,
    photo: PhotoOption = None,
    polls: PollsOption = 5,
    every: EveryOption = 1.0,
    take_over: _where.TakeOverOption = False,
    send: SendOption = False,
    json: JsonOption = False,
) -> None:
    """Make the report of a commissioning, PDF and JSON: devices, samples, calibrations, line quality."""
    draw = _printer()
    now = datetime.now().astimezone()
    try:
        plant = _plant(config)
        cover = _cover(language, now, person, note or (), _photos(photo or (), plant))
        order = Order(polls=polls, every_s=every, take_over=take_over, tell=_say)
        found = document(plant, asyncio.run(survey(plant, str(config), order)), cover)
        paper = _draw(found, draw, now)
        made = _write(paper, output or Path(f"{plant.site}-{plant.gateway}-{now:%Y%m%d-%H%M%S}"))
        if send:
            made = _send(paper, made, plant)
    except (ConfigError, SecretError, AccessError, SpoolError) as error:
        fail(error)
    except KeyboardInterrupt:
        fail("stopped; nothing was written")
    _tell(made, [link.trouble for link in found.links if link.trouble], json=json)


def _printer() -> Draw:
    """What draws the PDF; a library or a font that is missing is told before any line is opened."""
    try:
        from edge_agent.commissioning import pdf
    except ModuleNotFoundError as error:
        fail(f"the report needs {error.name}, which is not installed: pip install 'ulba[report]'")
    try:
        pdf.fonts(pdf.FOLDERS)
    except pdf.FontError as error:
        fail(error)
    return pdf.draw


def _plant(config: Path) -> Plant:
    plant = settings.load(config)
    for device in plant.devices:
        if device.profile.protocol not in drivers.protocols():
            raise ConfigError(f"{config}: {device.name}: no driver for `{device.profile.protocol}`")
    return plant


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)


def _cover(
    language: ReportLanguage,
    now: datetime,
    person: str,
    notes: Sequence[str],
    photos: dict[str, tuple[str, ...]],
) -> Cover:
    offset = now.utcoffset()
    return Cover(
        language=language,
        title=WORDS[language].title,
        made_ms=round(now.timestamp() * 1000),
        utc_offset_min=round(offset.total_seconds() / 60) if offset else 0,
        person=person,
        notes=tuple(notes),
        photos=photos,
    )


def _photos(given: Sequence[str], plant: Plant) -> dict[str, tuple[str, ...]]:
    names = [device.name for device in plant.devices]
    found: dict[str, tuple[str, ...]] = {}
    for text in given:
        device, equals, name = text.partition("=")
        if not equals or not name.strip():
            raise typer.BadParameter(f"--photo: `{text}`: write DEVICE=NAME, as in heat=IMG_0012.jpg")
        if device not in names:
            raise typer.BadParameter(f"--photo: there is no device `{device}`{nearest(device, names)}")
        found[device] = (*found.get(device, ()), name.strip())
    return found


def _draw(found: ReportDocument, draw: Draw, now: datetime) -> Paper:
    number = secrets.token_hex(8)
    json = msgspec.json.encode(found)
    digest = hashlib.sha256(json).hexdigest()
    return Paper(id=number, json=json, pdf=draw(sheet(found, number, digest), now))


def _write(paper: Paper, name: Path) -> Made:
    """Both files; an existing one is never overwritten."""
    files = {".pdf": paper.pdf, ".json": paper.json}
    try:
        for suffix, data in files.items():
            with name.with_name(name.name + suffix).open("xb") as file:
                file.write(data)
    except FileExistsError as error:
        raise ConfigError(f"{error.filename}: is there already; write another --output") from None
    except OSError as error:
        raise ConfigError(f"{error.filename}: {error.strerror}; write another --output") from None
    return Made(id=paper.id, pdf=f"{name}.pdf", json=f"{name}.json")


def _send(paper: Paper, made: Made, plant: Plant) -> Made:
    payload = codec.encode(Report(id=paper.id, document=msgspec.Raw(paper.json), pdf=paper.pdf))
    if len(payload) > MOST_BYTES:
        raise SpoolError(
            f"the report is too large to be sent: {len(payload)} bytes of {MOST_BYTES}; ask for fewer --polls"
        )
    path = Spool(folder_of(plant.outbox.path)).put(paper.id, payload)
    return msgspec.structs.replace(made, waits_at=str(path))


def _tell(made: Made, troubles: Sequence[str], *, json: bool) -> None:
    if json:
        typer.echo(msgspec.json.encode(made))
    else:
        typer.echo(f"report {made.id}: {made.pdf}, {made.json}")
        if made.waits_at:
            typer.echo("the agent of this gateway sends it as soon as there is a line to the collector")
    if troubles:
        fail("\n".join([*troubles, "the report was made all the same, and says so"]))
