"""Polling: every device at its instants of the wall clock, each link on its own, healthy devices first.

    grid, burst (when) ─▶ blocks (what) ─▶ budget (whom) ─▶ bus (how) ─▶ RawScan
                              └──────────── link: one task, one queue ────────────┘

`grid`, `burst`, `blocks`, `budget` and `polled` decide without input or output; `bus` and `link` do the
waiting.
"""

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from edge_agent.drivers._openers import port_of
from edge_agent.poll.bell import Bell
from edge_agent.poll.link import LinkPoller
from edge_agent.samples import Instant, RawScan
from edge_agent.settings import Device, Link, PollTable
from wire.messages import LinkStatus

STOP_S = 2.0
"""How long requests under way may still take after `stop`."""


class Poller:
    """Polls all devices of a gateway until it is told to stop."""

    def __init__(
        self,
        links: Sequence[Link],
        devices: Sequence[Device],
        now: Callable[[], Instant],
        sink: Callable[[RawScan], None],
        rng: random.Random,
        *,
        poll: PollTable = PollTable(),  # noqa: B008  # frozen
        owed: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Prepare everything; nothing is opened yet.

        Args:
            links: the ways to the devices.
            devices: each names its link.
            now: both clocks at once.
            sink: takes every scan as soon as it is complete; must not block.
            rng: spreads the reconnection attempts.
            poll: how fast devices are polled that were given to `hurry`.
            owed: where a poller before this one stopped, see `owed`.

        Raises:
            UnknownProtocolError: a profile's protocol has no driver.
        """
        self._bell = Bell(now)
        self._links = [
            LinkPoller(
                link=link,
                devices=[device for device in devices if device.link == link.name],
                port=port_of(link, rng, lends=True),
                bell=self._bell,
                now=now,
                sink=sink,
                poll=poll,
                owed=owed,
            )
            for link in links
        ]
        self._link_of = {
            device.name: link for link in self._links for device in devices if device.link == link.link.name
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until `stop` is set; returns within `STOP_S` and a little, with everything closed."""
        async with asyncio.TaskGroup() as group:
            keepers = [
                group.create_task(link.port.keep_open(), name=f"link[{link.link.name}].port")
                for link in self._links
            ]
            pollers = [
                group.create_task(link.serve(), name=f"link[{link.link.name}].poll") for link in self._links
            ]
            await stop.wait()
            self._bell.stop()
            if pollers:
                await asyncio.wait(pollers, timeout=STOP_S)
            for task in (*pollers, *keepers):
                task.cancel()

    def hurry(self, device: str) -> None:
        """Poll a device faster for a while, because something looks wrong; to be called on the loop.

        Each call prolongs the burst. What limits it stands in `edge_agent.poll.burst`; scans of a burst go to
        the sink like any other.

        Raises:
            KeyError: no device has this name.
        """
        self._link_of[device].hurry(device)

    def owed(self) -> dict[str, int]:
        """Device → its next tick without a scan, wall ms: where a poller that follows this one goes on."""
        return {device: due_ms for link in self._links for device, due_ms in link.owed().items()}

    def is_moving(self, now: Instant) -> bool:
        """Whether every link goes on polling, be it in vain; False for good when one hangs."""
        return all(link.is_moving(now) for link in self._links)

    def link_status(self) -> tuple[LinkStatus, ...]:
        """How every link is, in the order of the configuration."""
        return tuple(link.status() for link in self._links)

    def silent_devices(self) -> tuple[str, ...]:
        """Devices whose last poll brought nothing, whatever the cause."""
        return tuple(name for link in self._links for name in link.silent())
