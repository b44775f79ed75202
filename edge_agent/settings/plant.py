"""What the pipeline gets: every table joined with what it refers to, nothing left to look up."""

import string

from msgspec import Struct

from edge_agent.settings.air import Air
from edge_agent.settings.alarms import AlarmsTable, ChannelAlarms
from edge_agent.settings.calibration import CalibrationTable
from edge_agent.settings.checks import Checks
from edge_agent.settings.poll import PollTable
from edge_agent.settings.relations import Relation
from edge_agent.settings.tables import ClockTable, OutboxTable
from edge_agent.settings.watching import Detection
from sensor_profiles.model import Channel, Profile
from wire.broker import Broker, SecretError, secret


class Device(Struct, frozen=True):
    """A device as the pipeline sees it: its table joined with its profile, channels as they are here."""

    name: str
    link: str
    profile: Profile
    unit: int
    period_ms: int
    timeout_ms: int
    channels: tuple[Channel, ...]
    alarms: tuple[ChannelAlarms | None, ...] = ()
    """What is watched on each channel; empty when no channel has a table of its own."""
    checks: tuple[Checks, ...] = ()
    """How each channel is doubted; empty: as its quantity usually is."""
    password: str | None = None
    """A reference to the instrument's own password, see `wire.broker.secret`; None: the factory's."""
    calibrations: tuple[CalibrationTable, ...] = ()
    instrument: tuple[Channel, ...] = ()
    """Its channels before any calibration; empty: as `channels`."""
    origins: tuple[str, ...] = ()
    """What the profile calls its channels."""

    def plain_password(self) -> bytes:
        """What opens the instrument for reading; empty where its protocol has no password.

        Raises:
            SecretError: it is not there, or not of the form the instrument has.
        """
        factory = self.profile.password or ""
        if self.password is None:
            return bytes.fromhex(factory)
        own = secret(self.password)
        if len(own) != len(factory) or set(own) - set(string.hexdigits):
            raise SecretError(
                f"device {self.name}: {self.password} is not {len(factory)} hexadecimal digits, "
                f"as the password of {self.profile.name}"
            )
        return bytes.fromhex(own)


class Link(Struct, frozen=True):
    """A link as the pipeline sees it; serial settings are complete."""

    name: str
    port: str | None
    baud: int
    bytesize: int
    parity: str
    stopbits: int
    host: str | None
    tcp_port: int
    rtu_over_tcp: bool
    dead_share: float


class Plant(Struct, frozen=True):
    """Everything the agent needs to run."""

    site: str
    site_class: str
    site_title: str
    gateway: str
    log_level: str
    broker: Broker
    outbox: OutboxTable
    clock: ClockTable
    links: tuple[Link, ...]
    devices: tuple[Device, ...]
    alarms: AlarmsTable = AlarmsTable()
    relations: tuple[Relation, ...] = ()
    poll: PollTable = PollTable()
    air: Air = Air()
    detection: Detection = Detection()
    site_titles: dict[str, str] = {}
    """By language, where they are written so."""
