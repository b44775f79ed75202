"""Serial ports: names, permissions, and who has them open. Opens none."""

import grp
import stat
from pathlib import Path
from typing import Final

from edge_agent.doctor.facts import Agent, Port
from edge_agent.doctor.machine import may
from edge_agent.drivers._holders import borrower, holder, holding
from edge_agent.drivers._openers import BY_ID
from edge_agent.settings import Link

_MOVES: Final = ("/dev/ttyUSB", "/dev/ttyACM")
"""Numbered in the order in which they are plugged in; the ports of a board keep their numbers."""
_READ_WRITE: Final = 6


def look(link: Link, agent: Agent) -> Port:
    """One port of the configuration."""
    path = Path(link.port or "")
    folder = path.parent if path.parent.name == BY_ID.name else BY_ID
    there = sorted(folder.glob("*"))
    try:
        found = path.stat()
    except OSError:
        others = tuple(str(entry) for entry in there)
        return Port(link=link.name, path=str(path), exists=False, others=others)
    pid = holding(path)
    return Port(
        link=link.name,
        path=str(path),
        exists=True,
        is_device=stat.S_ISCHR(found.st_mode),
        is_stable=not str(path).startswith(_MOVES),
        stable_name=next((str(entry) for entry in there if entry.resolve() == path.resolve()), ""),
        usable=may(agent.user, found, _READ_WRITE),
        group=_group(found.st_gid),
        holder=holder(path) or "",
        held_by_agent=pid != 0 and pid == agent.pid,
        borrower=borrower(path) or "",
    )


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return ""
