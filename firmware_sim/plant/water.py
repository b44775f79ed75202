"""The water of the network: who pumps it, which branches it runs through, where it is lost.

    pumps ─▶ circulation ─▶ branches ─▶ return        mains ─▶ pumps, make-up
    hole ─▶ loss ─▶ make-up (as far as its pumps can) ─▶ pressure

All shares are of what is ordinary.
"""

import numpy as np
from msgspec import Struct

from firmware_sim.plant.calendar import DAY_S, LOCAL_OFFSET_S
from firmware_sim.plant.events import Events, Kind
from firmware_sim.plant.noise import Array
from firmware_sim.plant.size import Size

BRANCHES = (0.5, 0.3, 0.2)
"""How the flow is divided while all branches are open."""

_COASTS_S, _SPINS_UP_S = 12.0, 20.0
_FREEZES_S, _COOLS_S, _THAWS_S = 600.0, 3000.0, 3600.0
_OPENS_S, _MENDED_S = 45.0, 600.0
_SAGS_S = 5400.0
_WEEK_S = 7 * DAY_S
_CHANGEOVER_S = 5 * DAY_S + 10 * 3600 - LOCAL_OFFSET_S
"""After Thursday midnight UTC: Tuesday, 10:00 local time, when somebody is there to do it."""
_TOGETHER_S = 180.0
_LEAST_PRESSURE = 0.06


class Circulation(Struct, frozen=True):
    """How the water moves at some instants."""

    pumping: Array  # share of the pumps' speed
    flow: Array  # share of the network flow
    branches: tuple[Array, ...]  # share of the network flow, each
    mains: Array  # share of the mains' power
    duty: Array  # 0 or 1: which pump runs
    both: Array  # 1 while both run


class Loss(Struct, frozen=True):
    """Water that leaves the network through holes at some instants."""

    escaping: Array  # t/h, beside what always drips
    made_up: Array  # t/h of it that the make-up pumps replace
    pressure: Array  # share of the static pressure that is left


def circulation(times: Array, events: Events) -> Circulation:
    """Pumps, mains and branches."""
    since, mains = (times - _CHANGEOVER_S) / _WEEK_S, _mains(times, events)
    both = (since % 1.0 < _TOGETHER_S / _WEEK_S).astype(np.float64)
    pumping = mains * np.maximum(0.0, events.left(times, Kind.PUMP_STOP, _COASTS_S, _SPINS_UP_S))
    pumping = pumping * (1 + 0.03 * both)
    opened = [share * (1 - blocked(times, events, n)) for n, share in enumerate(BRANCHES, 1)]
    flow = pumping * (1 - 0.85 * (1 - sum(opened)))
    parts = np.maximum(sum(opened), 1e-9)
    return Circulation(
        pumping, flow, tuple(flow * part / parts for part in opened), mains, np.floor(since) % 2, both
    )


def loss(times: Array, events: Events, size: Size) -> Loss:
    """Holes, and what the pressure makes of them.

    A hole loses with the root of the pressure; the make-up holds the pressure with a droop, and no longer
    when it gives all it can.
    """
    hole = events.sum(times, Kind.BURST, _OPENS_S, _MENDED_S)
    for leak in events.of(Kind.SLOW_LEAK):
        hole = hole + leak.level * leak.opened(times, _MENDED_S)
    mains = _mains(times, events)
    sagged = 0.35 * events.felt(times, Kind.POWER_OUTAGE, _SAGS_S, _MENDED_S)
    pressure = np.maximum(_LEAST_PRESSURE, (1 - sagged) / (1 + 0.35 * hole))
    escaping = size.make_up_most * hole * np.sqrt(pressure)
    return Loss(escaping, mains * np.minimum(size.make_up_most, escaping), pressure)


def _mains(times: Array, events: Events) -> Array:
    """1 with power; pumps run out and up with their own lag."""
    return 1 - events.felt(times, Kind.POWER_OUTAGE, _COASTS_S, _SPINS_UP_S)


def blocked(times: Array, events: Events, branch: int) -> Array:
    """How far the water of a branch stands, 0…1."""
    frozen = events.at_branch(branch)
    return 1 - np.maximum(0.0, frozen.left(times, Kind.FROZEN_BRANCH, _FREEZES_S, _THAWS_S))


def cooled(times: Array, events: Events, branch: int) -> Array:
    """How far the standing water of a branch has come towards the frost outside, 0…1."""
    frozen = events.at_branch(branch)
    return 1 - np.maximum(0.0, frozen.left(times, Kind.FROZEN_BRANCH, _COOLS_S, _THAWS_S))
