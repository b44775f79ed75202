"""An instrument's byte image: engineering values to the bytes of any block, after its profile.

    Layout (a profile, compiled once) ─▶ block plans, kept ─▶ fill(values) ─▶ bytes + what they say

A channel without a value is written as its instrument does when the sensor is broken: its sentinel, else a
bad value of its status, else what the encoding has (NaN, no digit, no text). An integer with none of these
cannot say it: it reads raw 0, and what is served says so.
Addresses that no field uses read as 0 as far as `max_hole` from a field (registers the profile does not name:
decimal points, integer twins); beyond that the address is illegal.
"""

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count as count_from
from typing import NamedTuple

from firmware_sim.devices.encoding import Bcd, Codec, Integer, MisfitError, Written, codec
from sensor_profiles.model import BITS, REGISTERS, Channel, Encoding, Field, Profile, Space, StatusField
from wire.messages import Value

_MAX_PLANS = 1024
"""Block plans kept; whoever asks for more different blocks than this is no poller."""


_LONGEST_FRAME = 256
_ITEM_ROOM = 256
"""Bytes between the beginnings of two items in their buffer; no item is longer."""
_SAYS_IT_ITSELF = frozenset({Encoding.F24, Encoding.F32, Encoding.F64, Encoding.BCD, Encoding.STRING})


class Block(NamedTuple):
    """`length` registers, bits or bytes of a space from `start`; of items, bytes of the item `start`."""

    space: Space
    start: int
    length: int


class Answer(NamedTuple):
    """The bytes of a block and what they say, for each channel that lies wholly in it."""

    data: bytes
    served: dict[str, Value]


class Image:
    """What an instrument would answer with these values."""

    def __init__(self, layout: "Layout", values: Mapping[str, Value]) -> None:
        self._layout = layout
        self._values = dict(values)
        self.served: Mapping[str, Value] = layout.served(self._values)
        """What is on the wire for each channel, after quantisation."""

    def read(self, space: Space, start: int, count: int) -> bytes | None:
        """The bytes of a block; None when it touches an illegal address.

        Registers: 2·count bytes, high byte first. Bits: packed, the first in the lowest position.
        """
        answer = self._layout.answer(Block(space, start, count), self._values)
        return None if answer is None else answer.data


def encode(profile: Profile, values: Mapping[str, Value]) -> Image:
    """Write values into the image of an instrument.

    Raises:
        MisfitError: the profile's fields contradict themselves, or text is to go into a number.
    """
    return Image(Layout(profile), values)


class _Slot:
    """A field with its place in its space's buffer: 2 bytes a register, 1 a byte, 1 a bit."""

    def __init__(self, name: str, field: Field, codec: Codec) -> None:
        self.name, self.space, self.codec = name, field.space, codec
        self.start = field.address * _width(field.space) + field.byte
        self.end = self.start + codec.size
        if field.space in BITS and field.encoding is not Encoding.BIT:
            raise MisfitError(f"{name}: {field.encoding} cannot stand in {field.space}")

    def meets(self, low: int, high: int) -> bool:
        return self.start < high and low < self.end

    def shares(self, other: "_Slot") -> bool:
        return other is not self and other.space is self.space and self.meets(other.start, other.end)

    def write(self, data: bytes, buffer: bytearray, base: int) -> None:
        at = self.start - base
        if mask := self.codec.mask:
            old = buffer[at : at + self.codec.size]
            data = bytes((o & ~m) | d for o, m, d in zip(old, mask, data, strict=True))
        buffer[at : at + self.codec.size] = data


def _width(space: Space) -> int:
    if space is Space.ITEM:
        return _ITEM_ROOM
    return 2 if space in REGISTERS else 1


def _span(block: Block) -> tuple[int, int]:
    """Where a block begins and ends in its space's buffer."""
    low = block.start * _width(block.space)
    return low, low + block.length * (1 if block.space is Space.ITEM else _width(block.space))


class _ChannelSlot(_Slot):
    """A channel's field, and what is written when it has no value."""

    def __init__(self, channel: Channel, speaker: StatusField | None) -> None:
        """Compile a channel; `speaker` is the status that says `broken` for it."""
        super().__init__(channel.name, channel.field, codec(channel.field, channel.scale, channel.offset))
        self.status = channel.status
        self._nothing = {self.codec.raw(raw).data for raw in channel.sentinels}
        self.blames = speaker is not None and not channel.sentinels
        self._broken = self._say_broken(channel, speaker)

    def _say_broken(self, channel: Channel, speaker: StatusField | None) -> Written:
        if channel.sentinels:
            return Written(self.codec.raw(channel.sentinels[0]).data, None)
        if speaker is not None and speaker.field.space is channel.field.space:
            return Written(bytes(self.codec.size), None)  # a number that looks right: only the status tells
        found = self.codec.broken or self.codec.raw(0)
        # A status read by another request may come from another moment, so the value says it too if it can.
        return found if speaker is None else Written(found.data, None)

    def put(self, value: Value) -> Written:
        if value is None or _is_nan(value):
            return self._broken
        written = self.codec.put(value)
        return Written(written.data, None) if written.data in self._nothing else written

    def say(self, data: bytes) -> Value:
        """What bytes in a word that several fields share came to mean; whole numbers only."""
        if not isinstance(self.codec, (Integer, Bcd)):
            raise MisfitError(f"{self.name}: only whole numbers may share a word with another field")
        raw = self.codec.read(data)
        written = Written(data, None) if raw is None else self.codec.raw(raw)
        return None if written.data in self._nothing else written.value


