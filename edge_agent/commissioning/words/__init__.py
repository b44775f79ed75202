"""The words of a commissioning report, one table a language; units and reasons are those of alarms."""

from collections.abc import Mapping
from typing import Final

from edge_agent.commissioning.words.en import ENGLISH
from edge_agent.commissioning.words.kk import KAZAKH
from edge_agent.commissioning.words.language import Words
from edge_agent.commissioning.words.ru import RUSSIAN

__all__ = ["WORDS", "Words"]

WORDS: Final[Mapping[str, Words]] = {"ru": RUSSIAN, "kk": KAZAKH, "en": ENGLISH}
