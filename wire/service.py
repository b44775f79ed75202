"""What systemd is told (sd_notify(3)); outside of systemd nothing happens."""

import os
import socket
from enum import StrEnum


class Say(StrEnum):
    """READY once, WATCHDOG more often than WatchdogSec, STOPPING once."""

    READY = "READY=1"
    WATCHDOG = "WATCHDOG=1"
    STOPPING = "STOPPING=1"


def notify(word: Say) -> None:
    """Tell the service manager; it may be gone, or too busy to listen, which harms nobody."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # an abstract socket
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.sendto(word.encode(), socket.MSG_DONTWAIT, address)
        except OSError:
            return
