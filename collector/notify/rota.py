"""Who is on duty at a step. Decides; pure: the local time is an argument."""

from datetime import datetime, time, timedelta
from typing import Final

from collector.duty import WEEK, ExceptionTable, ShiftTable, StepTable

_MIDNIGHT: Final = "24:00"
_DAY: Final = timedelta(days=1)


def on_duty(step: StepTable, now: datetime) -> tuple[str, ...]:
    """Names, each once; exceptions take the place of everybody else.

    Args:
        step: of the escalation.
        now: local time.
    """
    replaced = [one.person for one in step.exceptions if _holds(one, now)]
    usual = [*step.people, *(one.person for one in step.rota if _holds(one, now))]
    return tuple(dict.fromkeys(replaced or usual))


def _holds(one: ShiftTable | ExceptionTable, now: datetime) -> bool:
    """Whether a shift that begins today or began yesterday holds."""
    end = _time(one.end)
    overnight = one.end != _MIDNIGHT and end <= _time(one.begin)
    begun = _is_day(one, now) and now.time() >= _time(one.begin)
    if not overnight:
        return begun and (one.end == _MIDNIGHT or now.time() < end)
    return begun or (_is_day(one, now - _DAY) and now.time() < end)


def _is_day(one: ShiftTable | ExceptionTable, day: datetime) -> bool:
    if isinstance(one, ExceptionTable):
        return one.date == day.date()
    return WEEK[day.weekday()] in one.days


def _time(text: str) -> time:
    return time.max if text == _MIDNIGHT else time.fromisoformat(text)


def gaps(step: StepTable, monday: datetime) -> list[datetime]:
    """The quarter hours of a week in which nobody is on duty, exceptions left aside."""
    usual = StepTable(name=step.name, people=step.people, rota=step.rota)
    quarters = (monday + timedelta(minutes=15 * n) for n in range(7 * 96))
    return [moment for moment in quarters if not on_duty(usual, moment)]
