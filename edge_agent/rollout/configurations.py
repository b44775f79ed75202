"""The configuration in use, and how another one takes its place; everything here runs on the agent's loop."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import structlog

from edge_agent import drivers, settings
from edge_agent.rollout import changes, trial
from edge_agent.rollout.shelf import Shelf, ShelfError
from edge_agent.rollout.trial import Rollout, Said, Sent
from edge_agent.samples import Instant
from edge_agent.settings import Plant
from wire import config_file
from wire.broker import SecretError
from wire.config_file import ConfigError
from wire.messages import Configure

SUFFIX: Final = ".rollout"
"""Of the file beside the outbox that holds what the collector has sent."""
_log = structlog.get_logger()


class Configurations:
    """What is in use (`plant`, `version`); `changed` is set when another one is to be taken up."""

    def __init__(self, file: Path, plant: Plant, digest: str) -> None:
        """See `open`."""
        self._file = file
        self._shelf = Shelf(Path(f"{plant.outbox.path}{SUFFIX}"))
        self._rollout = Rollout(file=digest)
        self._now: Callable[[], Instant] | None = None
        self._boot = ""
        self._settled = asyncio.Event()
        self.changed = asyncio.Event()
        self._base = plant
        """What the gateway's own file said when it was last good."""
        self.plant = plant

    @classmethod
    def open(cls, file: Path) -> Self:
        """Read the gateway's own file; what was sent is looked at in `resume`.

        Raises:
            ConfigError: the file cannot be used.
        """
        text = config_file.read(file)
        return cls(file, settings.parse(text, file), _digest(text))

    def resume(self, now: Callable[[], Instant], boot: str) -> None:
        """Take up what the last run left: a trial goes on or is taken back. Call it with the outbox locked.

        Args:
            now: both clocks.
            boot: the name of this boot.
        """
        self._now, self._boot = now, boot
        rollout = self._shelf.get()
        if rollout is None:
            return
        found = trial.after_start(trial.over_file(rollout, self._rollout.file), boot, now().mono_ms)
        self._rollout = rollout
        if found != rollout:
            self._decide(found)
        self._take_up_sent()

    @property
    def version(self) -> int:
        """Of the configuration in use, as the collector numbered it; 0: the gateway's own file."""
        sent = self._rollout.in_use
        return sent.version if sent else 0

    def reread(self) -> None:
        """Take up the gateway's file if it was edited; one that cannot be used changes nothing."""
        try:
            text = config_file.read(self._file)
            digest = _digest(text)
            if digest == self._rollout.file:
                _log.info("the configuration is as it was", file=str(self._file))
                return
            plant = self._usable(text, str(self._file))
            self._refuse_restart(plant)
            self._keep(trial.over_file(self._rollout, digest))
        except (ConfigError, ShelfError) as error:
            _log.error("the configuration in use goes on", reason=str(error))
            return
        self._base = plant
        self._take_up(plant)

    def said(self, version: int) -> Said | None:
        """What came of a configuration that was sent; None: nothing yet."""
        return self._rollout.verdict(version)

    def begin(self, order: Configure) -> str:
        """Put a configuration on trial; `changed` is set then.

        Returns:
            Why not, in one sentence; empty: it is on trial, see `settled`.
        """
        on_trial = self._rollout.trial
        if on_trial and on_trial.sent == Sent(order.version, order.toml):
            return ""
        if unfit := trial.unfit(self._rollout, order.version):
            return unfit
        try:
            plant = self._usable(order.toml, f"configuration {order.version}")
            if keys := changes.refused(self.plant, plant):
                return f"{changes.named(keys)} cannot be changed from afar, only on the gateway"
            until_ms = self._instant().mono_ms + round(order.confirm_s * 1000)
            sent = Sent(order.version, order.toml)
            self._keep(trial.begin(self._rollout, sent, self._boot, until_ms))
        except (ConfigError, ShelfError) as error:
            return str(error)
        _log.warning("a configuration is on trial", version=order.version, seconds=order.confirm_s)
        self._take_up(plant)
        return ""

    def receipted(self) -> None:
        """The collector has readings under the configuration in use, which is what a trial is for."""
        if self._rollout.trial and not self.changed.is_set():
            self._confirm("the collector has receipted readings under it")

    async def watch(self, is_line_whole: Callable[[], Awaitable[bool]]) -> None:
        """Decide a trial, if there is one, when its time is over.

        Args:
            is_line_whole: connected, and nothing waits for a receipt.
        """
        if self._rollout.trial is None:
            return
        left_ms = self._rollout.trial.until_ms - self._instant().mono_ms
        with suppress(TimeoutError):
            await asyncio.wait_for(self.settled(), left_ms / 1000)
        if self._rollout.trial is None:
            return
        if await is_line_whole():
            self._confirm("the line to the broker stands, and there was nothing to receipt")
        else:
            self._take_back("no receipt of the collector came in its time")

    async def settled(self) -> None:
        """Wait until no configuration is on trial."""
        while self._rollout.trial:
            self._settled.clear()
            await self._settled.wait()

    def _confirm(self, why: str) -> None:
        if self._rollout.trial:
            self._decide(trial.confirm(self._rollout, self._rollout.trial, why))

    def _take_back(self, why: str) -> None:
        if self._rollout.trial:
            self._decide(trial.take_back(self._rollout, self._rollout.trial, why))
            if not self._take_up_sent():
                self._take_up(self._base)

    def _decide(self, rollout: Rollout) -> None:
        """A verdict holds even where the disk does not take it: the next start comes to one again."""
        try:
            self._shelf.put(rollout)
        except ShelfError as error:
            _log.error("the verdict on a configuration could not be kept", reason=str(error))
        self._adopt(rollout)

    def _take_up_sent(self) -> bool:
        """Take up what was sent, if there is something; one that cannot be used any more is left for good."""
        sent = self._rollout.in_use
        if sent is None:
            return False
        try:
            self._take_up(self._usable(sent.toml, f"configuration {sent.version}"))
        except ConfigError as error:
            _log.error("what the collector sent cannot be used any more; the file is", reason=str(error))
            return False
        return True

    def _usable(self, text: str, name: str) -> Plant:
        """A configuration that was checked as far as that is possible without devices.

        Raises:
            ConfigError: what is wrong with it.
        """
        plant = settings.parse(text, self._file, name)
        for device in plant.devices:
            if device.profile.protocol not in drivers.protocols():
                raise ConfigError(f"{name}: {device.name}: no driver for `{device.profile.protocol}`")
        try:
            plant.broker.tls()
            plant.broker.plain_password()
        except (OSError, SecretError) as error:
            raise ConfigError(f"{name}: broker: {error}") from None
        return plant

    def _refuse_restart(self, plant: Plant) -> None:
        if keys := changes.needs_restart(self.plant, plant):
            raise ConfigError(f"{self._file}: {changes.named(keys)} can change only with a restart")

    def _take_up(self, plant: Plant) -> None:
        self.plant = plant
        self.changed.set()

    def _keep(self, rollout: Rollout) -> None:
        """Like `_decide`, or not at all.

        Raises:
            ShelfError: the disk does not take it.
        """
        self._shelf.put(rollout)
        self._adopt(rollout)

    def _adopt(self, rollout: Rollout) -> None:
        was_on_trial, self._rollout = self._rollout.trial, rollout
        if was_on_trial and not rollout.trial:
            _log.warning(rollout.said[-1].sentence, version=was_on_trial.sent.version)
            self._settled.set()

    def _instant(self) -> Instant:
        assert self._now is not None, "resume comes first"
        return self._now()


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
