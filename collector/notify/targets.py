"""Where webhooks may go.

An address is judged after its name was resolved, and that address is connected to: a name that changes its
mind in between gains nothing.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Literal

Targets = Literal["public", "private", "any"]
Address = IPv4Address | IPv6Address


class ForbiddenTargetError(ValueError):
    """An address webhooks may not go to; one sentence which and what to do."""


def is_allowed(address: Address, targets: Targets) -> bool:
    """Whether webhooks may go to an address: the internet, also the own network, or also this machine."""
    mapped = getattr(address, "ipv4_mapped", None)
    plain = mapped or address
    if targets == "any" or plain.is_global:
        return True
    is_machine = plain.is_loopback or plain.is_link_local or plain.is_unspecified or plain.is_multicast
    return targets == "private" and not is_machine


def chosen(host: str, addresses: Sequence[str], targets: Targets) -> str:
    """The address to connect to.

    Args:
        host: what was resolved.
        addresses: what it was resolved to, at least one.
        targets: where webhooks may go.

    Raises:
        ForbiddenTargetError: one of them is not allowed.
    """
    for address in addresses:
        if not is_allowed(ip_address(address.partition("%")[0]), targets):
            raise ForbiddenTargetError(
                f"{host} is {address}: webhooks may not go there with [webhooks] targets = {targets!r}"
            )
    return addresses[0]
