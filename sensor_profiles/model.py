"""A profile: how one model of instrument is read and what its bytes mean.

Every device is an image of bytes in one or more spaces. For Modbus the spaces are the four tables, addressed
by register or bit from 0 (the wire address); for frame protocols the space is `frame`, addressed by byte from
0, and its bytes are the reply as the protocol's driver delivers it (stated in the driver's docstring).
"""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from sensor_profiles.gases import Share
from wire.messages import Name
from wire.quantities import Quantity


class Space(StrEnum):
    """Where a field lives and in which unit its address counts."""

    HOLDING = "holding"  # FC03, registers of 16 bits
    INPUT = "input"  # FC04, registers of 16 bits
    COIL = "coil"  # FC01, bits
    DISCRETE = "discrete"  # FC02, bits
    FRAME = "frame"  # bytes of a reply
    ITEM = "item"  # values the instrument numbers, each with a request of its own (see the driver)


REGISTERS = frozenset({Space.HOLDING, Space.INPUT})
BITS = frozenset({Space.COIL, Space.DISCRETE})


class Encoding(StrEnum):
    """What the bytes of a field mean."""

    BIT = "bit"
    U8 = "u8"
    I8 = "i8"
    U16 = "u16"
    I16 = "i16"
    U24 = "u24"
    I24 = "i24"
    U32 = "u32"
    I32 = "i32"
    U64 = "u64"
    I64 = "i64"
    F24 = "f24"  # an f32 without its last byte (OWEN)
    F32 = "f32"
    F64 = "f64"
    BCD = "bcd"  # packed decimal of `size` bytes; a nibble above 9 is no number
    STRING = "string"  # `size` bytes, ASCII unless `charset` says otherwise, cut at the first NUL


class Order(StrEnum):
    """Byte order, named as the field's manuals do; A is the most significant byte of the value.

    `big` = ABCD…, `little` = DCBA…, `word_swap` = CDAB (low word first, bytes big-endian), `byte_swap` = BADC
    (high word first, bytes swapped in each word). 16-bit values know big and little only; 64-bit ones extend
    by words.
    """

    BIG = "big"
    LITTLE = "little"
    WORD_SWAP = "word_swap"
    BYTE_SWAP = "byte_swap"


class Field(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a value stands and how it is written."""

    space: Space
    address: Annotated[int, Meta(ge=0, le=65535)]
    byte: Annotated[int, Meta(ge=0)] = 0
    """First byte inside the addressed register (quasi-Modbus devices) or item; 0 otherwise."""
    bit: Annotated[int, Meta(ge=0, le=63)] | None = None
    """For `bit`: which one of the register or byte, 0 = least significant."""
    mask: Annotated[int, Meta(ge=1)] | None = None
    """Integers only: the bits that count, shifted down to the lowest set bit of the mask."""
    encoding: Encoding
    order: Order = Order.BIG
    size: Annotated[int, Meta(ge=1, le=250)] | None = None
    """Bytes, for `bcd` and `string` only; the other encodings have their own."""
    charset: str = "ascii"


class Channel(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measured value: value = raw · scale + offset, in the quantity's unit."""

    name: Name
    quantity: Quantity
    title: str = ""
    field: Field
    scale: float = 1.0
    offset: float = 0.0
    low: float | None = None
    high: float | None = None
    sentinels: tuple[float, ...] = ()
    """Raw values (before scale and offset) by which the device says `no value`."""
    status: Name | None = None
    """The status that must be good for this channel to be believed."""
    measured_in: Share | None = None
    """A gas whose instrument counts ppm or ppb: the agent makes mg/m³ of it; limits are shares too."""
    table: tuple[tuple[float, float], ...] = ()
    """What a site's tank holds: value → m³, rising values; profiles have none."""
    titles: dict[str, str] = {}
    """The title by language (ru, kk, en), where it is written so."""


class StatusField(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A register whose value says whether channels can be believed."""

    name: Name
    field: Field
    good: tuple[int, ...] = (0,)
    meanings: dict[str, str] = {}
    """Value (decimal or 0x…, as text) → what the datasheet says it means."""


class SerialDefaults(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The line as the instrument leaves the factory."""

    baud: int
    bytesize: int = 8
    parity: str = "N"
    stopbits: int = 1


class Timing(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the device needs, milliseconds."""

    timeout_ms: Annotated[int, Meta(ge=10)] = 500
    gap_ms: Annotated[int, Meta(ge=0)] = 5
    """Silence on the line before a request."""
    min_period_ms: Annotated[int, Meta(ge=0)] = 1000
    """Polling faster only repeats values."""


class Source(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public document a fact was taken from."""

    title: str
    where: str
    """Page, section, commit or web address."""


class Profile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model of instrument; `name` is the file's name without `.toml`."""

    name: str
    vendor: str
    model: str
    title: str
    grade: str
    """A: vendor text or two independent sources agree; B: one working driver; C: thin."""
    protocol: str
    """The driver that reads it: the name of a file in `edge_agent/drivers/`."""
    unit: int = 1
    """Factory address."""
    last_unit: int = 255
    """The highest address such an instrument can have; meters often use their serial number."""
    password: str | None = None
    """The factory's password for reading, hexadecimal; None: the protocol has none."""
    serial: SerialDefaults | None = None
    tcp_port: int | None = None
    timing: Timing = Timing()
    max_registers: Annotated[int, Meta(ge=1, le=125)] = 125
    max_hole: Annotated[int, Meta(ge=0, le=124)] = 0
    """Unused registers (or bytes) that may be read to join two fields into one request."""
    exchanges: Annotated[int, Meta(ge=1, le=99)] = 1
    """Questions and answers that one reading takes; more than one where the protocol has sessions."""
    letters: Annotated[int, Meta(ge=1, le=4)] = 1
    """Bytes on the line for each byte that is meant; 2 where bytes travel as two letters or digits."""
    frame_bytes: int | None = None
    """Frame protocols: how many bytes the driver delivers."""
    serial_number: Field | None = None
    """Where a Modbus instrument keeps its own number: a whole number or text."""
    channels: tuple[Channel, ...]
    statuses: tuple[StatusField, ...] = ()
    sources: tuple[Source, ...]
    conflicts: tuple[str, ...] = ()
    """Where sources disagree: commissioning must ask."""
