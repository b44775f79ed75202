"""A device and what polling it has taught: its plan, what it refuses, whether it lives. Pure."""

import math

from edge_agent.drivers import Driver, RefusedError, Session
from edge_agent.poll import blocks
from edge_agent.poll.burst import Burst
from edge_agent.poll.grid import Grid
from edge_agent.samples import Block, Instant
from edge_agent.settings import Device

ASK_AGAIN_S = 3600.0
"""A block that was refused for good is asked again after so long: instruments get reconfigured."""
HOLE_REFUSED = frozenset({2, 3})
"""Illegal data address, illegal data value: what a device says to registers it does not have."""
FOR_GOOD = frozenset({1, 2, 3})
"""Those, and illegal function; other codes (4: device failure) may pass by the next poll."""
MAX_ODD_ANSWERS = 3


class Polled:
    """One device of a line."""

    def __init__(
        self, device: Device, driver: Driver | Session, burst: Burst, now: Instant, password: bytes = b""
    ) -> None:
        self.device = device
        self.driver = driver
        self.password = password
        self.exchanges = driver.most_steps if isinstance(driver, Session) else 1
        """So many requests one block takes at most."""
        self.plan = blocks.plan(device)
        self.grid = Grid(device.period_ms, now)
        self.burst = burst
        self.alive = True
        """Its last request was answered, be it by a refusal."""
        self.asked_s = -math.inf
        self.polls_in_vain = 0
        """How many in a row it has not answered, or not to the end."""
        self.silent = False
        """Nothing at all came of its last poll, whatever the cause."""
        self.may_be_late = False
        """A request timed out on a stream without transaction numbers, so its answer may still come."""
        self._odd_answers = 0
        self._refused: dict[Block, float] = {}

    def is_refused(self, block: Block, now_s: float) -> bool:
        """Whether asking would bring the same refusal again."""
        return self._refused.get(block, -math.inf) > now_s

    def refused(self, block: Block, error: RefusedError, now_s: float) -> bool:
        """Learn from a refusal; True when the plan was changed and the poll should begin anew."""
        if error.code in HOLE_REFUSED and blocks.has_hole(self.plan, block):
            self.plan = blocks.without_holes(self.plan, self.device.profile.max_registers)
            return True
        if error.code in FOR_GOOD:
            self._refused[block] = now_s + ASK_AGAIN_S
        return False

    def resync_block(self) -> Block | None:
        """What to read and throw away before this device is believed again; None: it can be believed."""
        return self.driver.resync(self.plan.blocks) if self.may_be_late else None

    def resynced(self) -> None:
        """Late answers have passed."""
        self.may_be_late = False
        self._odd_answers = 0

    def resync_failed(self, *, heard: bool) -> None:
        """A resynchronising read timed out.

        Some instruments answer any read with the same bytes (Escort TD-500): after a few such answers in a
        row they are believed, or they would never be heard again.
        """
        self._odd_answers = self._odd_answers + 1 if heard else 0
        if self._odd_answers >= MAX_ODD_ANSWERS:
            self.resynced()
