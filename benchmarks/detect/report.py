"""The tables, as Markdown."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from statistics import median

from benchmarks.detect.matching import Found, again
from benchmarks.detect.run import Quiet, Told
from firmware_sim.catalog import Severity

_ENOUGH = 0.95
_A_WEEK = 0.5


def faults(told: Sequence[Told]) -> str:
    """One line a story: ordinary severity judged, the others beside it."""
    head = (
        "| story | found | due | median | worst | first told by | alarms a story, most "
        "| the same again, most | detectors alone | mild | severe |\n"
        f"|{'---|' * 11}"
    )
    stories: defaultdict[str, list[Told]] = defaultdict(list)
    for one in told:
        stories[one.story.name].append(one)
    return "\n".join([head, *(_line(name, stories[name]) for name in sorted(stories))])


def winters(quiets: Iterable[Quiet]) -> str:
    """One line a site: false alarms in a week of ordinary operation."""
    head = "| site | weeks | false alarms | a week | by code |\n|---|---|---|---|---|"
    sites: defaultdict[str, list[Quiet]] = defaultdict(list)
    for quiet in quiets:
        sites[quiet.winter.site].append(quiet)
    return "\n".join([head, *(_site(name, sites[name]) for name in sorted(sites))])


def details(told: Iterable[Told], quiets: Iterable[Quiet]) -> Iterator[str]:
    """Every telling with its alarms; for those who tune."""
    for one in told:
        due = ", ".join(f"{_time(f.seconds)} of {_time(f.due_s)} {f.code}" for f in one.found)
        yield f"{one.story.name} {one.story.severity or ''} {one.site} {one.season or ''} {one.seed}: {due}"
        begin_s = one.alarms[0].t_s if one.alarms else 0.0
        yield from (f"    +{alarm.t_s - begin_s:.0f} {alarm.code} {alarm.says}" for alarm in one.alarms)
    for quiet in quiets:
        yield f"ordinary {quiet.winter.site} {quiet.winter.seed}: {len(quiet.alarms)}"
        yield from (f"    {alarm.t_s:.0f} {alarm.code} {alarm.says}" for alarm in quiet.alarms)


def missed(told: Iterable[Told]) -> int:
    """How many stories of ordinary severity are found in fewer than 95 % of their tellings."""
    stories: defaultdict[str, list[Found]] = defaultdict(list)
    for one in told:
        if _severity(one) is Severity.ORDINARY:
            stories[one.story.name] += one.found
    return sum(not _enough(found) for found in stories.values())


def noisy(quiets: Iterable[Quiet]) -> int:
    """How many sites have more than one false alarm in two weeks."""
    sites: defaultdict[str, list[Quiet]] = defaultdict(list)
    for quiet in quiets:
        sites[quiet.winter.site].append(quiet)
    return sum(_per_week(here) > _A_WEEK for here in sites.values())


def _severity(one: Told) -> Severity:
    return one.story.severity or Severity.ORDINARY


def _enough(found: Sequence[Found]) -> bool:
    return sum(one.seconds is not None for one in found) >= _ENOUGH * len(found)


def _line(name: str, told: Sequence[Told]) -> str:
    judged = [one for one in told if _severity(one) is Severity.ORDINARY]
    found = [cause for one in judged for cause in one.found]
    took = [cause.seconds for cause in found if cause.seconds is not None]
    codes = Counter(cause.code for cause in found if cause.code).most_common()
    counts = [len(one.alarms) for one in judged]
    repeats = [again(one.alarms) for one in judged]
    cells = [
        name,
        _share(found),
        _time(max((cause.due_s for cause in found), default=None)),
        _time(median(took) if took else None),
        _time(max(took, default=None)),
        ", ".join(f"{code} {count}" for code, count in codes),
        _usual_and_most(counts),
        _usual_and_most(repeats),
        _share([cause for one in judged for cause in one.learnt]),
        *(_share(list(_of(told, severity))) for severity in (Severity.MILD, Severity.SEVERE)),
    ]
    return f"| {' | '.join(cells)} |"


def _usual_and_most(counts: Sequence[int]) -> str:
    return f"{median(counts):g}, {max(counts)}" if counts else "–"


def _of(told: Iterable[Told], severity: Severity) -> Iterator[Found]:
    return (cause for one in told if _severity(one) is severity for cause in one.found)


def _share(found: Sequence[Found]) -> str:
    if not found:
        return "–"
    return f"{sum(cause.seconds is not None for cause in found)} of {len(found)}"


def _site(name: str, quiets: Sequence[Quiet]) -> str:
    codes = Counter(alarm.code for quiet in quiets for alarm in quiet.alarms).most_common()
    weeks = sum(quiet.winter.days for quiet in quiets) / 7
    by_code = ", ".join(f"{code} {count}" for code, count in codes) or "none"
    return (
        f"| {name} | {weeks:g} | {sum(count for _, count in codes)} | {_per_week(quiets):.2f} | {by_code} |"
    )


def _per_week(quiets: Sequence[Quiet]) -> float:
    weeks = sum(quiet.winter.days for quiet in quiets) / 7
    return sum(len(quiet.alarms) for quiet in quiets) / weeks


def _time(seconds: float | None) -> str:
    """Seconds as people say them."""
    if seconds is None:
        return "–"
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.0f} s"
