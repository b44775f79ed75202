"""The text of a service unit and of its user (systemd.unit(5), sysusers.d(5)); decides, touches nothing.

What every service of Ulba is denied stands in one table. Debian 12 has systemd 252: a key that it does not
know must not be used, `systemd-analyze verify` would complain.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

from msgspec import Struct

_DENIED: Final = """
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateMounts=yes
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
KeyringMode=private
UMask=0077
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
""".strip()


class Service(Struct, frozen=True, kw_only=True):
    """One service; `name` is also its user's name."""

    name: str
    description: str
    program: str
    """The command, beside the interpreter that runs it."""
    config: str
    state: str
    """Its folder below /var/lib, which it alone may read and write."""
    watchdog_s: int
    memory_max_mb: int
    groups: tuple[str, ...] = ()
    credentials: tuple[str, ...] = ()
    """`credential:NAME` in the configuration is the file /etc/credstore/SERVICE.NAME."""
    more: tuple[str, ...] = ()
    """Lines of its own at the end of `[Service]`; there they win."""


def service_unit(service: Service, programs: PurePosixPath, config: PurePosixPath) -> str:
    """The unit of a service whose commands lie in the folder `programs`."""
    return "\n".join(_lines(service, programs / service.program, config)) + "\n"


def _lines(service: Service, program: PurePosixPath, config: PurePosixPath) -> Iterator[str]:
    yield from (
        f"# {service.program} service install writes this file; changes belong into a drop-in:",
        f"#   systemctl edit {service.name}",
        "[Unit]",
        f"Description={service.description}",
        "Wants=network-online.target",
        "After=network-online.target",
        "# Nobody visits a gateway to reset a counter: it is started again for ever.",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "Type=notify",
        "NotifyAccess=main",
        f"ExecStart={program} run -c {config}",
        "# A configuration that cannot be used fails the reload with its sentence, and nothing is told.",
        f"ExecReload={program} check -c {config}",
        "ExecReload=/bin/sh -c 'kill -HUP $MAINPID'",
        "Restart=always",
        "RestartSec=10s",
        f"WatchdogSec={service.watchdog_s}s",
        "TimeoutStartSec=60s",
        "TimeoutStopSec=15s",
        f"MemoryMax={service.memory_max_mb}M",
        "TasksMax=64",
        f"User={service.name}",
        f"Group={service.name}",
        f"SupplementaryGroups={' '.join(service.groups)}",
        f"StateDirectory={service.state}",
        "StateDirectoryMode=0700",
        *(f"LoadCredential={name}:{service.name}.{name}" for name in service.credentials),
        *_DENIED.split("\n"),
        *service.more,
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    )


def user_entry(service: Service) -> str:
    """The service's user for sysusers.d: no password, no shell, no group that it does not need."""
    lines = [f'u {service.name} - "{service.description}" /var/lib/{service.state} -']
    lines += [f"m {service.name} {group}" for group in service.groups]
    return "\n".join(lines) + "\n"
