"""What is wrong with a profile that is well-formed TOML: each finding has its place and its cure.

`of_tables` looks at the tables as they are written; what it finds makes the rest pointless. `of_sheet` looks
at the channels and statuses they stand for.
"""

import codecs
import math
import sys
from collections.abc import Iterator, Sequence

from msgspec import Struct

from sensor_profiles.gases import MOLAR_MASS
from sensor_profiles.layout import ITEM_BYTES, SIZES, size_of
from sensor_profiles.model import BITS, REGISTERS, Encoding, Field, Order, Space
from sensor_profiles.tables import FieldTable, PlacedChannel, PlacedStatus, ProfileFile, Sheet, space_of
from wire.config_file import Path_, nearest
from wire.quantities import Quantity

SIZED = frozenset({Encoding.BCD, Encoding.STRING})
REALS = frozenset({Encoding.F24, Encoding.F32, Encoding.F64})
SIGNED = frozenset({Encoding.I8, Encoding.I16, Encoding.I24, Encoding.I32, Encoding.I64})
_LAST_ADDRESS = 65535
_WORD_BITS = {True: 15, False: 7}
_LARGEST = {
    Encoding.F24: 3.4027717462407993e38,
    Encoding.F32: 3.4028234663852886e38,
    Encoding.F64: sys.float_info.max,
}


class Finding(Struct, frozen=True):
    """One fault: the key it is at, what is wrong and what to do."""

    path: Path_
    message: str


def of_tables(file: ProfileFile) -> Iterator[Finding]:
    """Faults that keep the tables from being written out."""
    tables = [(("channel", n), table) for n, table in enumerate(file.channels)]
    statuses = [(("status", n), table) for n, table in enumerate(file.statuses)]
    own = [(("serial_number",), file.serial_number)] if file.serial_number else []
    for path, table in (*own, *tables, *statuses):
        yield from _repetition(path, table)
        if space_of(file, table) is None:
            yield Finding(
                path, "the key `space` is missing, here and at the top of the file; write one of them"
            )
    for path, channel in tables:
        if "{n}" in f"{channel.title}{channel.status or ''}" and channel.repeat is None:
            yield Finding(path, "`{n}` stands for nothing without `repeat`; add `repeat` and `step`")


def _repetition(path: Path_, table: FieldTable) -> Iterator[Finding]:
    steps = [key for key in ("step", "bit_step") if getattr(table, key) is not None]
    if (table.repeat is None) != (not steps):
        there, missing = (steps[0], "repeat") if table.repeat is None else ("repeat", "step")
        yield Finding((*path, there), f"`{there}` needs `{missing}` beside it")
    if table.bit_step is not None and table.bit is None:
        yield Finding((*path, "bit_step"), "`bit_step` counts on from `bit`, which is missing; write it")
    if table.repeat is not None and "{n}" not in table.name:
        yield Finding((*path, "repeat"), "a repeated name needs `{n}`, or all would have the same")
    if table.repeat is None and "{n}" in table.name:
        yield Finding((*path, "name"), "`{n}` stands for nothing without `repeat`; add `repeat` and `step`")
    if "{" in table.name.replace("{n}", "") or "}" in table.name.replace("{n}", ""):
        yield Finding((*path, "name"), "braces may only stand as `{n}`")


def of_sheet(sheet: Sheet, stem: str) -> Iterator[Finding]:
    """Faults of the profile itself; `stem` is the file's name without `.toml`."""
    file = sheet.file
    if file.name != stem:
        yield Finding(
            ("name",), f'`{file.name}` is not the file\'s name; write name = "{stem}" or rename the file'
        )
    if file.unit > file.last_unit:
        yield Finding(("unit",), f"{file.unit} is above last_unit = {file.last_unit}; correct one of them")
    if not file.sources:
        yield Finding((), "no [[source]]: name at least one public document the facts come from")
    if not file.channels:
        yield Finding((), "no [[channel]]: a profile needs at least one")
    if sheet.serial_number is not None:
        yield from _serial_number(file, sheet.serial_number)
    for placed in sheet.statuses:
        yield from _field(file, placed.path, placed.status.field)
        yield from _status(placed)
    statuses = [placed.status.name for placed in sheet.statuses]
    for one in sheet.channels:
        yield from _field(file, one.path, one.channel.field)
        yield from _channel(one, statuses)
    yield from _duplicates([(p.path, p.channel.name) for p in sheet.channels], "channel")
    yield from _duplicates([(p.path, p.status.name) for p in sheet.statuses], "status")
    yield from _overlaps(sheet.channels)


def _serial_number(file: ProfileFile, field: Field) -> Iterator[Finding]:
    path: Path_ = ("serial_number",)
    yield from _field(file, path, field)
    if field.space not in REGISTERS or field.encoding in REALS or field.encoding is Encoding.BIT:
        yield Finding(path, "a serial number is a whole number or text in holding or input registers")


