"""A configuration that was sent, from its trial to its verdict. Decides; pure.

begin ─▶ trial ─▶ confirmed ─▶ accepted, until the next one or an edited file
           └────▶ taken back: its time is over, the machine was started anew, or the file was edited
"""

from typing import Final, Literal

from msgspec import Struct
from msgspec.structs import replace

REMEMBERED: Final = 20
"""Verdicts; the collector asks again after a line that broke, not after twenty configurations."""


class Sent(Struct, frozen=True):
    """A configuration as the collector numbered it."""

    version: int
    toml: str


class Said(Struct, frozen=True):
    """What came of a version, in one sentence."""

    version: int
    done: bool
    sentence: str


class Trial(Struct, frozen=True):
    """A configuration in use that may be taken back; `until_ms` is of the monotonic clock of `boot`."""

    sent: Sent
    boot: str
    until_ms: int


class Rollout(Struct, frozen=True, kw_only=True):
    """All that must be known after a kill; `file` is the digest of the gateway's file it was sent over."""

    v: Literal[1] = 1
    file: str
    accepted: Sent | None = None
    trial: Trial | None = None
    said: tuple[Said, ...] = ()

    @property
    def in_use(self) -> Sent | None:
        """What takes the place of the gateway's file."""
        return self.trial.sent if self.trial else self.accepted

    @property
    def newest(self) -> int:
        """The highest version that was ever tried."""
        known = [said.version for said in self.said]
        return max([*known, *(sent.version for sent in (self.accepted, self.in_use) if sent)], default=0)

    def verdict(self, version: int) -> Said | None:
        """What came of a version; None while it is on trial, or never came."""
        return next((said for said in reversed(self.said) if said.version == version), None)


def unfit(rollout: Rollout, version: int) -> str:
    """Why a version cannot be tried now; empty: it can."""
    if rollout.trial:
        return f"configuration {rollout.trial.sent.version} is on trial; send it again when that is decided"
    if version <= rollout.newest:
        return f"configuration {version} is not newer than {rollout.newest}"
    return ""


def begin(rollout: Rollout, sent: Sent, boot: str, until_ms: int) -> Rollout:
    """Put a configuration on trial."""
    return replace(rollout, trial=Trial(sent, boot, until_ms))


def confirm(rollout: Rollout, trial: Trial, why: str) -> Rollout:
    """It proved itself."""
    said = Said(
        trial.sent.version, done=True, sentence=f"configuration {trial.sent.version} is in use: {why}"
    )
    return replace(rollout, accepted=trial.sent, trial=None, said=_with(rollout, said))


def take_back(rollout: Rollout, trial: Trial, why: str) -> Rollout:
    """It did not; what was in use before is again."""
    sentence = f"configuration {trial.sent.version} was taken back: {why}"
    return replace(
        rollout, trial=None, said=_with(rollout, Said(trial.sent.version, done=False, sentence=sentence))
    )


def after_start(rollout: Rollout, boot: str, now_ms: int) -> Rollout:
    """What a start makes of a trial: it goes on in its time; how long ago another boot was, nobody knows."""
    trial = rollout.trial
    if trial is None:
        return rollout
    if trial.boot != boot:
        return take_back(rollout, trial, "the gateway was started anew while it was on trial")
    if trial.until_ms <= now_ms:
        return take_back(rollout, trial, "its time ended while the agent was not running")
    return rollout


def over_file(rollout: Rollout, digest: str) -> Rollout:
    """What the gateway's file makes of it: an edited one takes the place of what was sent before."""
    if rollout.file == digest:
        return rollout
    if rollout.trial:
        rollout = take_back(rollout, rollout.trial, "the gateway's own file was edited")
    return replace(rollout, file=digest, accepted=None)


def _with(rollout: Rollout, said: Said) -> tuple[Said, ...]:
    return (*rollout.said, said)[-REMEMBERED:]
