"""A device's tables in the configuration file: the text before becomes the text after. Pure.

New tables go to the end, so that every line that stands in the file stays as it is, comments included.
"""

import difflib
import re
from collections.abc import Sequence

import msgspec
import tomlkit
from msgspec import Struct
from tomlkit.exceptions import TOMLKitError

from edge_agent.commissioning.plan import Endpoint, LineSetting
from edge_agent.settings.tables import LinkTable
from sensor_profiles.model import Profile
from wire.config_file import ConfigError

_NO_NAME = re.compile(r"[^a-z0-9_-]+")


class NewLink(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `[[link]]` table; None is left out."""

    name: str
    port: str | None = None
    baud: int | None = None
    parity: str | None = None
    stopbits: int | None = None
    host: str | None = None
    tcp_port: int | None = None
    rtu_over_tcp: bool = False


class NewDevice(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A `[[device]]` table."""

    name: str
    link: str
    profile: str
    unit: int
    period_s: float = 60.0


def links_of(text: str, name: str) -> tuple[LinkTable, ...]:
    """The links a file has; `name` stands for it in errors.

    Raises:
        ConfigError: it is no TOML, or a link in it makes no sense.
    """
    try:
        tables = tomlkit.parse(text).unwrap().get("link", [])
        return msgspec.convert(tables, tuple[LinkTable, ...])
    except (TOMLKitError, msgspec.ValidationError) as error:
        raise ConfigError(f"{name}: {error}; correct it first: edge-agent check -c {name}") from None


def link_at(links: Sequence[LinkTable], where: Endpoint) -> LinkTable | None:
    """The link that already leads there."""
    for link in links:
        same_host = link.host is not None and (link.host, link.tcp_port or 502) == (
            where.host,
            where.tcp_port,
        )
        if same_host or (link.port is not None and link.port == where.port):
            return link
    return None


def contradiction(link: LinkTable, setting: LineSetting | None) -> str | None:
    """Why a device with this line setting cannot be on a link that is there; None: it can."""
    if setting is None or link.port is None:
        return None
    differing = [
        f"{key} {said} (asked for {wanted})"
        for key, said, wanted in (("baud", link.baud, setting.baud), ("parity", link.parity, setting.parity))
        if said is not None and said != wanted
    ]
    if not differing:
        return None
    return (
        f"the link `{link.name}` has {', '.join(differing)} and a line has one setting: set the "
        "instrument to it, or put it on a line of its own"
    )


def new_link(where: Endpoint, setting: LineSetting | None, taken: Sequence[str], name: str) -> NewLink:
    """The table of a link that is not there yet; an empty name is chosen."""
    if setting is None:
        return NewLink(
            name=name or free_name("lan", taken),
            host=where.host,
            tcp_port=where.tcp_port,
            rtu_over_tcp=where.rtu_over_tcp,
        )
    return NewLink(
        name=name or free_name("rs485", taken),
        port=where.port,
        baud=setting.baud,
        parity=None if setting.parity == "N" else setting.parity,
        stopbits=None if setting.stopbits == 1 else setting.stopbits,
    )


def free_name(wish: str, taken: Sequence[str]) -> str:
    """The name, with a number behind it where it is taken."""
    numbered = (wish if n == 1 else f"{wish}-{n}" for n in range(1, len(taken) + 2))
    return next(name for name in numbered if name not in taken)


def device_name(profile: Profile, unit: int, taken: Sequence[str]) -> str:
    """A device's name where nobody gave one: the first word of its model and its address."""
    word = _NO_NAME.sub("", profile.model.lower().split(",")[0].split()[0]) or "device"
    return free_name(f"{word}-{unit}".lstrip("_-"), taken)


def names_of(text: str, kind: str) -> tuple[str, ...]:
    """The names of all tables of a kind, `link` or `device`, in TOML that has been parsed before."""
    tables = tomlkit.parse(text).unwrap().get(kind, [])
    return tuple(str(table.get("name", "")) for table in tables if isinstance(table, dict))


def with_tables(text: str, link: NewLink | None, device: NewDevice) -> str:
    """The file with the new tables at its end; `link = []` and `device = []` make way for them."""
    added = [_table("link", link)] if link is not None else []
    before = _without_empty(text).rstrip("\n")
    return "\n\n".join(filter(None, [before, *added, _table("device", device)])) + "\n"


def _without_empty(text: str) -> str:
    """Only where it must: tomlkit gathers the tables of a kind that stand apart."""
    document = tomlkit.parse(text)
    empty = [key for key in ("link", "device") if key in document and not document[key]]
    for key in empty:
        del document[key]
    return tomlkit.dumps(document) if empty else text


def _table(kind: str, table: NewLink | NewDevice) -> str:
    values = {key: value for key, value in msgspec.to_builtins(table).items() if value is not None}
    written = tomlkit.table()
    written.update(values)
    document = tomlkit.document()
    tables = tomlkit.aot()
    tables.append(written)
    document.add(kind, tables)
    return tomlkit.dumps(document).strip("\n")


def diff(before: str, after: str, name: str) -> str:
    """What changes, as `diff -u` shows it."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), name, f"{name} (new)"
    )
    return "".join(lines)
