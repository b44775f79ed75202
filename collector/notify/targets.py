"""Where webhooks may go.

An address is judged after its name was resolved, and that address is connected to: a name that changes its
mind in between gains nothing.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, Literal

Targets = Literal["public", "private", "any"]
Address = IPv4Address | IPv6Address
_METADATA: Final = frozenset(
    map(ip_address, ("169.254.169.254", "100.100.100.200", "192.0.0.192", "fd00:ec2::254"))
)
"""Where clouds (AWS, Alibaba, Oracle) tell a machine its own keys; in no network that anybody owns."""
_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses behind a translator (RFC 6052)."""


class ForbiddenTargetError(ValueError):
    """An address webhooks may not go to; one sentence which and what to do."""


def is_allowed(address: Address, targets: Targets) -> bool:
    """Whether webhooks may go to an address: the internet, also the own network, or also this machine."""
    plain = _meant(address)
    if targets == "any" or (plain.is_global and plain not in _METADATA):
        return True
    is_machine = (
        plain in _METADATA
        or plain.is_loopback
        or plain.is_link_local
        or plain.is_unspecified
        or plain.is_multicast
    )
    return targets == "private" and not is_machine


def _meant(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does: mapped, 6to4, or translated."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or address


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
