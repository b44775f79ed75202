"""What came on the command topic: an order that this agent knows, one it must refuse, or nothing; pure."""

from typing import Final

import msgspec
from msgspec import Struct

from wire import codec
from wire.codec import DecodeError
from wire.messages import Command, CommandAnswer, CommandId, CommandOutcome

LONGEST_REASON: Final = 300
"""Characters; what is wrong with a payload may quote it."""


class _Heading(Struct):
    id: CommandId


_heading = msgspec.json.Decoder(_Heading)


def read(payload: bytes, now_ms: int) -> Command | CommandAnswer:
    """A command, or the answer to one whose number can be read and nothing more.

    A newer collector may know orders that this agent does not; it is told so, else it would ask for ever.

    Args:
        payload: as it came.
        now_ms: goes into the answer, Unix ms.

    Raises:
        DecodeError: not even a number can be read; there is nobody to answer.
    """
    try:
        return codec.decode(Command, payload)
    except DecodeError as error:
        why = f"this agent cannot read it (is it older than the collector?): {str(error)[:LONGEST_REASON]}"
        number = _number(payload, error)
        return CommandAnswer(id=number, t_ms=now_ms, outcome=CommandOutcome.REFUSED, says=why)


def _number(payload: bytes, error: DecodeError) -> str:
    try:
        return _heading.decode(codec.inflated(payload)).id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, DecodeError):
        raise error from None