class _StatusSlot(_Slot):
    """A status: good, or bad for the sake of channels that cannot say it themselves."""

    codec: Integer | Bcd

    def __init__(self, status: StatusField) -> None:
        number = codec(status.field)
        if not isinstance(number, (Integer, Bcd)):
            raise MisfitError(f"status {status.name}: {status.field.encoding} is no whole number")
        super().__init__(status.name, status.field, number)
        self._good = frozenset(status.good)
        self.when_good = number.raw(status.good[0] if status.good else 0).data
        self.when_bad = number.raw(_bad_value(status)).data
        self.blamed_by: tuple[str, ...] = ()

    def blamed(self, values: Mapping[str, Value]) -> bool:
        return any(_absent(values.get(name)) for name in self.blamed_by)

    def is_good(self, data: bytes) -> bool:
        return self.codec.read(data) in self._good


def _is_nan(value: float | str) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _absent(value: Value) -> bool:
    return value is None or _is_nan(value)


def _bad_value(status: StatusField) -> int:
    """The first value with a meaning that is not good; without one, the smallest that is not good."""
    known = (int(text, 16 if text.lower().startswith("0x") else 10) for text in status.meanings)
    return next((value for value in known if value not in status.good), _smallest_but(status.good))


def _smallest_but(good: Iterable[int]) -> int:
    taken = set(good)
    return next(value for value in count_from() if value not in taken)


