"""The file of a rollout, beside the outbox: all of it or none of it, killed at any moment."""

from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from edge_agent import durable
from edge_agent.rollout.trial import Rollout

_log = structlog.get_logger()


class ShelfError(Exception):
    """It could not be written; nothing has changed."""


class Shelf:
    """One file that is replaced as a whole (rename(2)), and is on the disk when `put` returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self) -> Rollout | None:
        """What was put last; what cannot be read is set aside, and the gateway's own file holds."""
        kept = self._path.with_name(f"{self._path.name}.unreadable")
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Rollout)
        except FileNotFoundError:
            return None
        except OSError as error:
            _log.error("what the collector sent cannot be read; the gateway's file holds", reason=str(error))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            with suppress(OSError):
                self._path.replace(kept)
            _log.error("what the collector sent is damaged; set aside", reason=str(error), kept_as=str(kept))
        return None

    def put(self, rollout: Rollout) -> None:
        """Replace it.

        Raises:
            ShelfError: the disk does not take it.
        """
        try:
            durable.put(self._path, msgspec.json.encode(rollout))
        except OSError as error:
            raise ShelfError(f"{self._path}: {error.strerror}") from error
