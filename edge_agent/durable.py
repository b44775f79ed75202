"""Files that are all there or not at all, killed at any moment."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

_NEW: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC


def put(path: Path, data: bytes, prepare: Callable[[Path], None] | None = None) -> None:
    """Put a file in its place, or in that of an older one, as a whole; it is on the disk when this returns.

    Args:
        path: the place.
        data: what it holds.
        prepare: called with the new file before it takes its place, for its owner and mode.

    Raises:
        OSError: the disk does not take it; nothing has changed.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        # Root writes into folders of others: what they have put in the way is not followed.
        with os.fdopen(os.open(beside, _NEW, 0o666), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if prepare is not None:
            prepare(beside)
        beside.replace(path)
        _flush_folder(path.parent)
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def _flush_folder(folder: Path) -> None:
    """A rename is on the disk when its folder is (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
