"""What a new configuration may change: at once, only with a restart, or only by hand. Decides; pure."""

from collections.abc import Mapping, Sequence
from operator import attrgetter
from types import MappingProxyType
from typing import Final

from edge_agent.settings import Plant

RESTART: Final[Mapping[str, str]] = MappingProxyType(
    {
        "site.name": "site",
        "site.class": "site_class",
        "gateway": "gateway",
        "outbox.path": "outbox.path",
        "outbox.max_mb": "outbox.max_mb",
        "clock.source": "clock.source",
    }
)
"""The key → where the plant has it: what readings are kept under; the outbox stays open through a change."""
BY_HAND: Final[Mapping[str, str]] = MappingProxyType(
    {
        "broker.password": "broker.password",
        "broker.ca_file": "broker.ca_file",
        "broker.client_certificate": "broker.client_certificate",
        "broker.client_key": "broker.client_key",
    }
)
"""Whom the gateway trusts, and which of its files it shows to whom, is not for a message to say."""


def needs_restart(old: Plant, new: Plant) -> tuple[str, ...]:
    """The keys that differ and are taken up by a restart only."""
    return _differing(RESTART, old, new)


def refused(old: Plant, new: Plant) -> tuple[str, ...]:
    """The keys that differ and that nobody may change from afar."""
    return _differing({**RESTART, **BY_HAND}, old, new)


def _differing(keys: Mapping[str, str], old: Plant, new: Plant) -> tuple[str, ...]:
    return tuple(key for key, place in keys.items() if attrgetter(place)(old) != attrgetter(place)(new))


def named(keys: Sequence[str]) -> str:
    """The keys for a sentence."""
    return ", ".join(f"`{key}`" for key in keys)
