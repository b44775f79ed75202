"""How long a login must wait after failures; pure.

Three counts, each with its own patience: one name from one address (somebody guesses), one address (somebody
tries many names), one name (somebody guesses from many addresses: there the wait stays short, or a stranger
could keep a dispatcher out).
"""

from collections.abc import Mapping
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Final

from msgspec import Struct

FORGOTTEN_MS: Final = 3_600_000
"""Failures older than this count no more; nor those of a clock that was as far ahead and is set back."""


class Failures(Struct, frozen=True):
    """Failures in a row, and when the newest was (Unix ms)."""

    count: int
    last_ms: int


class Patience(Struct, frozen=True):
    """So many failures are free; then the wait doubles from a second up to a most."""

    free: int
    most_ms: int

    def wait_ms(self, known: Failures, now_ms: int) -> int:
        """Milliseconds still to wait before the next attempt."""
        age_ms = now_ms - known.last_ms
        over = known.count - self.free
        if over < 0 or abs(age_ms) > FORGOTTEN_MS:
            return 0
        return max(min(1000 << min(over, 30), self.most_ms) - max(age_ms, 0), 0)


def counts(name: str, address: str) -> dict[str, Patience]:
    """What is counted for an attempt, and how patiently."""
    origin = _origin(address)
    return {
        f"both {name} {origin}"[:200]: Patience(free=5, most_ms=900_000),
        f"address {origin}"[:200]: Patience(free=20, most_ms=900_000),
        f"name {name}"[:200]: Patience(free=20, most_ms=30_000),
    }


def _origin(address: str) -> str:
    """Who is behind an address: of IPv6 everybody has 64 bits to choose from (RFC 6177)."""
    try:
        known = ip_address(address)
    except ValueError:
        return address
    if isinstance(known, IPv4Address):
        return str(known)
    return str(known.ipv4_mapped or IPv6Network((known, 64), strict=False))


def wait_ms(patience: Mapping[str, Patience], known: Mapping[str, Failures], now_ms: int) -> int:
    """Milliseconds still to wait: the longest of all counts."""
    return max((patience[who].wait_ms(failures, now_ms) for who, failures in known.items()), default=0)


def failed(known: Failures | None, now_ms: int) -> Failures:
    """After one more failure."""
    if known is None or abs(now_ms - known.last_ms) > FORGOTTEN_MS:
        return Failures(1, now_ms)
    return Failures(known.count + 1, now_ms)
