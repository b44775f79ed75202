"""`python -m benchmarks.detect [--quick] [--tuning] [STORY…]`: the tables of detection, with the machine."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import TypeVar

from benchmarks.detect import plan, report
from benchmarks.detect.run import Quiet, Told, quiet, tell
from benchmarks.measure import machine

Task = TypeVar("Task")
Result = TypeVar("Result")


def main(arguments: Sequence[str] | None = None) -> int:
    """Play, print the tables; 1 when one of them falls short of what it must be."""
    asked = _parser().parse_args(arguments)
    extent = plan.QUICK if asked.quick else plan.FULL
    pool = plan.TUNING if asked.tuning else plan.REPORTING
    seeds = pool[asked.skip :]
    began = time.monotonic()
    with ProcessPoolExecutor(asked.jobs) as workers:
        quiets = [] if asked.story else _each(workers, quiet, list(plan.winters(extent, seeds)))
        cells = [] if asked.winters else list(plan.cells(extent, seeds, frozenset(asked.story)))
        told = [one for many in _each(workers, tell, cells) for one in many]
    _print(asked, pool, told, quiets)
    print(f"{time.monotonic() - began:.0f} s on {machine()}.")
    return 1 if report.missed(told) + report.noisy(quiets) else 0


def _each(
    workers: ProcessPoolExecutor, play: Callable[[Task], Result], tasks: Sequence[Task]
) -> list[Result]:
    """All results, in no order; says how far it is."""
    waiting = [workers.submit(play, task) for task in tasks]
    done: list[Result] = []
    for one in as_completed(waiting):
        done.append(one.result())
        print(f"\r{play.__name__} {len(done)}/{len(tasks)} ", end="", file=sys.stderr, flush=True)
    return done


def _print(asked: argparse.Namespace, pool: range, told: list[Told], quiets: list[Quiet]) -> None:
    if asked.details:
        print("\n".join(report.details(told, quiets)))
    kind = "tuning" if pool is plan.TUNING else "reporting"
    print(f"\nSeeds from {pool[asked.skip]} ({kind}).\n\n{report.faults(told)}\n\n{report.winters(quiets)}\n")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.detect", description=__doc__)
    parser.add_argument("story", nargs="*", help="only these stories, and no ordinary winter")
    parser.add_argument("--quick", action="store_true", help="few seeds, ordinary severity only")
    parser.add_argument("--tuning", action="store_true", help="the seeds that may be looked at while tuning")
    parser.add_argument("--winters", action="store_true", help="ordinary operation only")
    parser.add_argument("--details", action="store_true", help="every telling with its alarms")
    parser.add_argument("--skip", type=int, default=0, help="leave out so many of the first seeds")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
