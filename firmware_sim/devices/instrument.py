"""A simulated instrument: what it measures now, how its bytes are laid out, what is wrong with its line."""

from collections.abc import Callable, Iterator, Mapping
from typing import Literal, Protocol

from msgspec import Struct

from firmware_sim.devices.image import Layout
from firmware_sim.faults import Delivery, LineFaults, Strike
from sensor_profiles.model import Profile
from wire.messages import Value


class Served(Struct, frozen=True):
    """One answer that has left the instrument: the ground truth for whoever read it.

    `t_ms` is when the values were taken (wall clock, milliseconds UTC). `mode` is `asked` for the answer to
    a request; each clean one was waited for, so a correct agent has it. `stream` is every frame of an
    instrument that also sends unasked: a reading must agree with one, but not each becomes a reading.
    `values` holds each channel whose field lay wholly in the answer, as a correct reader decodes it; None
    where the instrument said that it has no value (sentinel, NaN, infinity, a status that is not good).
    Reported once its last byte is on the wire; whether somebody was still listening cannot be known here.
    Requests without an answer (silence, exceptions) are not reported: nothing was served.
    """

    site: str
    device: str
    t_ms: int
    mode: Literal["asked", "stream"]
    values: Mapping[str, Value]
    delivery: Delivery = Delivery.CLEAN


class Instrument:
    """One instrument on a line; its values are asked for at each request.

    Attributes:
        faults: arm and disarm while it runs.
        requests: frames addressed to it, understood or not.
        writes_attempted: requests that would have changed something, or that it does not know. The agent only
            reads, so this stays 0.
    """

    def __init__(
        self,
        *,
        site: str,
        name: str,
        profile: Profile,
        values: Callable[[], Mapping[str, Value]],
        unit: int | None = None,
        faults: LineFaults | None = None,
        on_served: Callable[[Served], None] | None = None,
        holes_refused: bool = False,
        streaming: bool = True,
    ) -> None:
        """Put an instrument together.

        Args:
            site: the site it stands at, for `Served` only.
            name: the device's name there, likewise.
            profile: what it is.
            values: profile channel → engineering value now; absent or None: a broken sensor.
            faults: what is wrong with its line; none by default.
            unit: its address; None is the factory's.
            on_served: told of each answer once it is on the wire.
            holes_refused: refuse every block that touches an address no field uses.
            streaming: protocols that can send unasked (dust) do so.
        """
        self.site = site
        self.name = name
        self.profile = profile
        self.unit = profile.unit if unit is None else unit
        self.values = values
        self.faults = faults or LineFaults()
        self.on_served = on_served
        self.streaming = streaming
        self.layout = Layout(profile, holes_refused=holes_refused)
        self.requests = 0
        self.writes_attempted = 0

    def served(
        self, t_ms: int, mode: Literal["asked", "stream"], values: Mapping[str, Value], strike: Strike
    ) -> Served:
        """The report of an answer with these values."""
        return Served(self.site, self.name, t_ms, mode, values, strike.delivery)


class Reply(Struct, frozen=True):
    """Bytes for the wire: when, and what to report once they are on it."""

    data: bytes
    delay_ms: int = 0
    instrument: Instrument | None = None
    served: Served | None = None

    def report(self) -> None:
        """Tell the instrument's listener, if there is anything to tell."""
        if self.served is not None and self.instrument is not None and self.instrument.on_served is not None:
            self.instrument.on_served(self.served)


class Speaker(Protocol):
    """One protocol as the instruments of a line (or a connection) speak it: bytes in, replies out, no I/O.

    Each protocol is a file of this folder with a function `speaker(instruments) -> Speaker`.
    """

    @property
    def lost(self) -> bool:
        """Nobody can find the next request in this stream any more: the connection is to be closed."""

    def hear(self, data: bytes, t_ms: int) -> Iterator[Reply]:
        """Take bytes as they come, in any pieces; whatever is no request is skipped."""

    def speak(self, t_ms: int) -> Iterator[Reply]:
        """What is sent unasked, once a second."""
