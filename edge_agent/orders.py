"""What the gateway is told to do: whether it may be obeyed, and each order once. Decides; no input or output.

Command ─▶ answered before? ─▶ too late? ─▶ the order's own rule ─▶ CommandAnswer

Invariant: what was obeyed is remembered in the state that holds its effect, so that a command that comes
again, also after a kill, is answered again and not obeyed again.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

import msgspec
from msgspec import Struct

from edge_agent.conditions import StateMisfitError
from edge_agent.samples import Instant
from wire.messages import (
    Clock,
    Command,
    CommandAnswer,
    CommandOutcome,
    Configure,
    OperatingMode,
    Order,
    Rebaseline,
    SetMode,
)

ORDERS: Final = "orders"
"""The stage's key in the state."""
REMEMBERED: Final = 200
"""Answers; the oldest goes first. To be obeyed twice, a command would have to come again after 200 others."""
_VERSION: Final = 1


class Judged(Protocol):
    """What orders change."""

    def rebaseline(self, device: str) -> bool:
        """What is seen at a device now is normal; False: nothing watches it."""

    def set_mode(self, mode: OperatingMode, until_ms: int) -> None:
        """What the site is doing, until a time (Unix ms; 0: until told otherwise)."""


class Verdict(Struct, frozen=True):
    """What came of an order, in one sentence."""

    outcome: CommandOutcome
    says: str


class OrdersState(Struct, frozen=True):
    """What was obeyed, in order."""

    version: int
    answers: tuple[CommandAnswer, ...]


def takes_no_configuration(_order: Configure) -> Verdict:
    """The answer of an agent whose configuration is written on the gateway only."""
    return _refused("this agent takes no configuration")


class Orders:
    """The commands of one gateway."""

    def __init__(
        self,
        devices: Iterable[str],
        judged: Judged,
        configure: Callable[[Configure], Verdict | None] = takes_no_configuration,
    ) -> None:
        """Begin with nothing remembered.

        Args:
            devices: the names of all there are.
            judged: what is changed.
            configure: puts a new configuration to use; None: it is on trial, ask again when that is decided.
        """
        self._devices = sorted(devices)
        self._judged = judged
        self._rules: Mapping[type[Order], Callable[[Any, Instant], Verdict | None]] = {
            Rebaseline: self._rebaseline,
            SetMode: self._set_mode,
            Configure: lambda order, _now: configure(order),
        }
        self._answers: dict[str, CommandAnswer] = {}

    def obey(self, command: Command, now: Instant, clock: Clock) -> CommandAnswer | None:
        """Carry a command out, unless it was before or is too late; the answer, None as long as it is open.

        A clock that nobody has set cannot tell that a command is too late; the collector sends none that is.
        """
        if known := self._answers.get(command.id):
            return known
        verdict: Verdict | None = Verdict(CommandOutcome.EXPIRED, "it came too late and was not obeyed")
        if clock is Clock.UNSYNCED or command.expires_ms > now.wall_ms:
            verdict = self._rules[type(command.order)](command.order, now)
        if verdict is None:
            return None
        answer = CommandAnswer(id=command.id, t_ms=now.wall_ms, outcome=verdict.outcome, says=verdict.says)
        if answer.outcome is CommandOutcome.DONE:
            self._remember(answer)
        return answer

    def state(self) -> dict[str, bytes]:
        """What must be known after a restart; to be stored together with the effects."""
        found = OrdersState(_VERSION, tuple(self._answers.values()))
        return {ORDERS: msgspec.msgpack.encode(found)}

    def restore(self, saved: bytes) -> None:
        """Go on from a state.

        Raises:
            StateMisfitError: it is none, or of another version; nothing is remembered then.
        """
        try:
            found = msgspec.msgpack.decode(saved, type=OrdersState)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise StateMisfitError(f"not what was obeyed: {error}") from None
        if found.version != _VERSION:
            raise StateMisfitError(f"state of version {found.version}; this program knows {_VERSION}")
        self._answers = {answer.id: answer for answer in found.answers[-REMEMBERED:]}

    def _remember(self, answer: CommandAnswer) -> None:
        self._answers[answer.id] = answer
        while len(self._answers) > REMEMBERED:
            del self._answers[next(iter(self._answers))]

    def _rebaseline(self, order: Rebaseline, _now: Instant) -> Verdict:
        if order.device not in self._devices:
            return _refused(f"there is no device {order.device}; there are {', '.join(self._devices)}")
        if not self._judged.rebaseline(order.device):
            return _refused(f"no detector watches {order.device}: there is nothing to learn anew")
        return _done(f"what is seen at {order.device} now is taken for normal")

    def _set_mode(self, order: SetMode, now: Instant) -> Verdict:
        if order.until_ms and order.until_ms <= now.wall_ms:
            return _refused(f"the time until which the site was to be in {order.mode} is over")
        self._judged.set_mode(order.mode, order.until_ms)
        how_long = "until the time that was said" if order.until_ms else "until it is told otherwise"
        return _done(f"the site is in {order.mode} {how_long}")


def _done(says: str) -> Verdict:
    return Verdict(CommandOutcome.DONE, says)


def _refused(says: str) -> Verdict:
    return Verdict(CommandOutcome.REFUSED, says)
