"""Services on a machine, or in the folder of one that is being prepared (`root`), where nothing is started.

Everything is done by systemd's own tools: what they say when they fail is handed on.
"""

import shutil
import subprocess
from pathlib import Path, PurePosixPath
from typing import Final

from msgspec import Struct

from wire.systemd.unit import Service, service_unit, user_entry

_UNITS: Final = "etc/systemd/system"
_USERS: Final = "etc/sysusers.d"
_PACKAGED: Final = ("usr/lib/systemd/system", "lib/systemd/system")
_HIDDEN: Final = ("/home", "/root", "/run/user", "/tmp", "/var/tmp")  # noqa: S108 - what a service cannot see
_ASKED: Final = {
    "ActiveState": "active",
    "SubState": "sub",
    "MainPID": "pid",
    "NRestarts": "restarts",
    "ActiveEnterTimestamp": "since",
    "MemoryCurrent": "memory",
    "Result": "result",
}


class ServiceError(Exception):
    """It was not done; one sentence why and what to do."""


class ServiceState(Struct, frozen=True, kw_only=True):
    """How a service stands; what only a running systemd knows is empty without one."""

    name: str
    unit: str = ""
    """The unit file that is used; empty: not installed."""
    enabled: str = ""
    active: str = ""
    sub: str = ""
    pid: str = ""
    restarts: str = ""
    since: str = ""
    memory: str = ""
    result: str = ""


def is_live(root: Path) -> bool:
    """Whether this is the machine we run on and systemd runs it."""
    return root == Path("/") and Path("/run/systemd/system").is_dir()


def install(service: Service, root: Path, programs: PurePosixPath, config: PurePosixPath) -> Path:
    """Write the unit, make its user, have it started at each boot, and start it where systemd runs.

    Raises:
        ServiceError: a package has installed it, a path is one that services cannot see, no permission, or
            one of systemd's tools failed.
    """
    if packaged := _packaged(service, root):
        raise ServiceError(f"{packaged}: {service.name} is installed by a package; use systemctl and apt")
    for path in (programs, config):
        if str(path).startswith(tuple(f"{folder}/" for folder in _HIDDEN)):
            raise ServiceError(f"{path}: services cannot see it; use a folder like /opt/ulba or /etc/ulba")
    unit = root / _UNITS / f"{service.name}.service"
    users = root / _USERS / f"{service.name}.conf"
    _write(users, user_entry(service))
    _write(unit, service_unit(service, programs, config))
    _run("systemd-sysusers", *_at(root), users.name)
    _run("systemctl", *_at(root), "enable", unit.name)
    if is_live(root):
        _run("systemctl", "daemon-reload")
        _run("systemctl", "restart", unit.name)
    return unit


def uninstall(service: Service, root: Path) -> Path:
    """Stop it and remove the unit; its user, configuration and state stay.

    Raises:
        ServiceError: it is not installed this way, no permission, or one of systemd's tools failed.
    """
    unit = root / _UNITS / f"{service.name}.service"
    if packaged := _packaged(service, root):
        raise ServiceError(f"{packaged}: installed by a package: sudo apt-get remove {service.name}")
    if not unit.exists():
        raise ServiceError(f"{unit}: not there, so {service.name} is not installed")
    _run("systemctl", *_at(root), "disable", unit.name)
    if is_live(root):
        _run("systemctl", "stop", unit.name)
    try:
        unit.unlink()
        (root / _USERS / f"{service.name}.conf").unlink(missing_ok=True)
    except OSError as error:
        raise ServiceError(f"{unit}: cannot be removed: {error.strerror}") from error
    if is_live(root):
        _run("systemctl", "daemon-reload")
    return unit


def state(service: Service, root: Path) -> ServiceState:
    """How it stands.

    Raises:
        ServiceError: systemd does not answer.
    """
    found = (root / folder / f"{service.name}.service" for folder in (_UNITS, *_PACKAGED))
    unit = next((str(path) for path in found if path.exists()), "")
    if not unit:
        return ServiceState(name=service.name)
    enabled = _run("systemctl", *_at(root), "is-enabled", service.name, may_fail=True).strip()
    return ServiceState(name=service.name, unit=unit, enabled=enabled, **_shown(service, root))


def _shown(service: Service, root: Path) -> dict[str, str]:
    if not is_live(root):
        return {}
    shown = _run("systemctl", "show", service.name, f"--property={','.join(_ASKED)}")
    pairs = (line.split("=", 1) for line in shown.splitlines() if "=" in line)
    return {_ASKED[key]: value for key, value in pairs if key in _ASKED}


def _packaged(service: Service, root: Path) -> Path | None:
    paths = (root / folder / f"{service.name}.service" for folder in _PACKAGED)
    return next((path for path in paths if path.exists()), None)


def _at(root: Path) -> tuple[str, ...]:
    return () if root == Path("/") else (f"--root={root.absolute()}",)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ServiceError(f"{path}: cannot be written: {error.strerror}; run it with sudo") from error


def _run(tool: str, *arguments: str, may_fail: bool = False) -> str:
    found = shutil.which(tool, path="/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        raise ServiceError(f"{tool} is not there; services need systemd: sudo apt-get install systemd")
    done = subprocess.run([found, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode and not may_fail:
        why = (done.stderr or done.stdout).strip().splitlines()
        said = why[-1] if why else f"exit code {done.returncode}"
        raise ServiceError(f"{tool} {' '.join(arguments)}: {said}")
    return done.stdout
