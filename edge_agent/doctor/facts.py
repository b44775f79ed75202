"""What doctor has seen, judged by nobody yet. Times are Unix ms, sizes bytes; None: could not be seen."""

from enum import StrEnum

from msgspec import Struct

from edge_agent.health.record import Record
from edge_agent.outbox.overview import Overview
from edge_agent.settings import Plant
from wire.systemd.machine import ServiceState


class Config(Struct, frozen=True, kw_only=True):
    """The configuration in use."""

    file: str
    error: str = ""
    plant: Plant | None = None
    version: int = 0
    """Of one that the collector has sent; 0: the gateway's own file."""


class Agent(Struct, frozen=True, kw_only=True):
    """The process, and its last word of itself."""

    user: str
    """Who runs it, or would."""
    pid: int = 0
    """0: it does not run."""
    record: Record | None = None


class Clock(Struct, frozen=True, kw_only=True):
    synchronised: bool
    """What the kernel says."""


class Disk(Struct, frozen=True, kw_only=True):
    """The file system of the outbox."""

    folder: str
    error: str = ""
    free: int = 0
    inodes_left: bool = True
    read_only: bool = False
    writable: bool = True
    """By the agent's user."""
    set_aside: int = 0
    """Damaged outboxes that lie there."""


class Outbox(Struct, frozen=True, kw_only=True):
    path: str
    exists: bool = True
    error: str = ""
    overview: Overview | None = None


class Trouble(StrEnum):
    """Where the way to the broker ends."""

    NONE = ""
    NO_SUCH_NAME = "no_such_name"
    REFUSED = "refused"
    SILENT = "silent"
    UNREACHABLE = "unreachable"
    FILE = "file"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET = "certificate_not_yet"
    CERTIFICATE_NAME = "certificate_name"
    CERTIFICATE_UNKNOWN = "certificate_unknown"
    NO_TLS = "no_tls"
    NO_SECRET = "no_secret"  # noqa: S105 - no password
    LOGIN = "login"
    NO_MQTT = "no_mqtt"
    READ_DENIED = "read_denied"
    WRITE_DENIED = "write_denied"


class Broker(Struct, frozen=True, kw_only=True):
    """How far an attempt of our own came, under an identifier that does not disturb the agent's."""

    host: str
    port: int
    user: str | None = None
    trouble: Trouble = Trouble.NONE
    detail: str = ""
    """What the library or the server said."""
    expires_ms: int | None = None
    """When the broker's certificate ends; None without TLS."""
    may_write: bool | None = None
    """Whether it let us publish a batch, as far as MQTT 3.1.1 tells; None: there was none to publish."""
    receipt: bool | None = None
    """Whether the collector has answered that batch; None: none was sent."""
    collector_ms: int = 0
    """What the collector's clock showed in that answer; 0: no answer, or it did not say."""
    heard_ms: int = 0
    """What ours showed when the answer came."""


class Port(Struct, frozen=True, kw_only=True):
    """A serial port of the configuration."""

    link: str
    path: str
    exists: bool
    is_device: bool = True
    is_stable: bool = True
    """Its name stays when the adapter is plugged elsewhere."""
    stable_name: str = ""
    """Another name of it that does."""
    others: tuple[str, ...] = ()
    """Adapters that are there."""
    usable: bool = True
    """By the agent's user."""
    group: str = ""
    holder: str = ""
    held_by_agent: bool = False
    borrower: str = ""


class Probe(Struct, frozen=True, kw_only=True):
    """A device that was read once by doctor itself."""

    device: str
    blocks: int = 0
    answered: int = 0
    fault: str = ""
    """Of the first block that brought nothing: a quality."""
    error: str = ""
    """Why the line could not be used at all."""


class Facts(Struct, frozen=True, kw_only=True):
    """Everything; what depends on a configuration is None without one."""

    now_ms: int
    config: Config
    agent: Agent
    clock: Clock
    service: ServiceState | None = None
    service_error: str = ""
    has_systemd: bool = False
    disk: Disk | None = None
    outbox: Outbox | None = None
    broker: Broker | None = None
    ports: tuple[Port, ...] = ()
    probes: tuple[Probe, ...] | None = None
    """None: not asked for."""
