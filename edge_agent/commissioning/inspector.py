"""What one device is: its own names, and what the registers of known models hold.

43/14, 17 ─▶ names a known model? ─▶ only that one's registers
             └ no ─▶ the first register of every model ─▶ all registers of those that have it
"""

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from edge_agent.commissioning import identity, matching
from edge_agent.commissioning.identity import Identity, Naming
from edge_agent.commissioning.line import Line
from edge_agent.commissioning.matching import Match, Seen
from edge_agent.commissioning.outcomes import Heard, Outcome
from edge_agent.drivers import find
from edge_agent.samples import Answer, Block, Fault
from sensor_profiles.model import REGISTERS, Profile

GAP_S: Final = 0.02
_LONGEST_GAP_S: Final = 0.2
_LONG_IDENTITY_BYTES: Final = 120
_FAULTS: Final = {Heard.REFUSED: Fault.REFUSED, Heard.GARBLED: Fault.GARBLED}


class Inspection(Struct, frozen=True, kw_only=True):
    """What is known of one device after it was looked at."""

    seen: Seen
    matches: tuple[Match, ...]


async def inspect(line: Line, unit: int, profiles: Sequence[Profile]) -> Inspection:
    """Find out what a device is, by reading only.

    Args:
        line: open.
        unit: its address; it has answered before.
        profiles: the Modbus models that come into question.

    Raises:
        LinkDownError: the line is gone.
    """
    named = await identify(line, unit)
    likely = [p for p in profiles if named.text and matching.named_by(named.text, p)] or list(profiles)
    answers: dict[Block, Answer] = {}
    for profile in likely:
        await _read(line, unit, profile, [matching.first_block(profile)], answers)
    for profile in likely:
        if answers[matching.first_block(profile)].fault is None:
            await _read_all(line, unit, profile, answers)
    seen = Seen(unit=unit, identity=named, setting=line.setting, answers=answers)
    return Inspection(seen=seen, matches=matching.match(seen, profiles))


async def identify(line: Line, unit: int) -> Identity:
    """What a Modbus device says of itself.

    Raises:
        LinkDownError: the line is gone.
    """
    device_id = await _name(line, unit, identity.DEVICE_ID)
    return identity.parse(device_id, await _name(line, unit, identity.SERVER_ID))


async def _name(line: Line, unit: int, naming: Naming) -> bytes:
    outcome = await line.ask(naming, unit, identity.NOTHING, answer_bytes=_LONG_IDENTITY_BYTES, gap_s=GAP_S)
    return outcome.data if outcome.heard is Heard.ANSWER else b""


async def _read_all(line: Line, unit: int, profile: Profile, answers: dict[Block, Answer]) -> None:
    """All of a profile's registers; without holes where the device does not let them be read."""
    for holes in (True, False):
        blocks = matching.all_blocks(profile, holes=holes)
        await _read(line, unit, profile, blocks, answers)
        if all(answers[block].fault is not Fault.REFUSED for block in blocks):
            return


async def _read(
    line: Line, unit: int, profile: Profile, blocks: Sequence[Block], answers: dict[Block, Answer]
) -> None:
    for block in blocks:
        if block not in answers:
            answers[block] = await read_block(line, unit, profile, block)


async def read_block(line: Line, unit: int, profile: Profile, block: Block) -> Answer:
    """One read as the profile's instrument wants to be asked, and what it brought.

    Raises:
        LinkDownError: the line is gone.
    """
    return answer_of(block, await ask_block(line, unit, profile, block))


async def ask_block(line: Line, unit: int, profile: Profile, block: Block) -> Outcome:
    """The same, as it was heard.

    Raises:
        LinkDownError: the line is gone.
    """
    return await line.ask(
        find(profile.protocol),
        unit,
        block,
        answer_bytes=5 + (2 * block.count if block.space in REGISTERS else block.count),
        gap_s=min(_LONGEST_GAP_S, max(GAP_S, profile.timing.gap_ms / 1000)),
        wait_s=profile.timing.timeout_ms / 1000,
        password=matching.as_device(profile, unit).plain_password(),
    )


def answer_of(block: Block, outcome: Outcome) -> Answer:
    """An outcome as the decoder takes it."""
    if outcome.heard is Heard.ANSWER:
        return Answer(block, outcome.data)
    return Answer(block, fault=_FAULTS.get(outcome.heard, Fault.NO_ANSWER))
