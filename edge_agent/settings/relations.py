"""What must hold between channels of a site: `[[relation]]`, a linear form with a margin.

    left = ["heat.t_supply"]   op = ">="   right = ["heat.t_return"]   margin = 1.0

A side is a sum; a term is `device.channel`, a number times it, or a number:  "0.5 * meter.flow",  "40".
"""

import math
import re
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from edge_agent.settings.checks import Points
from edge_agent.settings.page import Page
from wire.config_file import Path_
from wire.messages import Name

_TERM: Final = re.compile(r"\s*(?:(?P<factor>[^*\s]+)\s*\*\s*)?(?P<point>[^*\s]+)\s*")


class WhenTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The relation is looked at only while this channel is beyond a limit, such as: while there is heat."""

    channel: str
    above: float | None = None
    below: float | None = None


class RelationTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Name
    left: tuple[str, ...]
    op: Literal[">=", "<=", "=="]
    right: tuple[str, ...]
    margin: float = 0.0
    """By so much it may be missed, in the unit of the channels."""
    holds_s: Annotated[float, Meta(ge=0, le=86400)] = 120.0
    """It counts as broken when it has been for so long: the devices are not read at the same instant."""
    when: WhenTable | None = None
    means: Literal["inconsistent", "swapped"] = "inconsistent"
    """What a reading is called when it is broken."""


class Term(Struct, frozen=True):
    """A channel, by its index in its device, times a factor."""

    factor: float
    device: str
    index: int


class Side(Struct, frozen=True):
    terms: tuple[Term, ...]
    constant: float


class Condition(Struct, frozen=True):
    """Strictly between `above` and `below`."""

    device: str
    index: int
    above: float
    below: float


class Relation(Struct, frozen=True, kw_only=True):
    """A relation as the validator sees it."""

    name: str
    left: Side
    op: Literal[">=", "<=", "=="]
    right: Side
    margin: float
    holds_ms: int
    when: Condition | None
    swapped: bool
    points: tuple[str, ...]
    unit: str

    @property
    def terms(self) -> tuple[Term, ...]:
        return self.left.terms + self.right.terms


def relations(page: Page, tables: Sequence[RelationTable], points: Points) -> tuple[Relation, ...]:
    """The relations of a site; `points` are its channels.

    Raises:
        ConfigError: a side is empty, a term cannot be read, a channel is not there, a number makes no sense.
    """
    return tuple(_relation(page, ("relation", n), table, points) for n, table in enumerate(tables))


def _relation(page: Page, path: Path_, table: RelationTable, points: Points) -> Relation:
    if not 0 <= table.margin < math.inf:
        raise page.error((*path, "margin"), f"{table.margin:g} is no margin; write 0 or more")
    left = _side(page, (*path, "left"), table.left, points)
    right = _side(page, (*path, "right"), table.right, points)
    if not left.terms and not right.terms:
        raise page.error(path, 'relates no channel to anything; name one, as in left = ["heat.t_supply"]')
    terms = left.terms + right.terms
    return Relation(
        name=table.name,
        left=left,
        op=table.op,
        right=right,
        margin=table.margin,
        holds_ms=round(table.holds_s * 1000),
        when=None if table.when is None else _condition(page, (*path, "when"), table.when, points),
        swapped=table.means == "swapped",
        points=tuple(points.name_of(term.device, term.index) for term in terms),
        unit=points.unit_of(terms[0].device, terms[0].index),
    )


def _side(page: Page, path: Path_, written: tuple[str, ...], points: Points) -> Side:
    if not written:
        raise page.error(path, 'is empty; write at least one term, as in ["heat.t_supply"] or ["0"]')
    terms: list[Term] = []
    constant = 0.0
    for text in written:
        number = _number(text)
        if number is None:
            terms.append(_term(page, path, text, points))
        else:
            constant += number
    return Side(tuple(terms), constant)


def _term(page: Page, path: Path_, text: str, points: Points) -> Term:
    found = _TERM.fullmatch(text)
    factor = 1.0 if found is None or found["factor"] is None else _number(found["factor"])
    if found is None or factor is None:
        raise page.error(
            path, f'`{text}` is no term; write "device.channel", "2.5 * device.channel" or a number'
        )
    return Term(factor, *points.find(page, path, found["point"]))


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _condition(page: Page, path: Path_, table: WhenTable, points: Points) -> Condition:
    above = -math.inf if table.above is None else table.above
    below = math.inf if table.below is None else table.below
    if table.above is None and table.below is None:
        raise page.error(path, "has neither `above` nor `below`; write one of them")
    if not above < below:
        raise page.error(path, f"nothing is above {above:g} and below {below:g}; correct one")
    device, index = points.find(page, (*path, "channel"), table.channel)
    return Condition(device, index, above, below)
