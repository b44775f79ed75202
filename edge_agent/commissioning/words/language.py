"""What a language brings to a report."""

from collections.abc import Mapping

from msgspec import Struct


class Words(Struct, frozen=True, kw_only=True):
    """One language, complete; `{…}` are filled in."""

    title: str
    site: str
    site_classes: Mapping[str, str]
    gateway: str
    made: str
    person: str
    program: str
    number: str
    page: str
    """`{page}` of `{pages}`."""
    lines: str
    link: str
    address: str
    line_setting: str
    load: str
    requests: str
    errors: str
    latency: str
    """Least, median and greatest, ms."""
    trouble: str
    no_errors: str
    error_kinds: Mapping[str, str]
    devices: str
    device: str
    """`{name}`, `{model}`."""
    profile: str
    period: str
    every: str
    """`{seconds}`."""
    identified: str
    firmware: str
    serial: str
    not_told: str
    photos: str
    channel: str
    raw: str
    value: str
    corrected: str
    extent: str
    """Of the least and the greatest value."""
    valid_range: str
    quality: str
    good: str
    samples: str
    """How many samples of a channel there are, and what the table shows of them."""
    calibrations: str
    correction: str
    reference: str
    before: str
    after: str
    certificate: str
    certificate_dates: str
    """`{date}`, `{until}`."""
    compared: str
    """`{date}`, `{person}`."""
    notes: str
    signatures: str
    signed_by: tuple[str, ...]
    name_and_position: str
    signature: str
    date: str
    attached: str
    """That a file with all samples belongs to it: `{digest}`."""
