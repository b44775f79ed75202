"""Alarms, incidents, floods, the journal, and what people do to alarms."""

from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from collector.alarms.lifecycle import State, Trigger
from collector.feed.models.people import Language
from collector.feed.problems import ProblemCode

Priority = Annotated[int, Field(ge=1, le=4, description="1 is the most urgent.", examples=[1])]
Key = Annotated[str, Field(max_length=400, examples=["bh-01/gw-1/high_high/boiler-1/t_supply"])]
SiteName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$", examples=["bh-01"])]
Number = float | None


class AsideBy(BaseModel):
    """Why an alarm is shelved, suppressed or out of service."""

    by: str
    since_ms: int
    until_ms: int | None = Field(description="When it ends by itself; null: not by itself.")
    reason: str


class Word(BaseModel):
    """What a person said of an occurrence, and when."""

    by: str
    t_ms: int
    comment: str


class Alarm(BaseModel):
    """One condition at one place, as it is now."""

    model_config = ConfigDict(title="Alarm")

    key: Key
    occurrence: str = Field(description="The gateway's id of the time it was raised last.")
    site: str
    site_title: str
    group: str = Field(description="The group of sites that the site belongs to.")
    gateway: str
    device: str | None
    channel: str | None
    point: str | None = Field(description="site/device/channel, where it is about one.")
    link: str | None
    code: str = Field(description="What is wrong.", examples=["high_high"])
    state: State
    active: bool = Field(description="Whether the condition holds.")
    priority: Priority
    aside: AsideBy | None
    acknowledged: Word | None
    since_ms: int = Field(description="When it was raised, by the gateway's clock.")
    changed_ms: int = Field(description="When its state changed last.")
    seq: int = Field(description="The number of its newest entry in the journal.")
    incident: int = Field(description="The incident it belongs to; 0: to none.")
    chattering: bool = False
    standing: bool = False
    suspect: str | None = None
    false: Word | None = Field(description="A person found that it was none.")
    value: Number
    limit: Number
    expected: Number
    unit: str | None
    title: str
    happened: str
    evidence: str
    check: str
    cause: str | None = None
    consequence: str | None = None
    action: str | None = None


class Incident(BaseModel):
    """Alarms of one cause."""

    model_config = ConfigDict(title="Incident")

    id: int
    kind: str = Field(description="What is struck: site or sites.", examples=["site"])
    sites: list[str]
    first_ms: int
    last_ms: int
    urgent: bool = Field(description="Whether one of its alarms was of priority 1 or 2.")
    alarms: int = Field(description="How many of them are listed.")
    unacknowledged: int
    title: str


class Flags(BaseModel):
    """What the time has made of an alarm: it chatters no more, or stands for more than a day by now."""

    key: str
    chattering: bool
    standing: bool


class Flood(BaseModel):
    """More alarms than people can take in."""

    model_config = ConfigDict(title="Flood")

    since_ms: int
    alarms_10min: int
    incidents: list[int]
    hidden: int


class AlarmFilter(BaseModel):
    """Which alarms are listed."""

    lang: Language | None = Field(default=None, description="Of the texts; else the person's.")
    site: SiteName | None = None
    priority: Priority | None = None
    state: State | None = None
    aside: bool = Field(default=False, description="Also what is shelved, suppressed, out of service.")


class AlarmList(BaseModel):
    """The alarms as they are at journal number `seq`: the stream goes on after it."""

    seq: int
    server_ms: int
    alarms: list[Alarm]
    incidents: list[Incident]
    flood: Flood | None = None


class JournalLine(BaseModel):
    """One entry of the journal: who or what changed an alarm, and how."""

    model_config = ConfigDict(title="JournalLine")

    seq: int
    t_ms: int
    key: Key
    site: str
    trigger: Trigger | None = Field(description="Null where only the numbers changed.")
    before: State
    after: State
    occurrence: str
    by: str
    address: str
    comment: str
    until_ms: int | None
    code: str | None = Field(description="What is wrong; null where the alarm is not known any more.")
    title: str
    happened: str


class AlarmHistory(BaseModel):
    """An alarm and all of its journal, the newest first (500 at most)."""

    alarm: Alarm
    journal: list[JournalLine]


class Change(BaseModel):
    """What the journal entry of an event says."""

    t_ms: int
    trigger: Trigger | None
    before: State
    after: State
    by: str


class Verb(StrEnum):
    """What people do to alarms."""

    ACKNOWLEDGE = "acknowledge"
    RESET = "reset"
    SHELVE = "shelve"
    SUPPRESS = "suppress"
    REMOVE = "remove"
    RELEASE = "release"


class Meant(BaseModel):
    """An alarm, as the person saw it."""

    key: Key
    occurrence: str = Field(
        default="", max_length=250, description="Empty: whatever there is now; else another one is refused."
    )


Comment = Annotated[str, Field(max_length=2000)]


class ActionWanted(BaseModel):
    """What is to be done to which alarms."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "action": "acknowledge",
                    "alarms": [{"key": "bh-01/gw-1/high_high/boiler-1/t_supply", "occurrence": ""}],
                    "comment": "the stoker is told",
                }
            ]
        }
    )

    action: Verb
    alarms: list[Meant] = Field(min_length=1, max_length=500)
    comment: Comment = Field(
        default="", description="Shelving, suppressing and taking out of service need one."
    )
    until_ms: int = Field(default=0, ge=0, le=2**53, description="When shelving ends by itself.")
    permit: str = Field(default="", max_length=100, description="The number of a work permit.")


class RefusedAlarm(BaseModel):
    """Why something was not done to one alarm."""

    key: str
    code: ProblemCode
    params: dict[str, Any]
    detail: str


class ActionDone(BaseModel):
    """What came of an action."""

    done: list[Alarm]
    refused: list[RefusedAlarm]


class FalseWanted(BaseModel):
    """Which alarm was none, and why."""

    key: Key
    occurrence: str = Field(max_length=250)
    comment: str = Field(min_length=1, max_length=2000)