def _duplicates(names: Sequence[tuple[Path_, str]], what: str) -> Iterator[Finding]:
    seen: set[str] = set()
    for path, name in names:
        if name in seen:
            yield Finding((*path, "name"), f"a second {what} `{name}`; give each its own name")
        seen.add(name)


def _status(placed: PlacedStatus) -> Iterator[Finding]:
    path, field = placed.path, placed.status.field
    if field.encoding in REALS or field.encoding is Encoding.STRING:
        yield Finding((*path, "encoding"), f"a status is an integer, a bit or bcd, not {field.encoding}")
        return
    yield from _outside((*path, "good"), field, placed.status.good)
    for text in placed.status.meanings:
        if _number(text) is None:
            yield Finding((*path, "meanings", text), f"`{text}` is no number; write a decimal or 0x… value")


def _number(text: str) -> int | None:
    try:
        return int(text, 16 if text.lower().startswith("0x") else 10)
    except ValueError:
        return None


def _channel(placed: PlacedChannel, statuses: Sequence[str]) -> Iterator[Finding]:
    path, channel = placed.path, placed.channel
    if channel.status is not None and channel.status not in statuses:
        yield Finding(
            (*path, "status"), f"there is no [[status]] `{channel.status}`{nearest(channel.status, statuses)}"
        )
    if channel.low is not None and channel.high is not None and channel.low >= channel.high:
        yield Finding(
            (*path, "low"), f"{channel.low:g} is not below high = {channel.high:g}; correct one of them"
        )
    if channel.scale == 0 or not math.isfinite(channel.scale) or not math.isfinite(channel.offset):
        yield Finding((*path, "scale"), "scale and offset must be finite and scale not 0")
    if channel.measured_in is not None and channel.quantity not in MOLAR_MASS:
        yield Finding(
            (*path, "measured_in"),
            f"{channel.measured_in} becomes mg/m³ for {', '.join(MOLAR_MASS)} only; remove it",
        )
    is_text = channel.field.encoding is Encoding.STRING
    if is_text != (channel.quantity is Quantity.TEXT):
        yield Finding((*path, "quantity"), "a string has the quantity text, and nothing else has it")
    elif is_text and channel.sentinels:
        yield Finding((*path, "sentinels"), "a string has no sentinels; remove them")
    else:
        yield from _outside((*path, "sentinels"), channel.field, channel.sentinels)


def _outside(path: Path_, field: Field, values: Sequence[float]) -> Iterator[Finding]:
    """Values the field can never hold: 65535 in an i16 reads as -1."""
    low, high = _range(field)
    whole = field.encoding not in REALS
    for value in values:
        if not low <= value <= high or (whole and not float(value).is_integer()):
            yield Finding(path, f"{value:g} never comes: {field.encoding} holds {low:g} to {high:g}")


