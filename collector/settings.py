"""The collector's configuration: `config/collector.toml`, parsed once into frozen structs."""

from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from collector.duty import NotifyTable, see_zone
from wire import config_file
from wire.broker import Broker
from wire.messages import Name
from wire.quantities import Quantity
from wire.titles import Title


class SqliteStore(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="sqlite", tag_field="kind"
):
    path: str = "/var/lib/ulba/collector/readings.db"


class InfluxStore(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="influx", tag_field="kind"
):
    """InfluxDB, or anything that speaks its protocol.

    `api = "v1"` writes to `/write`, `"v2"` to `/api/v2/write` through influxdb-client; both read by InfluxQL.
    """

    url: str = "http://127.0.0.1:8086"
    api: Literal["v1", "v2"] = "v1"
    database: str = "ulba"
    """v1: database; v2: bucket."""
    org: str = ""
    username: str | None = None
    password: str | None = None
    token: str | None = None
    """Secrets are references: env:NAME or credential:NAME."""
    timeout_s: Annotated[float, Meta(gt=0)] = 10.0


class StateTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    url: str = "sqlite:////var/lib/ulba/collector/state.db"
    """A SQLAlchemy URL: the ledger and the quarantine live there."""


Minutes = Annotated[float, Meta(ge=0)]


class Words(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One text for people, in each language."""

    ru: str
    kk: str
    en: str


class AlarmKind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an alarm of a code is due and means; see `collector.alarms.kinds`."""

    code: str
    quantity: Quantity | None = None
    """Only where the channel measures this."""
    site_class: Name | None = None
    """Only at sites of this class."""
    priority: Annotated[int, Meta(ge=1, le=4)] | None = None
    """None: the gateway's own."""
    cause: Words | None = None
    consequence: Words | None = None
    action: Words | None = None


class Suppression(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alarms that nobody is bothered with while something else holds at their gateway."""

    during: Literal["maintenance", "off", "gateway_silent"]
    """The site's operating mode, or that its gateway is silent."""
    codes: tuple[str, ...] = ()
    """Empty: all but the cause itself."""
    sites: tuple[Name, ...] = ()
    """Empty: at every site."""


class AlarmsTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    realarm_min: tuple[Minutes, Minutes, Minutes, Minutes] = (60, 240, 0, 0)
    """Minutes, by priority, after which an acknowledged alarm that still stands calls again; 0: never."""
    nag_min: tuple[Minutes, Minutes, Minutes, Minutes] = (5, 15, 0, 0)
    """Minutes, by priority, after which an alarm that nobody acknowledges calls again; 0: never.

    The waits double until it calls each hour.
    """
    latching: tuple[str, ...] = ()
    """Codes of alarms that stay after their end until somebody resets them."""
    shelve_most_h: Annotated[float, Meta(gt=0, le=168)] = 24
    """Hours for which an alarm may be shelved."""
    kind: tuple[AlarmKind, ...] = ()
    suppress: tuple[Suppression, ...] = ()


class AirLimit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A maximum single concentration that a centre goes by, mg/m³."""

    quantity: Quantity
    single: Annotated[float, Meta(gt=0)]
    source: str
    """The act it stands in, with its date."""


PointName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}\Z")]
Positive = Annotated[float, Meta(gt=0)]


class BoilerHouse(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is watched at a boiler house; points are `device/channel`."""

    site: Name
    supply: PointName | None = None
    outdoor: PointName | None = None
    schedule: Annotated[tuple[tuple[float, float], ...], Meta(min_length=2)] | None = None
    """Points of outdoor and supply temperature, °C."""
    tolerance: Positive = 3
    """K to either side."""
    over_min: Positive = 30
    """Minutes over which both temperatures are averaged."""
    fuel: PointName | None = None
    """The stock, in any unit."""
    fuel_days: Positive = 5
    makeup: PointName | None = None
    makeup_limit: Positive | None = None
    """In the channel's unit, as a mean of an hour: 0.25 % of the system's volume is usual."""


class RulesTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Alarms that the centre itself raises."""

    air: bool = True
    """Whether air posts are held against the maximum single concentrations."""
    air_levels: tuple[Positive, ...] = (1, 5, 10)
    """Multiples of the limit that are told apart."""
    limit: tuple[AirLimit, ...] = ()
    boiler_house: tuple[BoilerHouse, ...] = ()


class OidcTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Logging in through an OpenID Connect provider (authorisation code with PKCE)."""

    issuer: str | None = None
    """None: only with passwords."""
    client_id: str = "ulba"
    client_secret: str | None = None
    """A reference: env:NAME or credential:NAME; a public client has none."""
    scopes: tuple[str, ...] = ("openid", "profile", "email")
    name_claim: str = "preferred_username"
    roles_claim: str = "groups"
    roles: dict[str, str] = {}
    """Value of the roles claim → `role` or `role@group`; without any, an administrator gives the roles."""


class FeedTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The HTTP server: web console, API and event stream."""

    listen: str = "127.0.0.1:8080"
    public_url: str | None = None
    """As browsers reach it, such as https://ulba.example; cookies are then for this scheme."""
    trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    """Whose X-Forwarded-For and X-Forwarded-Proto are believed: addresses or networks."""
    zone: str = "Asia/Almaty"
    language: Literal["ru", "kk", "en"] = "ru"
    map: str | None = None
    """A GeoJSON file."""
    session_idle_min: Annotated[float, Meta(gt=0)] = 720
    session_most_h: Annotated[float, Meta(gt=0)] = 24
    oidc: OidcTable = OidcTable()


ALL_GROUPS: Final = "*"


class SiteTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known at the centre of a site: what people call it, who looks after it, where it is."""

    site: Name
    title: Title = ""
    """Empty: as its gateway calls it."""
    group: str = ""
    headline: Annotated[tuple[str, ...], Meta(max_length=4)] = ()
    """Channels, `channel` or `device/channel`, that its tile shows; none: those that say most."""
    lat: Annotated[float, Meta(ge=-90, le=90)] | None = None
    lon: Annotated[float, Meta(ge=-180, le=180)] | None = None


class WebhooksTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How alarms are told to programs; who wants to hear of them is in the state database."""

    source: Annotated[str, Meta(min_length=1)] = "/ulba"
    """`source` of the CloudEvents: tells this centre from others."""
    zone: str = "Asia/Almaty"
    targets: Literal["public", "private", "any"] = "private"
    """Where they may go: the internet, also private networks, also this machine."""
    timeout_s: Annotated[float, Meta(gt=0, le=60)] = 10.0
    give_up_h: Annotated[float, Meta(gt=0, le=720)] = 72

    def __post_init__(self) -> None:
        see_zone(self.zone)


class CollectorFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    client_id: str = "ulba-collector"
    broker: Broker = Broker()
    store: SqliteStore | InfluxStore = SqliteStore()
    state: StateTable = StateTable()
    alarms: AlarmsTable = AlarmsTable()
    rules: RulesTable = RulesTable()
    feed: FeedTable | None = None
    """None: no HTTP server."""
    sites: tuple[SiteTable, ...] = ()
    webhooks: WebhooksTable = WebhooksTable()
    notify: NotifyTable | None = None
    """None: no people are called."""


def load(path: Path) -> CollectorFile:
    """Read a configuration.

    Raises:
        ConfigError: the first thing that is wrong, in one sentence.
    """
    return config_file.load(path, CollectorFile)
