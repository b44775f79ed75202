"""The scan: address after address at each line setting, and what each device that answers is.

unit ─▶ read of one register ─▶ nothing: the next one
             │                 ├ a frame of a device asked before: late, so asked again with patience
             │                 └ no frame: asked again, twice
             └─▶ answer or exception: a device
"""

from collections.abc import Callable, Sequence
from typing import Final

from msgspec import Struct

from edge_agent.commissioning.line import Line
from edge_agent.commissioning.outcomes import PRESENT, Heard, Outcome
from edge_agent.commissioning.plan import LISTEN_S
from edge_agent.commissioning.verdicts import TRIES, Tried, answers_all, to_verify
from edge_agent.drivers import find
from edge_agent.samples import Block
from sensor_profiles.model import Space

FIRST: Final = Block(Space.HOLDING, 0, 1)
"""Any device answers a read of one register, be it by an exception."""
PATIENT_S: Final = 1.5
"""For a device whose answer came when the next one was already asked."""
_LATE_WITHIN: Final = 8
"""So many addresses later an answer may still belong to the one asked then."""


class Progress(Struct, frozen=True):
    """Told after each address."""

    unit: int
    asked: int
    present: bool


class Sweep:
    """Asks all addresses on one open line."""

    def __init__(self, line: Line, units: Sequence[int], tell: Callable[[Progress], None]) -> None:
        self.unasked = 0
        """Bytes that came before anybody was asked."""
        self.tried: dict[int, Tried] = {}
        """What has been heard so far; complete as far as the sweep came."""
        self._line = line
        self._units = units
        self._tell = tell
        self._modbus = find("modbus")
        self._asked: list[int] = []

    async def run(self) -> None:
        """Ask them; ends early when one device turns out to answer every address.

        Raises:
            LinkDownError: the line is gone; `tried` holds what was heard before.
        """
        self.unasked = len(await self._line.listen(LISTEN_S))
        queue = list(self._units)
        while queue:
            await self._try(queue.pop(0))
            if ahead := to_verify(self.tried, queue):
                queue = [*ahead, *(unit for unit in queue if unit not in ahead)]
            if answers_all(self.tried):
                return

    async def _try(self, unit: int) -> None:
        outcomes = [await self._ask(unit)]
        while outcomes[-1].heard is Heard.GARBLED and len(outcomes) < TRIES:
            outcomes.append(await self._ask(unit))
        self._asked.append(unit)
        self.tried[unit] = Tried(unit, tuple(outcomes))
        self._tell(Progress(unit, len(self.tried), self.tried[unit].present))
        await self._look_back(outcomes[-1])

    async def _look_back(self, outcome: Outcome) -> None:
        """A frame of somebody asked a moment ago is a late answer."""
        sender = outcome.sender
        if sender is None or sender not in self._asked[-_LATE_WITHIN:] or self.tried[sender].present:
            return
        again = await self._ask(sender, wait_s=PATIENT_S)
        if again.heard in PRESENT:
            self.tried[sender] = Tried(sender, (again,))

    async def _ask(self, unit: int, wait_s: float = 0.0) -> Outcome:
        return await self._line.ask(self._modbus, unit, FIRST, wait_s=wait_s)
