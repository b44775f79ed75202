"""What was sent to people."""

from pydantic import BaseModel, Field

from collector.notify.delivery import State


class SentMessage(BaseModel):
    """One message to one channel of a person."""

    id: int
    person: str
    channel: str = Field(description="The reference that stands in the configuration; never what it holds.")
    title: str
    body: str
    alarms: list[str] = Field(description="Keys of what it tells of, the worst first; none: a test.")
    state: State
    decided_ms: int
    attempts: int = Field(description="Those that have failed.")
    done_ms: int | None = Field(description="When the channel took it.")
    next_ms: int | None = Field(description="When it is tried next.")
    said: str = Field(description="What came of the last attempt, or why none is made.")


class SentPage(BaseModel):
    """The newest first."""

    sent: list[SentMessage]
    next_before: int | None
