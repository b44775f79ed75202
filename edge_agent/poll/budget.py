"""What devices that do not answer may cost: a share of the line's time, measured in time on the line.

A bucket of seconds. With share s and capacity c, at any moment

    credit ← min(c, credit + s · elapsed)      as time goes by
    credit ← credit − spent                    for a request without answer, its quiet time included

and a device known to be dead is asked only while credit ≥ what it will cost. Hence in any stretch of T
seconds the dead ones take at most s · T + c. The capacity is the larger of one request of the most
expensive device (else it could never be asked again) and the share of the shortest period. The first
failures of a healthy device are not refused but are booked as well: credit may fall below zero, and the
dead ones wait longer.

Who was turned away waits in a queue, and only its head is served: without it a cheap dead device that is
due every second would use the credit up before an expensive one that is due every minute. Nobody starves;
the price is that the queue may stand until its head is due.

Devices are asked healthy ones first, in the order of the configuration, then the dead ones, the longest
unasked first.
"""

from collections.abc import Iterable
from typing import Protocol, TypeVar


class Budget:
    """The bucket of one line; times are seconds of a steady clock."""

    def __init__(self, share: float, capacity_s: float, now_s: float) -> None:
        self._share = share
        self._capacity_s = capacity_s
        self._credit_s = capacity_s
        self._at_s = now_s
        self._queue: list[str] = []

    def affords(self, who: str, cost_s: float, now_s: float) -> bool:
        """Whether a request to this dead device may be made now; if not, it has its place in the queue."""
        earned = self._share * (now_s - self._at_s)
        self._credit_s = min(self._capacity_s, self._credit_s + earned)
        self._at_s = now_s
        if who not in self._queue:
            self._queue.append(who)
        if self._queue[0] != who or self._credit_s < cost_s:
            return False
        self._queue.pop(0)
        return True

    def spend(self, cost_s: float) -> None:
        """Book the time of a request that brought no answer."""
        self._credit_s -= cost_s


class Patient(Protocol):
    """What the order needs to know of a device."""

    alive: bool
    asked_s: float


P = TypeVar("P", bound=Patient)


def order(devices: Iterable[P]) -> list[P]:
    """Healthy devices first as they come, then dead ones, the longest unasked first."""
    return sorted(devices, key=lambda device: (not device.alive, 0.0 if device.alive else device.asked_s))
