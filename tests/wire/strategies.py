"""Hypothesis strategies for every message."""

import msgspec
from hypothesis import strategies as st

from wire.messages import (
    About,
    AlarmCode,
    AlarmEvent,
    AlarmState,
    Batch,
    ChannelAbout,
    Clock,
    DeviceAbout,
    LinkStatus,
    Loss,
    LossReason,
    Presence,
    Quality,
    Receipt,
    Row,
    Status,
    Table,
)
from wire.quantities import Quantity
from wire.reports import Kept, Report

names = st.from_regex(r"\A[a-z0-9][a-z0-9_-]{0,20}\Z")
epochs = st.from_regex(r"\A[0-9a-f]{16}\Z")
milliseconds = st.integers(0, 2**53)
sequences = st.integers(1, 2**53)
values = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    channels = tuple(draw(st.lists(names, min_size=1, max_size=4, unique=True)))
    rows = st.builds(
        Row,
        t_ms=milliseconds,
        values=st.tuples(*[values] * len(channels)),
        quality=st.dictionaries(st.integers(0, len(channels) - 1), st.sampled_from(Quality)),
        clock=st.sampled_from(Clock),
        mono_ms=milliseconds,
    )
    return Table(device=draw(names), channels=channels, rows=tuple(draw(st.lists(rows, max_size=3))))


losses = st.builds(
    Loss,
    reason=st.sampled_from(LossReason),
    from_ms=milliseconds,
    to_ms=milliseconds,
    first_seq=milliseconds,
    last_seq=milliseconds,
    readings=st.integers(0, 10**9),
    epoch=st.none() | epochs,
)
alarms = st.builds(
    AlarmEvent,
    id=st.text(min_size=1, max_size=40),
    code=st.sampled_from(AlarmCode).map(str),
    state=st.sampled_from(AlarmState),
    t_ms=milliseconds,
    since_ms=milliseconds,
    device=st.none() | names,
    channel=st.none() | names,
    priority=st.integers(1, 4),
    params=st.dictionaries(names, values, max_size=3),
)
batches = st.builds(
    Batch,
    epoch=epochs,
    seq=sequences,
    boot=st.text(max_size=36),
    site_class=names,
    alarms=st.lists(alarms, max_size=2).map(tuple),
    tables=st.lists(tables(), max_size=3).map(tuple),
    losses=st.lists(losses, max_size=2).map(tuple),
)
receipts = st.builds(Receipt, epoch=epochs, ranges=st.lists(st.tuples(sequences, sequences)).map(tuple))
channel_abouts = st.builds(
    ChannelAbout,
    name=names,
    quantity=st.sampled_from(Quantity).map(str),
    unit=st.text(max_size=5),
    title=st.text(max_size=5),
    titles=st.dictionaries(st.sampled_from(["ru", "kk", "en"]), st.text(max_size=5)),
)
abouts = st.builds(
    About,
    version=st.text(max_size=8),
    epoch=epochs,
    boot=st.text(max_size=36),
    site_class=names,
    started_ms=milliseconds,
    devices=st.lists(
        st.builds(
            DeviceAbout,
            name=names,
            profile=st.text(max_size=8),
            model=st.text(max_size=8),
            link=st.text(max_size=8),
            period_s=st.floats(1, 3600),
            channels=st.lists(channel_abouts, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
)
statuses = st.builds(
    Status,
    state=st.sampled_from(Presence),
    epoch=epochs,
    clock=st.sampled_from(Clock),
    outbox_batches=st.integers(0, 10**9),
    silent_devices=st.lists(names, max_size=3).map(tuple),
    links=st.lists(st.builds(LinkStatus, name=names, up=st.booleans()), max_size=2).map(tuple),
)
reports = st.builds(
    Report, id=epochs, document=st.just(msgspec.Raw(b'{"site":"bh-07"}')), pdf=st.binary(max_size=80)
)
messages = batches | receipts | abouts | statuses | reports | st.builds(Kept, id=epochs)
