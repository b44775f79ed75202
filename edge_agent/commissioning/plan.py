"""What a scan asks, in which order, and how long that takes. Pure arithmetic.

    settings (most likely first) × units (factory addresses first) ─▶ seconds, told in advance

An address where nobody is costs the whole patience; one that answers costs less, so that the time is that of
an empty line and of what each device takes besides.
"""

from collections.abc import Iterable, Sequence
from itertools import chain, product
from typing import Final

from msgspec import Struct

from edge_agent.settings import Link
from sensor_profiles.model import Profile

BAUDS: Final = (9600, 19200, 4800, 115200, 38400, 57600, 2400, 1200)
"""By how often they are met; the standard's own 19200 8E1 is rare in the field."""
PARITIES: Final = ("N", "E", "O")
_PARITY_WEIGHT: Final = 3
"""Another parity is as unlikely as three steps along the baud rates."""
UNITS: Final = range(1, 248)
"""Addresses of a Modbus serial line (MODBUS over Serial Line V1.02, §2.2)."""
SERIAL_WAIT_S: Final = 0.2
"""How long an address is waited for on a serial line; who answers later is recognised and asked again."""
TCP_WAIT_S: Final = 0.3
LISTEN_S: Final = 1.2
"""How long a line is listened to before the first request: another master or a streaming instrument shows."""
REQUEST_BYTES: Final = 8
SHORTEST_ANSWER_BYTES: Final = 7
"""To a read of one register: unit, function, count, register, CRC."""
TURNAROUND_S: Final = 0.03
"""What an instrument and its adapter take between a request and its answer."""
_IDENTITY_BYTES: Final = 60


class LineSetting(Struct, frozen=True):
    """How bytes travel on a serial line."""

    baud: int
    parity: str = "N"
    bytesize: int = 8
    stopbits: int = 1

    @property
    def byte_s(self) -> float:
        """Seconds a byte takes: start bit, data, parity, stop bits."""
        return (1 + self.bytesize + (self.parity != "N") + self.stopbits) / self.baud

    def __str__(self) -> str:
        return f"{self.baud} {self.bytesize}{self.parity}{self.stopbits}"


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where devices are: a serial port, or a TCP host."""

    port: str | None = None
    host: str | None = None
    tcp_port: int = 502
    rtu_over_tcp: bool = False

    def __str__(self) -> str:
        return self.port or f"{self.host}:{self.tcp_port}"

    def link(self, setting: LineSetting | None) -> Link:
        """As a driver's port wants it; None for TCP."""
        line = setting or LineSetting(9600)
        return Link(
            name=str(self),
            port=self.port,
            baud=line.baud,
            bytesize=line.bytesize,
            parity=line.parity,
            stopbits=line.stopbits,
            host=self.host,
            tcp_port=self.tcp_port,
            rtu_over_tcp=self.rtu_over_tcp,
            dead_share=0.1,
        )


def end_of(link: Link) -> tuple[Endpoint, LineSetting | None]:
    """Where a configured link leads, and how bytes travel on it."""
    where = Endpoint(
        port=link.port, host=link.host, tcp_port=link.tcp_port or 502, rtu_over_tcp=link.rtu_over_tcp
    )
    serial = LineSetting(link.baud, link.parity, link.bytesize, link.stopbits)
    return where, None if link.host is not None else serial


class Estimate(Struct, frozen=True):
    """Seconds: for all addresses as if nobody answered, and what each device that does adds."""

    empty_s: float
    device_s: float

    def with_devices(self, count: int) -> float:
        return self.empty_s + count * self.device_s


def settings(bauds: Iterable[int], parities: Iterable[str], stopbits: int = 1) -> tuple[LineSetting, ...]:
    """Every combination, the most likely first."""
    both = (LineSetting(baud, parity, 8, stopbits) for baud, parity in product(bauds, parities))
    return tuple(sorted(both, key=_unlikely))


def _unlikely(setting: LineSetting) -> tuple[int, int]:
    rank = BAUDS.index(setting.baud) if setting.baud in BAUDS else len(BAUDS)
    return rank + _PARITY_WEIGHT * PARITIES.index(setting.parity), rank


def order(units: Sequence[int], profiles: Iterable[Profile]) -> tuple[int, ...]:
    """Addresses that instruments leave the factory with, then the others as they come; each once."""
    factory = sorted({profile.unit for profile in profiles} & set(units))
    return tuple(dict.fromkeys(chain(factory, units)))


def patience_s(wait_s: float, setting: LineSetting | None, answer_bytes: int) -> float:
    """How long one request is waited for: the device's time and that of the bytes; None: TCP."""
    return wait_s + (0.0 if setting is None else (REQUEST_BYTES + answer_bytes) * setting.byte_s)


def estimate(
    units: int, lines: Sequence[LineSetting | None], wait_s: float, probes: Sequence[int]
) -> Estimate:
    """How long a scan takes on a healthy line.

    Args:
        units: how many addresses.
        lines: the settings they are asked at; `[None]` for TCP.
        wait_s: how long each is waited for.
        probes: data bytes of each read that a device found is asked to tell what it is.
    """
    empty_s = sum(LISTEN_S + units * patience_s(wait_s, line, SHORTEST_ANSWER_BYTES) for line in lines)
    sizes = [_IDENTITY_BYTES, _IDENTITY_BYTES, *(size + REQUEST_BYTES for size in probes)]
    first = lines[0]
    each_s = [
        TURNAROUND_S + (0.0 if first is None else (REQUEST_BYTES + size) * first.byte_s) for size in sizes
    ]
    return Estimate(empty_s, sum(each_s))


def parse_numbers(text: str, allowed: range) -> tuple[int, ...]:
    """Read `1-20,24,247`.

    Raises:
        ValueError: what is wrong, in words.
    """
    numbers: list[int] = []
    for part in text.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            raise ValueError(f"`{part.strip()}` is no number or range; write for example 1-20,24")
        numbers += range(int(low), int(high or low) + 1)
    if outside := [n for n in numbers if n not in allowed]:
        raise ValueError(f"{outside[0]} is outside {allowed.start}–{allowed.stop - 1}")
    if not numbers:
        raise ValueError(f"`{text}` names none; the lower number comes first, as in 1-20")
    return tuple(dict.fromkeys(numbers))
