"""The unit, the disk and the outbox, looked at without changing them."""

import os
import pwd
from pathlib import Path
from typing import Any, Final

from edge_agent.doctor.facts import Disk, Outbox
from edge_agent.outbox.database import OutboxError
from edge_agent.outbox.inspection import Inspection
from wire.systemd import machine
from wire.systemd.machine import ServiceError
from wire.systemd.unit import Service

_ROOT: Final = Path("/")
_WRITE: Final = 2


def service(unit: Service) -> dict[str, Any]:
    """The fields of `Facts` that tell of it."""
    if not machine.is_live(_ROOT):
        return {"has_systemd": False}
    try:
        return {"has_systemd": True, "service": machine.state(unit, _ROOT)}
    except ServiceError as error:
        return {"has_systemd": True, "service_error": str(error)}


def disk(outbox: Path, user: str) -> Disk:
    """The file system that the outbox lies on."""
    folder = outbox.parent
    try:
        found = os.statvfs(folder)
        return Disk(
            folder=str(folder),
            free=found.f_bavail * found.f_frsize,
            inodes_left=not found.f_files or found.f_favail > 0,
            read_only=bool(found.f_flag & os.ST_RDONLY),
            writable=may(user, folder.stat(), _WRITE),
            set_aside=len(list(folder.glob(f"{outbox.name}.corrupt-*Z"))),
        )
    except OSError as error:
        return Disk(folder=str(folder), error=(error.strerror or str(error)).lower())


def outbox(path: Path) -> Outbox:
    """What is in it."""
    try:
        if not path.exists():
            return Outbox(path=str(path), exists=False)
        with Inspection(path) as inspection:
            return Outbox(path=str(path), overview=inspection.overview())
    except OutboxError as error:
        return Outbox(path=str(path), error=str(error))
    except OSError as error:
        return Outbox(path=str(path), error=f"{path}: cannot be read: {error.strerror}")


def may(user: str, found: os.stat_result, bits: int) -> bool:
    """Whether a user may do this to a file by its permissions (path_resolution(7)); bits: 4 r, 2 w, 1 x."""
    try:
        entry = pwd.getpwnam(user)
    except KeyError:
        return True  # a user without a name: nothing is known of its groups
    if entry.pw_uid == 0:
        return True
    if entry.pw_uid == found.st_uid:
        return found.st_mode >> 6 & bits == bits
    if found.st_gid in os.getgrouplist(user, entry.pw_gid):
        return found.st_mode >> 3 & bits == bits
    return found.st_mode & bits == bits
