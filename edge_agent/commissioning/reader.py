"""Polls of one device or of a few registers, without an agent."""

import time

from edge_agent.commissioning import matching
from edge_agent.commissioning.inspector import GAP_S, read_block
from edge_agent.commissioning.line import Line
from edge_agent.commissioning.outcomes import Heard, Outcome
from edge_agent.drivers import find
from edge_agent.samples import Answer, Block, Fault, Instant
from sensor_profiles.model import Profile


def now() -> Instant:
    """Both clocks at once."""
    return Instant(time.time_ns() // 1_000_000, time.monotonic_ns() // 1_000_000)


async def poll(line: Line, unit: int, profile: Profile) -> tuple[Answer, ...]:
    """Every block of a profile once; without holes where the device does not let them be read.

    Raises:
        LinkDownError: the line is gone.
    """
    answers: list[Answer] = []
    for holes in (True, False) if profile.frame_bytes is None else (True,):
        blocks = matching.all_blocks(profile, holes=holes)
        answers = [await read_block(line, unit, profile, block) for block in blocks]
        if all(answer.fault is not Fault.REFUSED for answer in answers):
            break
    return tuple(answers)


async def registers(line: Line, unit: int, block: Block) -> Outcome:
    """Some registers of a Modbus device, whatever it is.

    Raises:
        LinkDownError: the line is gone.
    """
    return await line.ask(find("modbus"), unit, block, answer_bytes=5 + 2 * block.count, gap_s=GAP_S)


def sentence(outcome: Outcome, block: Block) -> str:
    """Why registers could not be read, with what to do."""
    where = f"unit {outcome.unit}: {block.space} {block.start}–{block.start + block.count - 1}"
    match outcome.heard:
        case Heard.REFUSED:
            return (
                f"{where}: refused with exception {outcome.code}; ask for fewer or other registers, or "
                "for the other table (--space)"
            )
        case Heard.GARBLED | Heard.FOREIGN:
            return f"{where}: {len(outcome.data)} bytes came and no valid frame; let `edge-agent scan` look"
        case Heard.BUSY:
            return f"{where}: the device says that it is busy; try again"
    return f"{where}: no answer; check the address and the line's settings, or let `edge-agent scan` look"
