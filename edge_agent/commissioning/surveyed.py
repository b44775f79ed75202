"""What a survey brings. Pure."""

from msgspec import Struct

from edge_agent.commissioning.configured import Here
from edge_agent.commissioning.identity import Identity
from edge_agent.commissioning.outcomes import Outcome
from edge_agent.commissioning.reading import Shown
from edge_agent.samples import Block
from edge_agent.settings import Link


class Surveyed(Struct, kw_only=True):
    """One device and all that came of it."""

    here: Here
    blocks: tuple[Block, ...]
    identity: Identity = Identity()
    serial: str = ""
    polls: list[tuple[Shown, ...]] = []
    heard: list[Outcome] = []


class SurveyedLink(Struct, frozen=True, kw_only=True):
    """One link; `trouble` says why it failed, empty: it did not."""

    link: Link
    devices: tuple[Surveyed, ...]
    trouble: str = ""
