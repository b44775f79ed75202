"""How the alarm system itself does."""

from pydantic import BaseModel, ConfigDict, Field

from collector.feed.models.alarms import Alarm


class Slot(BaseModel):
    """How many alarms called in ten minutes."""

    t_ms: int
    n: int


class BadActor(BaseModel):
    """An alarm that called often."""

    key: str
    title: str
    n: int


class Promptness(BaseModel):
    """How long alarms waited for somebody; null: nobody acknowledged any."""

    median_s: float | None
    p90_s: float | None
    n: int


class PersonsPromptness(Promptness):
    """Of one person."""

    by: str


class Kpi(BaseModel):
    """Figures of a span of time, after EEMUA 191 and ISA-18.2 as they are quoted in public."""

    model_config = ConfigDict(title="Kpi")

    per_10min: list[Slot] = Field(description="Each ten minutes in which an alarm called.")
    per_day: float
    time_in_flood_share: float = Field(description="0…1; a flood begins above ten alarms in ten minutes.")
    top: list[BadActor] = Field(description="The ten that called most.")
    standing: list[Alarm] = Field(description="Whose condition has held for more than a day.")
    chattering: list[Alarm] = Field(description="That called three times within a minute.")
    time_to_ack: Promptness
    priorities: list[int] = Field(min_length=4, max_length=4, description="How many of each priority.")
    by_person: list[PersonsPromptness]
