"""What is wrong with a line, from all that was heard on it: one sentence each, with what to do. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from edge_agent.commissioning.outcomes import PRESENT, Heard, Outcome

TRIES: Final = 3
"""How often an address is asked from which something came that is no answer."""
SUSPICIOUS: Final = 3
"""So many addresses that all answered the same, and none that did not, may be one device that answers all."""
SPREAD: Final = (247, 201, 158, 113, 67)
"""Addresses that no installer hands out next to each other: when all of them answer too, it is so."""
_NOISY: Final = 3


class Tried(Struct, frozen=True):
    """One address and everything that came from it, in order."""

    unit: int
    outcomes: tuple[Outcome, ...]

    @property
    def present(self) -> bool:
        return any(outcome.heard in PRESENT for outcome in self.outcomes)

    @property
    def garbled(self) -> int:
        return sum(outcome.heard is Heard.GARBLED for outcome in self.outcomes)

    @property
    def collides(self) -> bool:
        """Something talks there, and at least once it was no valid frame."""
        return self.garbled > 0


def to_verify(tried: Mapping[int, Tried], allowed: Sequence[int]) -> tuple[int, ...]:
    """The addresses to ask next because all so far answered alike; none when there is no such suspicion."""
    said = {(last.heard, last.data, last.code) for one in tried.values() for last in one.outcomes[-1:]}
    alike = len(said) == 1 and all(one.present for one in tried.values())
    return tuple(unit for unit in SPREAD if unit in allowed) if alike and len(tried) == SUSPICIOUS else ()


def answers_all(tried: Mapping[int, Tried]) -> bool:
    """Whether the addresses of the suspicion answered, too."""
    asked = [tried[unit] for unit in SPREAD if unit in tried]
    return len(asked) >= SUSPICIOUS and all(one.present for one in tried.values())


def line_notes(tried: Mapping[int, Tried], unasked: int = 0) -> tuple[str, ...]:
    """Everything worth saying about the line as a whole, and about addresses where something is wrong.

    `unasked` is how many bytes came before anybody was asked.
    """
    return tuple(_notes(tried, unasked))


def _notes(tried: Mapping[int, Tried], unasked: int) -> Iterator[str]:
    outcomes = [outcome for one in tried.values() for outcome in one.outcomes]
    if any(outcome.echoed for outcome in outcomes):
        yield (
            "the adapter hears its own requests (echo): readings still work, but switch the echo off "
            "(jumper, or two-wire mode) so that it cannot hide an answer"
        )
    if answers_all(tried):
        yield (
            f"one device answers every address ({len(tried)} were asked): it ignores the unit number, so "
            "give it a line or host of its own and write the number of its manual"
        )
    if unasked:
        yield (
            f"{unasked} bytes came before anybody was asked: an instrument that sends by itself (--protocol "
            "all tells which), or another master polls this line and must be stopped first"
        )
        return
    bad = [one for one in tried.values() if one.collides]
    if len(bad) >= _NOISY and not any(one.present for one in tried.values()):
        yield (
            f"bytes came for {len(bad)} addresses and no valid frame: baud rate or parity are wrong, A and B "
            "are swapped, or the line is noisy; scan other settings (--baud all --parity all)"
        )
        return
    for one in bad:
        yield _collision(one)
    for one in tried.values():
        yield from _strangers(one, tried)


def _collision(one: Tried) -> str:
    return (
        f"unit {one.unit}: {one.garbled} of {len(one.outcomes)} answers were no valid frame: two devices "
        "have this address, or the wiring is bad; disconnect one instrument and scan again"
    )


def _strangers(one: Tried, tried: Mapping[int, Tried]) -> Iterator[str]:
    senders = {outcome.sender for outcome in one.outcomes if outcome.heard is Heard.FOREIGN}
    for sender in sorted(sender for sender in senders if sender is not None):
        if not (sender in tried and tried[sender].present):
            yield (
                f"asked for unit {one.unit}, unit {sender} answered: the instrument shows another address "
                "than it obeys; set its address anew, then scan again"
            )
