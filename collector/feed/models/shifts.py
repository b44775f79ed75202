"""The shift log, its hand-over, and the degree of adverse weather conditions."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from collector.feed.models.alarms import Incident
from collector.shifts.log import Item, Kind


class Handover(BaseModel):
    """The shift waits for the next one to accept it."""

    to: str
    notes: str
    t_ms: int


class Shift(BaseModel):
    """The shift that lasts."""

    model_config = ConfigDict(title="Shift")

    by: str
    since_ms: int
    handover: Handover | None


class ShiftEntry(BaseModel):
    """An entry; a note that was corrected is not flagged any more."""

    model_config = ConfigDict(title="ShiftEntry")

    seq: int
    t_ms: int
    by: str
    kind: Kind
    text: str
    flagged: bool
    corrects: int | None
    to: str
    of: str = Field(description="Of an end: whose shift it was.")
    ticked: list[Item]


class Open(BaseModel):
    """What is open now, for the hand-over."""

    unacknowledged: int
    shelved: int
    out_of_service: int
    incidents: list[Incident]


class ShiftState(BaseModel):
    """Who has the shift, the newest entries and all that are flagged, the newest first; what is open."""

    current: Shift | None
    entries: list[ShiftEntry]
    open: Open


class EntryWanted(BaseModel):
    """A note; with `corrects` instead of another one, which stays to be read."""

    text: str = Field(min_length=1, max_length=4000, examples=["Pump 2 was changed over at 03:10."])
    flagged: bool = Field(default=False, description="Shown to every shift until it is corrected.")
    corrects: int | None = Field(default=None, ge=1, le=2**53)


Ticked = Annotated[list[Item], Field(max_length=20, description="The items that were gone through.")]


class HandoverWanted(BaseModel):
    """To whom the shift is handed over."""

    to: str = Field(min_length=1, max_length=64, examples=["boris"])
    notes: str = Field(default="", max_length=4000)
    ticked: Ticked


class AcceptWanted(BaseModel):
    """The shift is accepted."""

    ticked: Ticked


class EndWanted(BaseModel):
    """A shift that nobody will hand over is ended."""

    of: str = Field(min_length=1, max_length=64, description="Whose shift it is.", examples=["anna"])
    reason: str = Field(
        min_length=1,
        max_length=4000,
        pattern=r"\S",
        examples=["Went home ill at 02:40 without handing over; Boris goes on."],
    )


Time = Annotated[int, Field(ge=0, le=2**53)]


class Nmu(BaseModel):
    """A degree for a time, the end not included; where times overlap the newest counts."""

    model_config = ConfigDict(title="Nmu")

    degree: int = Field(ge=0, le=3)
    from_ms: int
    to_ms: int
    source: str
    by: str
    t_ms: int


class NmuWanted(BaseModel):
    """A degree as the weather service announced it; 0 takes back what was entered."""

    degree: int = Field(ge=0, le=3)
    from_ms: Time
    to_ms: Time
    source: str = Field(min_length=1, max_length=400, examples=["Kazhydromet, 26 January, 12:00"])


class NmuState(BaseModel):
    """What is in force now, and what was entered, the newest first."""

    current: Nmu | None
    entries: list[Nmu]