class Layout:
    """A profile compiled for serving.

    Raises:
        MisfitError: its fields contradict themselves.
    """

    def __init__(self, profile: Profile, *, holes_refused: bool = False) -> None:
        fixed = (*profile.statuses, *_own_number(profile))
        self._statuses = {status.name: _StatusSlot(status) for status in fixed}
        speakers = _speakers(profile)
        self._channels = [_ChannelSlot(channel, speakers.get(channel.name)) for channel in profile.channels]
        # Bits and masks come after the words they stand in.
        self._channels.sort(key=lambda slot: slot.codec.mask is not None)
        for name, status in self._statuses.items():
            status.blamed_by = tuple(s.name for s in self._channels if s.status == name and s.blames)
        slots = [*self._statuses.values(), *self._channels]
        self._shared = {slot for slot in slots if any(slot.shares(other) for other in slots)}
        self._legal = {
            space: _extents(slots, space, 0 if holes_refused else profile.max_hole) for space in Space
        }
        items = {_addresses(slot) for slot in slots if slot.space is Space.ITEM}
        self._legal[Space.ITEM] = sorted(items)
        self._legal[Space.FRAME] = [(0, _LONGEST_FRAME)]  # a frame is as long as its protocol says
        self._plans: dict[Block, _Plan | None] = {}

    @property
    def separate(self) -> bool:
        """Whether each channel has its own bytes: what it says depends on no other channel's value."""
        return self._shared.isdisjoint(self._channels)

    def has(self, space: Space) -> bool:
        """Whether the instrument has anything in this space."""
        return bool(self._legal[space])

    def answer(self, block: Block, values: Mapping[str, Value]) -> Answer | None:
        """The bytes of a block and what they say; None when it touches an illegal address."""
        plan = self._plan(block)
        if plan is None:
            return None
        buffer, said = plan.fill(values)
        return Answer(plan.cut(buffer), self._believed(plan, said, values))

    def served(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """What is on the wire for each channel, wherever it stands."""
        blocks = [Block(s.space, low, high - low) for s in self._channels for low, high in [_addresses(s)]]
        answers = [self.answer(block, values) for block in blocks]
        return {name: value for answer in answers if answer for name, value in answer.served.items()}

    def _plan(self, block: Block) -> "_Plan | None":
        if block not in self._plans:
            if len(self._plans) >= _MAX_PLANS:
                self._plans.clear()
            self._plans[block] = self._compile(block) if self._is_legal(block) else None
        return self._plans[block]

    def _is_legal(self, block: Block) -> bool:
        if block.space is Space.ITEM:
            return any(low == block.start for low, _ in self._legal[Space.ITEM])
        last = block.start + block.length
        return any(low <= block.start and last <= high for low, high in self._legal[block.space])

    def _compile(self, block: Block) -> "_Plan":
        low, high = _span(block)
        statuses = [s for s in self._statuses.values() if s.space is block.space and s.meets(low, high)]
        channels = [s for s in self._channels if s.space is block.space and s.meets(low, high)]
        return _Plan(block, statuses, channels, self._shared)

    def _believed(
        self, plan: "_Plan", said: dict[str, Value], values: Mapping[str, Value]
    ) -> dict[str, Value]:
        """Without the values whose status is not good."""
        bad = {name for name in plan.needs if not self._status_good(name, values)}
        if not bad:
            return said
        doubted = {slot.name for slot in plan.whole if slot.status in bad}
        return {name: None if name in doubted else value for name, value in said.items()}

    def _status_good(self, name: str, values: Mapping[str, Value]) -> bool:
        status = self._statuses[name]
        if status not in self._shared:
            return not status.blamed(values)
        low, high = _addresses(status)
        plan = self._plan(Block(status.space, low, high - low))
        if plan is None:
            return False
        buffer, _ = plan.fill(values)
        return status.is_good(bytes(buffer[status.start - plan.base : status.end - plan.base]))


class _Plan:
    """How to fill one block: the fields that touch it, in a buffer that holds them whole."""

    def __init__(
        self, block: Block, statuses: list[_StatusSlot], channels: list[_ChannelSlot], shared: set[_Slot]
    ) -> None:
        low, high = _span(block)
        touched: list[_Slot] = [*statuses, *channels]
        self._space, self._statuses, self._channels = block.space, statuses, channels
        self.base = min([low, *(slot.start for slot in touched)])
        self._size = max([high, *(slot.end for slot in touched)]) - self.base
        self._low, self._high = low - self.base, high - self.base
        self._shared = [slot for slot in channels if slot in shared]
        self.whole = [slot for slot in channels if low <= slot.start and slot.end <= high]
        self._all_whole = len(self.whole) == len(channels)
        self.needs = {slot.status for slot in self.whole if slot.status is not None}

    def fill(self, values: Mapping[str, Value]) -> tuple[bytearray, dict[str, Value]]:
        """The buffer, and what the channels that lie wholly in the block then say."""
        buffer = bytearray(self._size)
        for status in self._statuses:
            status.write(status.when_good, buffer, self.base)
        said: dict[str, Value] = {}
        for slot in self._channels:
            value = values.get(slot.name)
            if self._shared and slot in self._shared and _absent(value):
                continue  # what the other fields write there stays
            written = slot.put(value)
            slot.write(written.data, buffer, self.base)
            said[slot.name] = written.value
        for status in self._statuses:
            if status.blamed(values):
                status.write(status.when_bad, buffer, self.base)
        return buffer, self._after_sharing(buffer, said)

    def _after_sharing(self, buffer: bytearray, said: dict[str, Value]) -> dict[str, Value]:
        """Words that several fields write say what came out of it."""
        for slot in self._shared:
            said[slot.name] = slot.say(bytes(buffer[slot.start - self.base : slot.end - self.base]))
        return said if self._all_whole else {slot.name: said[slot.name] for slot in self.whole}

    def cut(self, buffer: bytearray) -> bytes:
        """The block's own bytes as they stand in an answer."""
        own = bytes(buffer[self._low : self._high])
        return _packed(own) if self._space in BITS else own


def _packed(bits: bytes) -> bytes:
    """One byte a bit → eight bits a byte, the first in the lowest position (Modbus FC01, FC02)."""
    number = sum(1 << place for place, bit in enumerate(bits) if bit)
    return number.to_bytes((len(bits) + 7) // 8, "little")


def serial_number(profile: Profile) -> int:
    """What an instrument of a profile calls its own number: the same for all of them, and fits 16 bits."""
    return zlib.crc32(profile.name.encode()) % 60_000 + 1


def _own_number(profile: Profile) -> tuple[StatusField, ...]:
    """A serial number is served as a status that is always good; text is left out."""
    field = profile.serial_number
    if field is None or field.encoding is Encoding.STRING:
        return ()
    return (StatusField(name="serial_number", field=field, good=(serial_number(profile),)),)


def _speakers(profile: Profile) -> dict[str, StatusField]:
    """Channel → its status, where that says `broken` for it: one of its own, or the number cannot say it."""
    statuses = {status.name: status for status in profile.statuses}
    owners = Counter(channel.status for channel in profile.channels)
    return {
        channel.name: statuses[channel.status]
        for channel in profile.channels
        if channel.status is not None
        and (owners[channel.status] == 1 or channel.field.encoding not in _SAYS_IT_ITSELF)
    }


def _addresses(slot: _Slot) -> tuple[int, int]:
    """First address of a field, and the first one after it; an item's bytes are counted from its number."""
    width = _width(slot.space)
    if slot.space is Space.ITEM:
        number = slot.start // width
        return number, number + slot.end - number * width
    return slot.start // width, -(-slot.end // width)


def _extents(slots: Iterable[_Slot], space: Space, around: int) -> list[tuple[int, int]]:
    """The legal addresses of a space as disjoint, sorted, half-open ranges."""
    spans = sorted(_addresses(slot) for slot in slots if slot.space is space)
    found: list[tuple[int, int]] = []
    for low, high in ((max(0, low - around), high + around) for low, high in spans):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], high))
        else:
            found.append((low, high))
    return found
