"""Rows for the validators: channels of one device, a minute apart, and what became of them."""

import random
from collections.abc import Iterable, Sequence

from edge_agent.samples import DecodedScan, Instant
from edge_agent.settings import Device
from edge_agent.settings.checks import Checks, usual
from edge_agent.validate import Validator
from sensor_profiles.model import Channel, Encoding
from tests.edge_agent import plant
from tests.edge_agent.written import channel, field
from wire.messages import Clock, Quality, Value
from wire.quantities import Quantity

MINUTE_MS = 60_000
WALL_MS = 1_700_000_000_000
Q = Quality


def temperature(name: str = "t") -> Channel:
    return channel(field(Encoding.F32), name)


def scan(minute: float, values: Sequence[Value], device: str = "d", **faults: Quality) -> DecodedScan:
    """`faults` are `c0=…`, `c1=…`, by the index of the channel."""
    since_boot = round(minute * MINUTE_MS)
    taken = Instant(WALL_MS + since_boot, since_boot)
    return DecodedScan(device, taken, tuple(values), {int(key[1:]): why for key, why in faults.items()})


def marks(
    validator: Validator, values: Iterable[Value], start: float = 0.0, step: float = 1.0
) -> list[Quality | None]:
    """What becomes of the only channel of a device, row by row."""
    return [
        validator.validate(scan(start + step * n, (value,)), Clock.SYNCED).quality.get(0)
        for n, value in enumerate(values)
    ]


def usual_day(n: int, mean: float = 60.0, spread: float = 0.3, seed: int = 1) -> list[float]:
    """An ordinary signal: noise about a level."""
    rng = random.Random(seed)
    return [round(mean + rng.gauss(0, spread), 3) for _ in range(n)]


def taught(channel_: Channel | None = None, checks: Checks | None = None, rows: int = 64) -> Validator:
    """A validator of one channel that has seen ordinary operation about 60, up to minute `rows` − 1."""
    known = channel_ or temperature()
    validator = Validator((known,), (checks or usual(known),))
    assert set(marks(validator, usual_day(rows))) == {None}
    return validator


def device(name: str, channels: Sequence[Channel], checks: Sequence[Checks] = ()) -> Device:
    bare = plant.device(name, period_ms=MINUTE_MS)
    return Device(
        name,
        bare.link,
        bare.profile,
        bare.unit,
        MINUTE_MS,
        bare.timeout_ms,
        tuple(channels),
        (),
        tuple(checks),
    )


def flow(name: str = "g") -> Channel:
    return channel(field(Encoding.F32), name, quantity=Quantity.MASS_FLOW)
