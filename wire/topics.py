"""MQTT topics, built and parsed side by side: `ulba/v1/<site>/<gateway>/<channel>`."""

import re
from enum import StrEnum
from urllib.parse import quote

from msgspec import Struct

ROOT = "ulba/v1"
_TOPIC = re.compile(r"ulba/v1/([a-z0-9][a-z0-9_-]{0,62})/([a-z0-9][a-z0-9_-]{0,62})/([a-z]+)")


class Kind(StrEnum):
    """What a topic carries; ABOUT, STATUS and NMU are retained."""

    BATCH = "batch"
    ABOUT = "about"
    STATUS = "status"
    RECEIPT = "receipt"
    COMMAND = "command"
    ANSWER = "answer"
    REPORT = "report"
    KEPT = "kept"
    NMU = "nmu"


class Gateway(Struct, frozen=True, order=True):
    """A gateway's address: where it stands and which one it is."""

    site: str
    gateway: str

    def __str__(self) -> str:
        return f"{self.site}/{self.gateway}"


REGION = Gateway("region", "centre")
"""Stands for the region itself, where something is about no site."""


class ForeignTopicError(ValueError):
    """A topic that is none of ours."""


def build(gateway: Gateway, kind: Kind) -> str:
    """The topic of one kind of message of one gateway."""
    return f"{ROOT}/{gateway.site}/{gateway.gateway}/{kind}"


NMU = build(REGION, Kind.NMU)
"""Where another system announces the degree of adverse weather conditions."""


def parse(topic: str) -> tuple[Gateway, Kind]:
    """The inverse of `build`.

    Raises:
        ForeignTopicError: anything else.
    """
    match = _TOPIC.fullmatch(topic)
    if match is None or match[3] not in Kind.__members__.values():
        raise ForeignTopicError(f"{topic!r} is not ulba/v1/<site>/<gateway>/<{'|'.join(Kind)}>")
    return Gateway(match[1], match[2]), Kind(match[3])


def alarm(gateway: Gateway, what: str) -> str:
    """The topic of the state of one alarm; what it is about is one level, percent-encoded (RFC 3986)."""
    return f"{ROOT}/{gateway.site}/{gateway.gateway}/alarm/{quote(what, safe='')}"


EVERY_ALARM = f"{ROOT}/+/+/alarm/+"
"""The subscription filter for the alarms of all gateways."""


def every(kind: Kind) -> str:
    """The subscription filter for one kind of message of all gateways."""
    return f"{ROOT}/+/+/{kind}"
