"""Which profile fits a device, how sure that is, and why. Pure.

Each profile of the library is a hypothesis; one more says that it is something unknown. What the device
answered is evidence in bits for or against each, and the confidence of a profile is its share of the whole:

    confidence = 2^bits / (Σ 2^bits of all profiles + 2^UNKNOWN)

so that two profiles that fit equally well get a half each, and one that fits a little is not believed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import msgspec
from msgspec import Struct

from edge_agent.commissioning.identity import Identity
from edge_agent.commissioning.plan import LineSetting
from edge_agent.commissioning.plausible import fits, range_of, surprise_bits
from edge_agent.decode import Decoder
from edge_agent.poll.blocks import plan, without_holes
from edge_agent.samples import Answer, Block, Fault, Instant, RawScan
from edge_agent.settings import Device
from sensor_profiles import layout
from sensor_profiles.model import Channel, Field, Profile, StatusField
from wire.messages import Quality, Value
from wire.quantities import Quantity

UNKNOWN_BITS: Final = 5.0
"""How much must speak for a profile before it is more likely than an instrument nobody has described."""
MODEL_NAMED, VENDOR_NAMED, OTHER_NAMED = 14.0, 5.0, -10.0
REFUSED, SILENT, PRESENT = -12.0, -6.0, 1.0
OUT_OF_RANGE, NO_DIGITS, UNKNOWN_STATUS, KNOWN_STATUS = -4.0, -6.0, -4.0, 3.0
ZERO_BITS, SENTINEL_BITS, FACTORY_BITS, GENERIC_BITS = 0.2, 6.0, 1.0, -3.0
_MOST_A_CHANNEL: Final = 4.0
_MOST_IN_RANGE: Final = 12.0
"""Channels of one instrument are not independent of each other."""
_SHORTEST_NAME: Final = 3
_SEVERAL: Final = 3
_NAME_PART = re.compile(r"[a-z0-9]+")


class Evidence(Struct, frozen=True):
    """One reason for (bits above 0) or against a profile, in words."""

    bits: float
    text: str


class Match(Struct, frozen=True, kw_only=True):
    """A profile that may describe the device, with its share of what is believed, 0…1."""

    profile: str
    title: str
    confidence: float
    evidence: tuple[Evidence, ...]
    questions: tuple[str, ...]
    """Where the profile's sources disagree: to be answered at the site."""


class Seen(Struct, frozen=True, kw_only=True):
    """What is known of one device."""

    unit: int
    identity: Identity
    setting: LineSetting | None
    answers: Mapping[Block, Answer]
    """What it said to the reads it was asked; a block with a fault has no data."""


def first_block(profile: Profile) -> Block:
    """The read that tells most cheaply whether a profile's registers are there: its first channel alone."""
    extent = layout.extent(profile.channels[0].field)
    return Block(extent.space, extent.start, extent.count)


def all_blocks(profile: Profile, *, holes: bool) -> tuple[Block, ...]:
    """Every read of a profile, as the agent plans it; without holes where the device refused some."""
    whole = plan(as_device(profile, profile.unit))
    return (whole if holes else without_holes(whole, profile.max_registers)).blocks


def as_device(profile: Profile, unit: int) -> Device:
    """A device of this model, all of whose channels are read."""
    timing = profile.timing
    return Device(profile.name, "", profile, unit, timing.min_period_ms, timing.timeout_ms, profile.channels)


def match(seen: Seen, profiles: Sequence[Profile], least: float = 0.02) -> tuple[Match, ...]:
    """The profiles that may fit, the surest first; those below `least` are left out."""
    found = {profile.name: (profile, tuple(_evidence(seen, profile, profiles))) for profile in profiles}
    weights = {name: 2.0 ** sum(e.bits for e in evidence) for name, (_, evidence) in found.items()}
    whole = sum(weights.values()) + 2.0**UNKNOWN_BITS
    ranked = sorted(weights, key=lambda name: (-weights[name], name))
    return tuple(
        Match(
            profile=name,
            title=found[name][0].title,
            confidence=round(weights[name] / whole, 3),
            evidence=found[name][1],
            questions=found[name][0].conflicts,
        )
        for name in ranked
        if weights[name] / whole >= least
    )