def _range(field: Field) -> tuple[float, float]:
    """The raw values a number field can hold."""
    if field.encoding in REALS:
        return -_LARGEST[field.encoding], _LARGEST[field.encoding]
    if field.encoding is Encoding.BIT:
        return 0, 1
    if field.encoding is Encoding.BCD:
        return 0, 10 ** (2 * (field.size or 0)) - 1
    if field.mask is not None:
        return 0, field.mask // (field.mask & -field.mask)
    bits = 8 * size_of(field)
    return (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if field.encoding in SIGNED else (0, 2**bits - 1)


def _field(file: ProfileFile, path: Path_, field: Field) -> Iterator[Finding]:
    yield from _size(path, field)
    yield from _bits(path, field)
    yield from _space(file, path, field)
    if field.order not in _orders(field):
        allowed = ", ".join(sorted(_orders(field)))
        yield Finding(
            (*path, "order"), f"{field.order} is no order of {_described(field)}; allowed: {allowed}"
        )
    try:
        codecs.lookup(field.charset)
    except LookupError:
        yield Finding(
            (*path, "charset"), f"`{field.charset}` is no character set, e.g. ascii, cp866, cp1251, utf-8"
        )


def _described(field: Field) -> str:
    return f"{field.encoding} of {size_of(field)} byte{'s' * (size_of(field) > 1)}"


def _orders(field: Field) -> frozenset[Order]:
    """Byte orders that make sense for the field's size (see `Order`)."""
    size, allowed = size_of(field), {Order.BIG}
    if field.space in BITS:
        return frozenset(allowed)
    if field.encoding is Encoding.STRING:
        return frozenset(allowed | ({Order.BYTE_SWAP} if size % 2 == 0 else set()))
    if size > 1:
        allowed |= {Order.LITTLE}
    if size > 2 and size % 2 == 0:  # noqa: PLR2004  more than one word
        allowed |= {Order.WORD_SWAP, Order.BYTE_SWAP}
    return frozenset(allowed)


def _size(path: Path_, field: Field) -> Iterator[Finding]:
    if field.encoding in SIZED and field.size is None:
        yield Finding(path, f"{field.encoding} needs `size`, its length in bytes")
    if field.encoding not in SIZED and field.size is not None:
        yield Finding((*path, "size"), f"{field.encoding} has a size of its own; remove `size`")


def _bits(path: Path_, field: Field) -> Iterator[Finding]:
    is_bit = field.encoding is Encoding.BIT
    is_integer = field.encoding in SIZES and field.encoding not in REALS
    if field.bit is not None and not is_bit:
        yield Finding(
            (*path, "bit"), f'`bit` is for encoding = "bit", not {field.encoding}; use `mask` for some bits'
        )
    if field.mask is not None and not is_integer:
        yield Finding((*path, "mask"), f"`mask` is for integers, not {field.encoding}; remove it")
    elif field.mask is not None and field.mask >= 2 ** (8 * size_of(field)):
        yield Finding((*path, "mask"), f"{field.mask:#x} has more bits than {_described(field)}")
    if field.space in BITS:
        if not is_bit:
            yield Finding((*path, "encoding"), f'the space {field.space} holds bits; write encoding = "bit"')
        if field.bit is not None:
            yield Finding((*path, "bit"), f"the space {field.space} is addressed by bit; remove `bit`")
    elif is_bit and field.bit is None:
        yield Finding(path, "a bit of a register or byte needs `bit`, 0 being the least significant")
    elif is_bit and field.bit is not None and field.bit > _WORD_BITS[field.space in REGISTERS]:
        place = "a register (0–15)" if field.space in REGISTERS else "a byte (0–7)"
        yield Finding((*path, "bit"), f"{field.bit} is beyond {place}")
    if is_bit and field.byte:
        yield Finding((*path, "byte"), "a bit is counted over the whole register; remove `byte`")


def _space(file: ProfileFile, path: Path_, field: Field) -> Iterator[Finding]:
    """Whether the field lies inside its space; sizes were checked before."""
    if (field.space is Space.FRAME) != (file.frame_bytes is not None):
        yield Finding(path, "fields in the space frame and `frame_bytes` at the top of the file go together")
        return
    end = _first_byte(field) + size_of(field)
    if field.space is Space.FRAME and file.frame_bytes is not None and end > file.frame_bytes:
        yield Finding(
            (*path, "address"), f"ends at byte {end - 1}, but the frame has {file.frame_bytes} bytes from 0"
        )
    last = (end - 1) // 2 if field.space in REGISTERS else end - 1
    if field.space not in {Space.FRAME, Space.ITEM} and last > _LAST_ADDRESS:
        yield Finding((*path, "address"), f"ends at {last}, beyond the last address {_LAST_ADDRESS}")


def of_odd_bytes(file: ProfileFile) -> Iterator[Finding]:
    """Fields of an odd number of bytes in registers: which byte of the register comes first must be said."""
    tables = [(("channel", n), t) for n, t in enumerate(file.channels)]
    statuses = [(("status", n), t) for n, t in enumerate(file.statuses)]
    for path, table in (*tables, *statuses):
        size = table.size or SIZES.get(table.encoding, 2)
        in_registers = space_of(file, table) in REGISTERS
        if size % 2 and in_registers and table.byte is None and table.encoding is not Encoding.STRING:
            yield Finding(
                path,
                f"an odd size ({size}) in registers: add `byte`, 0 for the high byte, 1 for the low one",
            )
        if space_of(file, table) is Space.ITEM:
            if (table.byte or 0) + size > ITEM_BYTES:
                yield Finding((*path, "byte"), f"ends beyond the {ITEM_BYTES} bytes an item can have")
        elif table.byte is not None and not in_registers:
            yield Finding((*path, "byte"), "`byte` is for registers; count it into `address`")
        elif (table.byte or 0) > 1:
            yield Finding(
                (*path, "byte"),
                f"{table.byte} is beyond its register (0, 1); raise `address` by 1 for every 2",
            )


def _first_byte(field: Field) -> int:
    """Where a field begins in its space, in bytes; in bits for the spaces of bits."""
    if field.space is Space.ITEM:
        return field.address * ITEM_BYTES + field.byte
    return field.address * (2 if field.space in REGISTERS else 1) + field.byte


def _overlaps(channels: Sequence[PlacedChannel]) -> Iterator[Finding]:
    """Channels that read the same bytes, unless both say which bits of them."""
    ordered = sorted(
        channels, key=lambda placed: (placed.channel.field.space, _first_byte(placed.channel.field))
    )
    reaching: list[PlacedChannel] = []
    for placed in ordered:
        field = placed.channel.field
        reaching = [p for p in reaching if _reaches(p.channel.field, field)]
        for other in reaching:
            if not (_is_part(field) and _is_part(other.channel.field)):
                yield Finding(
                    (*placed.path, "address"),
                    f"`{placed.channel.name}` reads the same bytes as `{other.channel.name}`; "
                    "correct an address, or give both a bit or mask",
                )
        reaching.append(placed)


def _reaches(before: Field, field: Field) -> bool:
    end = _first_byte(before) + size_of(before)
    return before.space is field.space and end > _first_byte(field)


def _is_part(field: Field) -> bool:
    return field.bit is not None or field.mask is not None
