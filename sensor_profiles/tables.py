"""A profile as its file writes it, table by table, and how it becomes a `Profile`.

A channel is one flat table. `repeat = 8`, `step = 6` and `{n}` in the name write eight of them, `step`
addresses apart (`bit_step`: bits of one word), n from 1. `space` and `order` at the top of the file hold for
every field that does not say otherwise; an order that a short field cannot have becomes the one of its bytes:
f32 in `word_swap` stands beside u16 in `big`.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from sensor_profiles.gases import Share
from sensor_profiles.layout import SIZES
from sensor_profiles.model import (
    BITS,
    Channel,
    Encoding,
    Field,
    Order,
    Profile,
    SerialDefaults,
    Source,
    Space,
    StatusField,
    Timing,
)
from wire.config_file import Path_
from wire.quantities import Quantity
from wire.titles import Title, by_language, plain

Pattern = Annotated[str, Meta(pattern=r"^[a-z0-9{][a-z0-9_{}-]{0,62}\Z")]
"""A name, with `{n}` where it is repeated."""


class FieldTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What channels and statuses have in common."""

    name: Pattern
    space: Space | None = None
    address: Annotated[int, Meta(ge=0, le=65535)]
    byte: Annotated[int, Meta(ge=0, le=250)] | None = None
    bit: Annotated[int, Meta(ge=0, le=63)] | None = None
    mask: Annotated[int, Meta(ge=1)] | None = None
    encoding: Encoding
    order: Order | None = None
    size: Annotated[int, Meta(ge=1, le=250)] | None = None
    charset: str = "ascii"
    repeat: Annotated[int, Meta(ge=2, le=250)] | None = None
    step: Annotated[int, Meta(ge=1)] | None = None
    bit_step: Annotated[int, Meta(ge=1, le=63)] | None = None


class ChannelTable(FieldTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    quantity: Quantity
    title: Title = ""
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    sentinels: tuple[float, ...] = ()
    status: Pattern | None = None
    measured_in: Share | None = None


class StatusTable(FieldTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    good: tuple[int, ...] = (0,)
    meanings: dict[str, str] = {}


class SerialNumberTable(FieldTable, frozen=True, kw_only=True, forbid_unknown_fields=True):
    name: Pattern = "serial_number"


class ProfileFile(
    Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename={"channels": "channel", "statuses": "status", "sources": "source"},
):
    """The whole file; the meaning of the keys is told in `model`."""

    name: str
    vendor: str
    model: str
    title: str
    grade: Literal["A", "B", "C"]
    protocol: str
    unit: Annotated[int, Meta(ge=0, le=99_999_999)] = 1
    last_unit: Annotated[int, Meta(ge=0, le=99_999_999)] = 255
    password: Annotated[str, Meta(pattern=r"^([0-9a-f]{2}){1,16}\Z")] | None = None
    space: Space | None = None
    order: Order = Order.BIG
    serial: SerialDefaults | None = None
    tcp_port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    timing: Timing = Timing()
    max_registers: Annotated[int, Meta(ge=1, le=125)] = 125
    max_hole: Annotated[int, Meta(ge=0, le=124)] = 0
    exchanges: Annotated[int, Meta(ge=1, le=99)] = 1
    letters: Annotated[int, Meta(ge=1, le=4)] = 1
    frame_bytes: Annotated[int, Meta(ge=1, le=256)] | None = None
    serial_number: SerialNumberTable | None = None
    channels: tuple[ChannelTable, ...] = ()
    statuses: tuple[StatusTable, ...] = ()
    sources: tuple[Source, ...] = ()
    conflicts: tuple[str, ...] = ()


class PlacedChannel(Struct, frozen=True):
    """A channel and the table of the file it was written in."""

    path: Path_
    channel: Channel


class PlacedStatus(Struct, frozen=True):
    path: Path_
    status: StatusField


class Sheet(Struct, frozen=True):
    """A file with its repetitions written out."""

    file: ProfileFile
    channels: tuple[PlacedChannel, ...]
    statuses: tuple[PlacedStatus, ...]
    serial_number: Field | None = None

    def profile(self) -> Profile:
        """The file's meaning; only of a sheet that has no findings."""
        file = self.file
        return Profile(
            name=file.name,
            vendor=file.vendor,
            model=file.model,
            title=file.title,
            grade=file.grade,
            protocol=file.protocol,
            unit=file.unit,
            last_unit=file.last_unit,
            password=file.password,
            serial=file.serial,
            tcp_port=file.tcp_port,
            timing=file.timing,
            max_registers=file.max_registers,
            max_hole=file.max_hole,
            exchanges=file.exchanges,
            letters=file.letters,
            frame_bytes=file.frame_bytes,
            serial_number=self.serial_number,
            channels=tuple(placed.channel for placed in self.channels),
            statuses=tuple(placed.status for placed in self.statuses),
            sources=file.sources,
            conflicts=file.conflicts,
        )


def expand(file: ProfileFile) -> Sheet:
    """Write out repetitions and defaults; every field must have a space (see `checks.of_tables`)."""
    return Sheet(
        file,
        tuple(
            PlacedChannel(("channel", index), _channel(file, table, n))
            for index, table in enumerate(file.channels)
            for n in _numbers(table)
        ),
        tuple(
            PlacedStatus(("status", index), _status(file, table, n))
            for index, table in enumerate(file.statuses)
            for n in _numbers(table)
        ),
        _field(file, file.serial_number, 1) if file.serial_number else None,
    )


def space_of(file: ProfileFile, table: FieldTable) -> Space | None:
    """Where a table's field stands; None: neither it nor the file says."""
    return table.space or file.space


def _numbers(table: FieldTable) -> Iterator[int]:
    yield from range(1, (table.repeat or 1) + 1)


def _named(text: str, n: int) -> str:
    return text.replace("{n}", str(n))


def _channel(file: ProfileFile, table: ChannelTable, n: int) -> Channel:
    return Channel(
        name=_named(table.name, n),
        quantity=table.quantity,
        title=_named(plain(table.title), n),
        titles={language: _named(said, n) for language, said in by_language(table.title).items()},
        field=_field(file, table, n),
        scale=table.scale,
        offset=table.offset,
        low=table.low,
        high=table.high,
        sentinels=table.sentinels,
        status=None if table.status is None else _named(table.status, n),
        measured_in=table.measured_in,
    )


def _status(file: ProfileFile, table: StatusTable, n: int) -> StatusField:
    return StatusField(
        name=_named(table.name, n), field=_field(file, table, n), good=table.good, meanings=table.meanings
    )


def _field(file: ProfileFile, table: FieldTable, n: int) -> Field:
    space = space_of(file, table)
    assert space is not None
    return Field(
        space=space,
        address=table.address + (n - 1) * (table.step or 0),
        byte=table.byte or 0,
        bit=None if table.bit is None else table.bit + (n - 1) * (table.bit_step or 0),
        mask=table.mask,
        encoding=table.encoding,
        order=table.order or _inherited(file.order, table.encoding, space),
        size=table.size,
        charset=table.charset,
    )


def _inherited(order: Order, encoding: Encoding, space: Space) -> Order:
    """The file's order as far as it concerns a field of this size."""
    size = SIZES.get(encoding, 1)
    if size == 1 or space in BITS or order is Order.BIG:
        return Order.BIG
    if size == 2:  # noqa: PLR2004  one word: only its bytes can be swapped
        return Order.BIG if order is Order.WORD_SWAP else Order.LITTLE
    return order
