"""What InfluxDB's answer to a write means.

    Complaint               some of the lines are bad; the good ones may or may not be stored
    DatabaseMissingError    create it, then write the same again
    StoreUnavailableError   write the same again later

InfluxDB 1.6.7 answers 400 "partial write" although the good lines are stored, and 400 "field type conflict"
alone when two lines of one request conflict; then none is stored. 2.x answers 422 to a conflict.
"""

import re

import msgspec
from msgspec import Struct

from collector.store import StoreUnavailableError

_CONFLICT = re.compile(
    r'input field "(.+?)" on measurement ".+?" is type (\w+), already exists as type (\w+)'
)
_DROPPED = re.compile(r"dropped=(\d+)")
_OF_LINES = re.compile(
    r"partial write|unable to parse|parsing failed|field type conflict|line protocol|outside range|retention"
)
_LIMIT = "limit exceeded"


class DatabaseMissingError(Exception):
    """InfluxDB runs, but has no such database (v2: bucket)."""


class Answer(Struct, frozen=True):
    """A status and what the server said."""

    status: int
    text: str = ""


class Complaint(Struct, frozen=True):
    """Why not every line was stored.

    `dropped` is how many were not, where InfluxDB counts them; `key` and `kind` name the field in conflict.
    """

    reason: str
    dropped: int | None = None
    key: str | None = None
    kind: str | None = None


class _Said(Struct):
    error: str = ""
    message: str = ""


def complaint_in(answer: Answer, server: str) -> Complaint | None:
    """None where every line is stored.

    Args:
        answer: to a write.
        server: how it is called in sentences, such as `InfluxDB at http://127.0.0.1:8086`.

    Raises:
        DatabaseMissingError: create it and write the same again.
        StoreUnavailableError: write the same again later.
    """
    if answer.status == 204:  # noqa: PLR2004 - nothing else says stored: a 200 is some other server's
        return None
    said = said_by(answer.text)
    if answer.status == 413:  # noqa: PLR2004 - RFC 9110, Content Too Large
        return Complaint("a request of this size is too large for the server")
    if answer.status == 404:  # noqa: PLR2004 - RFC 9110, Not Found
        raise DatabaseMissingError(said)
    if answer.status in {400, 422} and _OF_LINES.search(said) and _LIMIT not in said:
        return _complaint(said)
    raise StoreUnavailableError(sentence(answer.status, said, server))


def sentence(status: int, said: str, server: str) -> str:
    """What stands in the way, for a person."""
    if status in {401, 403}:
        return f"{server} refuses the login (user, password or token): {said or status}"
    return f"{server} answered {status}: {said or 'nothing more'}"


def said_by(text: str) -> str:
    """The message in an answer's JSON, or the beginning of whatever it is instead."""
    try:
        said = msgspec.json.decode(text, type=_Said)
    except msgspec.DecodeError:
        return text.strip()[:300]
    return said.error if not said.message else said.message


def _complaint(said: str) -> Complaint:
    dropped = _DROPPED.search(said)
    if conflict := _CONFLICT.search(said):
        key, kind, stored = conflict.groups()
        reason = f"is a {kind}, but InfluxDB already keeps `{key}` as {stored}"
        return Complaint(reason, int(dropped[1]) if dropped else None, key, kind)
    # A line that cannot be parsed is dropped, yet counted as dropped=0.
    counted = dropped is not None and "unable to parse" not in said
    return Complaint(said, int(dropped[1]) if dropped and counted else None)
