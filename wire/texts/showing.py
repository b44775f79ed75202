"""Numbers, counts, durations and times as people of a language write them."""

import math
from datetime import UTC, datetime, timedelta, tzinfo

from wire.texts.language import Language, Noun

_DIGITS = 4
_MOST_DECIMALS = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SPANS = ((86_400, Noun.DAY), (3_600, Noun.HOUR), (60, Noun.MINUTE), (1, Noun.SECOND))
MINUS = "\N{MINUS SIGN}"


def number(value: float, language: Language, *, signed: bool = False) -> str:
    """Four significant digits, or all those before the decimal mark."""
    if not math.isfinite(value):
        return language.not_known
    size = math.floor(math.log10(abs(value))) if value else 0
    decimals = min(max(_DIGITS - 1 - size, 0), _MOST_DECIMALS)
    whole, _, part = f"{abs(value):,.{decimals}f}".partition(".")
    part = part.rstrip("0")
    digits = whole.replace(",", language.thousands_mark) + (language.decimal_mark + part if part else "")
    if not any(digit in "123456789" for digit in digits):
        return digits
    return (MINUS if value < 0 else "+" if signed else "") + digits


def with_unit(value: float, unit: str, language: Language, *, signed: bool = False) -> str:
    """A number with its symbol, which a line break never parts from it."""
    symbol = language.units.get(unit, unit)
    return f"{number(value, language, signed=signed)}{_gap(symbol)}{symbol}"


def count(value: float, noun: Noun, language: Language) -> str:
    """`3 polls`, in the form that goes with the number."""
    whole = max(round(value), 0)
    return f"{whole} {language.forms[noun][language.form(whole)]}"


def duration(seconds: float, language: Language) -> str:
    """The two largest units, as in `for 2 hours 5 minutes`."""
    left = max(round(seconds), 0)
    if not left:
        return language.moment
    parts: list[str] = []
    for size, noun in _SPANS:
        whole, left = divmod(left, size)
        if whole:
            parts.append(count(whole, noun, language))
        elif parts:
            break
        if len(parts) > 1:
            break
    return " ".join(parts)


def moment(t_ms: float, language: Language, zone: tzinfo | None) -> str:
    """A time as a clock in `zone` shows it; without a zone ISO 8601 in UTC."""
    try:
        taken = _EPOCH + timedelta(milliseconds=t_ms)
        if zone is None:
            return f"{taken:%Y-%m-%dT%H:%MZ}"
        return taken.astimezone(zone).strftime(language.time)
    except (OverflowError, ValueError):
        return language.not_known


def _gap(symbol: str) -> str:
    return "" if symbol in {"", "°"} else "\N{NO-BREAK SPACE}"
