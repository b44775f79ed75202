"""`edge-agent backtest`: the live detection over a recording, row by row as if it happened now."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from msgspec import Struct

from edge_agent.cli import _recording, _scores
from edge_agent.cli._recording import Recording, RecordingError
from edge_agent.cli._sheet import Sheet
from edge_agent.cli.common import JsonOption, fail
from edge_agent.detect import DetectSettings, Group, Outcome
from edge_agent.settings.detection import DetectFile, GroupTable, ProfileClass, with_warmup
from wire import config_file
from wire.config_file import ConfigError, nearest

NEVER_CHANNELS: Final = frozenset({"anomaly", "changepoint", "label"})
_FILES = Annotated[list[Path], typer.Argument(help="Recordings: CSV with a time column and named channels.")]
_CLASS = Annotated[ProfileClass, typer.Option(help="Whose constants, when there is no --config.")]
_WARMUP = Annotated[int | None, typer.Option(min=16, help="Rows to learn from before the first judgement.")]
_CONFIG = Annotated[
    Path | None, typer.Option("--config", "-c", help="TOML: group tables with their detectors.")
]
_OUTPUT = Annotated[
    Path | None, typer.Option("--output", "-o", help="CSV, a row for each row; a folder: a file for each.")
]
_LABELS = Annotated[str | None, typer.Option(help="The column that says which rows are anomalous.")]


class Result(Struct, frozen=True, kw_only=True):
    """What the detection made of one recording, or of all; anomalous rows and alarms after the warm-up."""

    file: str
    rows: int
    scored: int
    channels: int
    anomalous: int
    alarms: int
    scores: _scores.Scores | None = None
    """None without labels."""


class Watch(Struct, frozen=True):
    """A group and its cells in the recording, a list a channel."""

    group: Group
    cells: tuple[list[float | None], ...]


class Plan(Struct, frozen=True):
    """What the command line asks for."""

    groups: tuple[GroupTable, ...]
    profile_class: ProfileClass
    warmup: int | None
    labels: str | None


def backtest(
    files: _FILES,
    *,
    profile_class: _CLASS = ProfileClass.GENERIC,
    warmup: _WARMUP = None,
    config: _CONFIG = None,
    output: _OUTPUT = None,
    labels: _LABELS = None,
    json: JsonOption = False,
) -> None:
    """Run the live detection over recordings, each from a fresh state.

    Writes a row for each row: time, anomalous (0 or 1), score (1 is the threshold), and of each finding
    channel, expected and got, joined by `|`. With --labels: F1, FAR and MAR of the rows after the warm-up,
    the counts of all files pooled, and the rows each labelled stretch waited for its alarm.
    """
    try:
        groups = config_file.load(config, DetectFile).group if config else (GroupTable(),)
        plan = Plan(groups, profile_class, warmup, labels)
        with Sheet(output, quiet=json or labels is not None) as sheet:
            results = [_replay(file, plan, sheet) for file in files]
    except (ConfigError, RecordingError) as error:
        fail(error)
    except OSError as error:
        fail(f"{output}: cannot be written: {error.strerror}")
    total = _total(results)
    if json:
        typer.echo(msgspec.json.encode({"files": results, "total": total}).decode())
        return
    for result in [*results, *([total] if len(results) > 1 else [])]:
        typer.echo(_line(result), err=sheet.on_stdout)


def _replay(file: Path, plan: Plan, sheet: Sheet) -> Result:
    recording = _recording.read(file)
    labels = _labels(recording, plan.labels)
    watches, warmup = _watches(recording, plan)
    alarms = []
    with sheet.page(file) as page:
        for n, (text, t_ms) in enumerate(zip(recording.texts, recording.times_ms, strict=True)):
            outcomes = [watch.group.step(t_ms, [cells[n] for cells in watch.cells]) for watch in watches]
            alarms.append(any(outcome.anomalous for outcome in outcomes))
            page([text, *_judged(watches, outcomes)])
    return Result(
        file=recording.file,
        rows=len(alarms),
        scored=len(alarms[warmup:]),
        channels=sum(len(watch.cells) for watch in watches),
        anomalous=sum(alarms[warmup:]),
        alarms=sum(1 for _ in _scores.stretches(alarms[warmup:])),
        scores=_scores.score(alarms[warmup:], labels[warmup:]) if labels else None,
    )


def _watches(recording: Recording, plan: Plan) -> tuple[tuple[Watch, ...], int]:
    """The groups of a recording, and after how many rows they are scored."""
    numeric = [name for name in recording.numeric() if name.lower() not in NEVER_CHANNELS | {plan.labels}]
    if not numeric:
        raise RecordingError(f"{recording.file}: no column of numbers besides time and labels")
    watches, warmups = [], []
    for table in plan.groups:
        names = table.channels or tuple(numeric)
        settings = table.settings(plan.profile_class)
        if plan.warmup is not None:
            settings = with_warmup(settings, plan.warmup)
        _refuse_strangers(recording.file, names, settings)
        watches.append(Watch(Group(names, settings), tuple(_column(recording, name) for name in names)))
        warmups.append(settings.longest_warmup())
    return tuple(watches), max(warmups)


def _refuse_strangers(file: str, names: Sequence[str], settings: DetectSettings) -> None:
    for relation in settings.expected:
        for name in (relation.target, *relation.drivers):
            if name not in names:
                raise RecordingError(f"{file}: `{name}` of a relation is no channel{nearest(name, names)}")


def _column(recording: Recording, name: str) -> list[float | None]:
    if name not in recording.columns:
        raise RecordingError(f"{recording.file}: no column `{name}`{nearest(name, recording.columns)}")
    return recording.columns[name]


def _labels(recording: Recording, name: str | None) -> list[bool]:
    """Anything but 0 and nothing is a label; no name, no labels."""
    return [bool(cell) for cell in _column(recording, name)] if name is not None else []


def _judged(watches: Sequence[Watch], outcomes: Sequence[Outcome]) -> list[str]:
    """The columns after time."""
    found = [(watch.group, f) for watch, o in zip(watches, outcomes, strict=True) for f in o.findings]
    return [
        str(int(any(outcome.anomalous for outcome in outcomes))),
        f"{max(outcome.score for outcome in outcomes):.4g}",
        "|".join(group.channels[f.channel] for group, f in found),
        "|".join("" if f.expected is None else f"{f.expected:.12g}" for _, f in found),
        "|".join(f"{f.got:.12g}" for _, f in found),
    ]


def _total(results: Sequence[Result]) -> Result:
    parts = [result.scores for result in results if result.scores is not None]
    return Result(
        file=f"{len(results)} files",
        rows=sum(result.rows for result in results),
        scored=sum(result.scored for result in results),
        channels=max(result.channels for result in results),
        anomalous=sum(result.anomalous for result in results),
        alarms=sum(result.alarms for result in results),
        scores=_scores.pooled(parts) if parts else None,
    )


def _line(result: Result) -> str:
    said = (
        f"{result.file}: rows {result.rows}, scored {result.scored}, channels {result.channels}, "
        f"anomalous rows {result.anomalous}, alarms {result.alarms}"
    )
    if result.scores is None:
        return said
    scores = result.scores
    waited = ", ".join("never" if delay is None else str(delay) for delay in scores.delays)
    return (
        f"{said}\n  F1 {_number(scores.f1, '.3f')}, FAR {_number(scores.far, '.1%')}, "
        f"MAR {_number(scores.mar, '.1%')}; rows to detect: {waited or 'nothing labelled'}"
    )


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)