def _evidence(seen: Seen, profile: Profile, profiles: Sequence[Profile]) -> Iterator[Evidence]:
    yield from _named(seen.identity, profile, profiles)
    yield from _from_factory(seen, profile)
    if profile.vendor.lower() == "generic":
        yield Evidence(GENERIC_BITS, "a generic profile, which fits many instruments a little")
    answers = _own(seen, profile)
    yield from _by_blocks(answers)
    if any(answer.fault is None for answer in answers):
        yield from _by_values(profile, answers)


def _named(identity: Identity, profile: Profile, profiles: Sequence[Profile]) -> Iterator[Evidence]:
    if not identity.text:
        return
    own = named_by(identity.text, profile)
    best = max(named_by(identity.text, other) for other in profiles)
    if own and own == best:
        yield Evidence(MODEL_NAMED, f"it calls itself “{identity.text}”")
    elif best:
        yield Evidence(OTHER_NAMED, f"it calls itself “{identity.text}”, which is another model")
    elif profile.vendor and profile.vendor.lower() in identity.text.lower():
        yield Evidence(VENDOR_NAMED, f"it names the maker: “{identity.text}”")


def named_by(text: str, profile: Profile) -> int:
    """How many letters of the model's name stand in a device's own words: as many of its words as fit."""
    said = _plain(text)
    words = re.split(r"[^a-z0-9.-]+", re.split(r"[,(]", profile.model.lower())[0])
    names = (_plain("".join(words[:count])) for count in range(len(words), 0, -1))
    return next((len(name) for name in names if len(name) >= _SHORTEST_NAME and name in said), 0)


def _plain(text: str) -> str:
    return "".join(_NAME_PART.findall(text.lower()))


def _from_factory(seen: Seen, profile: Profile) -> Iterator[Evidence]:
    if seen.unit == profile.unit and profile.unit != 1:
        yield Evidence(FACTORY_BITS, f"unit {seen.unit} is its factory address")
    serial = profile.serial
    if serial is not None and seen.setting is not None:
        said = (serial.baud, serial.parity)
        if said == (seen.setting.baud, seen.setting.parity):
            yield Evidence(FACTORY_BITS, f"{seen.setting} is how it leaves the factory")


def _own(seen: Seen, profile: Profile) -> tuple[Answer, ...]:
    """The answers to this profile's reads: all of them, or at least the first."""
    for holes in (True, False):
        blocks = all_blocks(profile, holes=holes)
        answers = tuple(seen.answers[block] for block in blocks if block in seen.answers)
        if len(answers) == len(blocks) and (not holes or all(a.fault is not Fault.REFUSED for a in answers)):
            return answers
    first = seen.answers.get(first_block(profile))
    return () if first is None else (first,)


def _by_blocks(answers: tuple[Answer, ...]) -> Iterator[Evidence]:
    readable = 0
    for answer in answers:
        where = f"{answer.block.space} {answer.block.start}–{answer.block.start + answer.block.count - 1}"
        if answer.fault is Fault.REFUSED:
            yield Evidence(REFUSED, f"it refuses to read {where}, which this model has")
        elif answer.fault is not None:
            yield Evidence(SILENT, f"no valid answer to a read of {where}")
        else:
            readable += answer.block.count
    if readable >= _SEVERAL:
        yield Evidence(PRESENT, f"all of its {readable} registers can be read")


