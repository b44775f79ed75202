"""`edge-agent calibrate`: a channel compared with a reference instrument, and its correction written down."""

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.prompt import Confirm, FloatPrompt, Prompt
from rich.text import Text

from edge_agent import settings
from edge_agent.cli import _where
from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption, JsonOption, fail
from edge_agent.commissioning import calibration, calibration_entry, comparing, configured, entry, file
from edge_agent.commissioning.calibration import CalibrationError, Compared, Limits
from edge_agent.commissioning.configured import Here
from edge_agent.commissioning.plausible import Range, range_of
from edge_agent.commissioning.reading import unit_of
from edge_agent.settings.calibration import MOST_POINTS, CalibrationTable, certificate_problem, refusal
from edge_agent.settings.page import Page
from sensor_profiles.model import Channel
from wire import config_file
from wire.broker import SecretError
from wire.config_file import ConfigError, nearest

DeviceOption = Annotated[
    str | None, typer.Option("--device", "-d", help="Which device of the configuration.")
]
ChannelOption = Annotated[str | None, typer.Option("--channel", help="Which channel of it.")]
ReferenceOption = Annotated[
    list[float] | None,
    typer.Option(
        "--reference", "-r", help="What the reference says, in the channel's unit; twice for two points."
    ),
]
PersonOption = Annotated[str | None, typer.Option("--person", help="Who compares.")]
CertificateOption = Annotated[
    str | None, typer.Option("--certificate", help="The number of the reference's certificate.")
]
IssuedOption = Annotated[
    str | None, typer.Option("--certificate-date", help="The day it was issued, YYYY-MM-DD.")
]
UntilOption = Annotated[str | None, typer.Option("--certificate-until", help="The last day it is valid.")]
ReadingsOption = Annotated[int, typer.Option("--readings", min=2, max=100, help="Readings at each point.")]
EveryOption = Annotated[float, typer.Option("--every", min=0.05, help="Seconds between two of them.")]
SteadyOption = Annotated[
    float, typer.Option("--steady", min=0, max=1, help="Share of the range they may differ by.")
]
LargestOption = Annotated[
    float, typer.Option("--largest", min=0, max=1, help="Share of the range that may be corrected.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="A larger correction is meant.")]
ReplaceOption = Annotated[bool, typer.Option("--replace", help="In place of the calibration it has.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Write without asking.")]


class Result(Struct, frozen=True, kw_only=True):
    """What a comparison brought; `readings` are without any correction, a row for each point."""

    file: str
    device: str
    unit: str
    readings: tuple[tuple[float, ...], ...]
    calibration: CalibrationTable
    diff: str
    after: str
    """The whole new text."""


def calibrate(
    *,
    config: ConfigOption = DEFAULT_CONFIG,
    device: DeviceOption = None,
    channel: ChannelOption = None,
    reference: ReferenceOption = None,
    person: PersonOption = None,
    certificate: CertificateOption = None,
    certificate_date: IssuedOption = None,
    certificate_until: UntilOption = None,
    readings: ReadingsOption = 5,
    every: EveryOption = 1.0,
    steady: SteadyOption = 0.005,
    largest: LargestOption = 0.05,
    force: ForceOption = False,
    replace: ReplaceOption = False,
    take_over: _where.TakeOverOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Compare a channel with a reference at one or two points and note the correction; nothing else changes.

    Between two points it waits for Enter. The instrument itself is only read.
    """
    asks = sys.stdin.isatty() and not (json or yes)
    try:
        text = config_file.read(config)
        here, known, origin = _channel(config, device, channel, asks=asks)
        paper = CalibrationTable(
            channel=origin,
            date=dt.datetime.now().astimezone().date(),
            person=_text(person, "--person", "who compares", asks=asks),
            certificate=_text(certificate, "--certificate", "the reference's certificate", asks=asks),
            certificate_date=_date(certificate_date, "--certificate-date", "issued on", asks=asks),
            certificate_until=_date(certificate_until, "--certificate-until", "valid until", asks=asks),
            points=(),
        )
        replaced = _see_allowed(here, known, paper, replace=replace)
        references = _references(reference, known, asks=asks)
        compared = _compare(here, known, references, readings, every, take_over=take_over)
        limits = Limits(unsteady=steady, largest=largest)
        found = calibration.correction(compared, _range(known), unit_of(known), limits, force=force)
        calibrated = msgspec.structs.replace(paper, gain=found.gain, offset=found.offset, points=found.points)
        result = _result(here, Page(str(config), text), calibrated, compared, replaced)
        _finish(result, yes=yes, asks=asks, json=json)
    except (ConfigError, CalibrationError, SecretError) as error:
        fail(error)


def _channel(
    config: Path, device: str | None, channel: str | None, *, asks: bool
) -> tuple[Here, Channel, str]:
    """The device, its channel as the instrument says it, and the profile's name of that."""
    plant = settings.load(config)
    names = [one.name for one in plant.devices]
    name = _text(device, "--device", f"device ({', '.join(names)})", asks=asks)
    here = configured.named(plant, name, str(config))
    known = {
        one.name: (here, one, origin)
        for one, origin in zip(here.profile.channels, here.device.origins, strict=True)
    }
    wish = _text(channel, "--channel", f"channel ({', '.join(known)})", asks=asks)
    if wish not in known:
        raise ConfigError(f"{config}: `{name}` has no channel `{wish}`{nearest(wish, known)}")
    return known[wish]


def _text(given: str | None, option: str, question: str, *, asks: bool) -> str:
    if given is None and not asks:
        raise typer.BadParameter(f"write {option}")
    return given if given is not None else Prompt.ask(question)


def _date(given: str | None, option: str, question: str, *, asks: bool) -> dt.date:
    """A certificate is worth nothing without its dates."""
    text = _text(given, option, f"{question} (YYYY-MM-DD)", asks=asks)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{option}: `{text}` is no date; write it as in 2026-03-31") from None


def _see_allowed(here: Here, known: Channel, paper: CalibrationTable, *, replace: bool) -> int | None:
    """Before anybody asks the instrument; returns which calibration makes way."""
    if why := refusal(known):
        raise CalibrationError(why)
    if problem := certificate_problem(paper):
        raise CalibrationError(problem[1])
    for number, old in enumerate(here.device.calibrations):
        if old.channel == paper.channel:
            if not replace:
                raise CalibrationError(
                    f"{here.device.name}/{known.name} was calibrated on {old.date} by {old.person}; "
                    "add --replace to put another calibration in its place"
                )
            return number
    return None


def _references(given: list[float] | None, known: Channel, *, asks: bool) -> tuple[float, ...]:
    if not given and asks:
        return (FloatPrompt.ask(f"the reference says, {unit_of(known)}"),)
    if not given or len(given) > MOST_POINTS:
        raise typer.BadParameter("write --reference once or twice: what the reference instrument says")
    return tuple(given)


def _compare(
    here: Here, known: Channel, references: tuple[float, ...], count: int, every_s: float, *, take_over: bool
) -> list[Compared]:
    """Readings at each point; a borrowed line goes back to the agent while a person prepares the next."""
    said = Console(stderr=True, highlight=False)
    found: list[Compared] = []
    for number, reference in enumerate(references):
        if number:
            _wait(said, f"bring it to {reference:g} {unit_of(known)}, then press Enter")
        said.print(
            f"{here.device.name}/{known.name} at {reference:g} {unit_of(known)}: {count} readings",
            soft_wrap=True,
        )
        work = comparing.readings(here, known, count, every_s)
        values = _where.on_line(here.where, work, take_over=take_over)
        found.append(Compared(reference=reference, values=values))
    return found


def _wait(said: Console, sentence: str) -> None:
    said.print(sentence, soft_wrap=True)
    if not sys.stdin.readline():
        fail("nobody pressed Enter for the second point; nothing was written")


def _range(known: Channel) -> Range:
    return range_of(known.quantity, known.low, known.high)


def _result(
    here: Here,
    page: Page,
    calibrated: CalibrationTable,
    compared: list[Compared],
    replaced: int | None,
) -> Result:
    """The change, checked as `edge-agent check` does."""
    number = entry.names_of(page.text, "device").index(here.device.name)
    after = calibration_entry.with_calibration(page.text, page.name, number, calibrated, replaced)
    settings.parse(after, Path(page.name), f"{page.name} with the calibration")
    return Result(
        file=page.name,
        device=here.device.name,
        unit=unit_of(
            next(
                c
                for c, o in zip(here.profile.channels, here.device.origins, strict=True)
                if o == calibrated.channel
            )
        ),
        readings=tuple(point.values for point in compared),
        calibration=calibrated,
        diff=entry.diff(page.text, after, page.name),
        after=after,
    )


def _finish(result: Result, *, yes: bool, asks: bool, json: bool) -> None:
    """Show, ask, write."""
    if not json:
        _print(result)
    write = yes or (asks and Confirm.ask("write it?", default=True))
    backup = str(file.write(Path(result.file), result.after)) if write else ""
    if json:
        shown = {key: value for key, value in msgspec.to_builtins(result).items() if key != "after"}
        typer.echo(msgspec.json.encode(shown | {"written": write, "backup": backup}))
    elif write:
        typer.echo(
            f"written; before: {backup}\nnext: edge-agent check -c {result.file}, then reload the agent"
        )
    if not write:
        fail("nothing was written; add --yes to write it")


def _print(result: Result) -> None:
    screen = Console(highlight=False)
    screen.print(Text(result.diff), soft_wrap=True)
    for point in result.calibration.points:
        screen.print(
            f"reference {point.reference:g} {result.unit}: shows {point.before:g}, corrected {point.after:g}"
        )
    screen.print(
        f"correction: times {result.calibration.gain:g}, {result.calibration.offset:+g} {result.unit}"
    )
