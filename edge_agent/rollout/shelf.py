"""The file of a rollout, beside the outbox: all of it or none of it, killed at any moment."""

import os
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

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
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            with beside.open("wb") as file:
                file.write(msgspec.json.encode(rollout))
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
            _flush_folder(self._path.parent)
        except OSError as error:
            raise ShelfError(f"{self._path}: {error.strerror}") from error


def _flush_folder(folder: Path) -> None:
    """A rename is on the disk when its folder is (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
