"""Passwords: argon2id as RFC 9106 and OWASP advise for servers with little memory (19 MiB, two passes)."""

import secrets
import threading
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from argon2 import PasswordHasher

LEAST_LENGTH: Final = 10
MOST_LENGTH: Final = 256
_one_at_a_time: Final = threading.Lock()
"""Each hash takes 19 MiB and 20 ms: many logins at once must not add up."""


class WeakPasswordError(ValueError):
    """One sentence why a password is not taken."""


def hashed(password: str) -> str:
    """A password as it is kept.

    Raises:
        WeakPasswordError: too short or too long.
    """
    if not LEAST_LENGTH <= len(password) <= MOST_LENGTH:
        raise WeakPasswordError(f"a password has {LEAST_LENGTH} to {MOST_LENGTH} characters")
    with _one_at_a_time:
        return _hasher().hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Whether a password is the one that is kept; takes as long where there is none to compare with."""
    from argon2.exceptions import InvalidHashError, VerificationError  # noqa: PLC0415 - as below

    with _one_at_a_time:
        try:
            _hasher().verify(kept or _nobodys(), password[:MOST_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    return kept is not None and len(password) <= MOST_LENGTH


def drawn() -> str:
    """A password that nobody can guess: 20 letters and digits without look-alikes, in groups of five."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # noqa: PLC0415 - most commands need no password

    return PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobodys() -> str:
    """A hash that no password fits, with the same cost as any."""
    return _hasher().hash(secrets.token_hex(16))
