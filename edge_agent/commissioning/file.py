"""Writing a configuration: a backup first, then all or nothing."""

import os
import shutil
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from edge_agent import durable
from wire.config_file import ConfigError


def write(path: Path, text: str) -> Path:
    """Replace a file's text in one step, its mode and owner kept; returns the backup.

    Raises:
        ConfigError: it cannot be written; nothing has changed.
    """
    backup = _unused(path)
    try:
        shutil.copy2(path, backup)
        durable.put(path, text.encode(), lambda fresh: _like(path, fresh))
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written: {error.strerror}; nothing has changed (sudo?)"
        ) from None
    return backup


def _unused(path: Path) -> Path:
    """A backup's name; two changes in one second have two."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    numbered = (f"{stamp}-{number}" if number else stamp for number in count())
    names = (path.with_name(f"{path.name}.{name}.bak") for name in numbered)
    return next(name for name in names if not name.exists())


def _like(path: Path, fresh: Path) -> None:
    """The new file may be read and written by whom the old one may be."""
    shutil.copymode(path, fresh)
    owner = path.stat()
    if (owner.st_uid, owner.st_gid) != (fresh.stat().st_uid, fresh.stat().st_gid):
        os.chown(fresh, owner.st_uid, owner.st_gid)