def _by_values(profile: Profile, answers: tuple[Answer, ...]) -> Iterator[Evidence]:
    values, faults = _decoded(profile, answers)
    yield from _statuses(profile, values)
    yield from _empty(profile, faults)
    good = _trusted(profile, values)
    numbers = [
        (channel, value)
        for index, (channel, value) in enumerate(zip(profile.channels, values, strict=False))
        if index in good and isinstance(value, float | int) and channel.quantity is not Quantity.TEXT
    ]
    fitting = [(c, v) for c, v in numbers if fits(v, range_of(c.quantity, c.low, c.high))]
    if fitting:
        bits = sum(min(_MOST_A_CHANNEL, surprise_bits(c)) if v else ZERO_BITS for c, v in fitting)
        zeros = "" if any(v for _, v in fitting) else ", but all are zero"
        most = _MOST_IN_RANGE if not zeros else PRESENT
        yield Evidence(min(bits, most), f"{len(fitting)} values are in their valid ranges{zeros}")
    wrong = [f"{c.name} would be {v:.6g} {c.quantity.unit}" for c, v in numbers if (c, v) not in fitting]
    for text in wrong[:_SEVERAL]:
        yield Evidence(OUT_OF_RANGE, f"{text}: impossible")


def _empty(profile: Profile, faults: Mapping[int, Quality]) -> Iterator[Evidence]:
    """Channels that hold no value: the model's own code for that speaks for it, nonsense against it."""
    coded = [
        channel.name
        for index, channel in enumerate(profile.channels)
        if faults.get(index) is Quality.BAD_SENTINEL and 0 not in channel.sentinels
    ]
    if coded:
        yield Evidence(SENTINEL_BITS, f"{', '.join(coded[:_SEVERAL])}: this model's code for “no value”")
    for index, channel in enumerate(profile.channels):
        if faults.get(index) is Quality.BAD_NOT_FINITE and channel.field.size is not None:
            yield Evidence(NO_DIGITS, f"{channel.name}: its bytes are no decimal digits")


def _decoded(profile: Profile, answers: tuple[Answer, ...]) -> tuple[tuple[Value, ...], dict[int, Quality]]:
    """Channels, then statuses, each for itself: here a bad status hides nothing."""
    channels = [msgspec.structs.replace(channel, status=None) for channel in profile.channels]
    statuses = [_as_channel(status.name, status.field) for status in profile.statuses]
    decoder = Decoder((*channels, *statuses), ())
    scan = decoder.decode(RawScan(profile.name, Instant(0, 0), answers))
    return scan.values, scan.faults


def _as_channel(name: str, field: Field) -> Channel:
    return Channel(name=name, quantity=Quantity.STATE, field=field)


def _meanings(status: StatusField) -> frozenset[int]:
    return frozenset(int(text, 0) for text in status.meanings) | frozenset(status.good)


def _trusted(profile: Profile, values: tuple[Value, ...]) -> frozenset[int]:
    """The channels whose status does not say that they are broken."""
    said = {s.name: values[len(profile.channels) + n] for n, s in enumerate(profile.statuses)}
    good = {status.name: status.good for status in profile.statuses}
    return frozenset(
        index
        for index, channel in enumerate(profile.channels)
        if channel.status is None or said.get(channel.status) in good[channel.status]
    )


def _statuses(profile: Profile, values: tuple[Value, ...]) -> Iterator[Evidence]:
    """Values of statuses that this model knows speak for it, once; each that it does not know against it."""
    told: list[str] = []
    for status, value in zip(profile.statuses, values[len(profile.channels) :], strict=True):
        known = _meanings(status)
        if not isinstance(value, float | int) or not value:
            continue
        if value in known:
            text = next((t for key, t in status.meanings.items() if int(key, 0) == value), "good")
            told.append(f"status {status.name} is {value:g}: {text}")
        elif len(known) >= _SEVERAL:
            yield Evidence(UNKNOWN_STATUS, f"status {status.name} is {value:g}, unknown to this model")
    if told:
        yield Evidence(KNOWN_STATUS, "; ".join(told[:_SEVERAL]))
