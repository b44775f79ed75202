"""Titles of channels in the reader's language, by the table of what they are in English. Pure."""

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from msgspec import Struct

from wire import config_file
from wire.titles import in_language

_FILE: Final = "titles.toml"
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")
_KEPT: Final = 8192
"""Titles in a language; one takes about 0.3 kB."""


class Term(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A title in the languages that are not its own; `{n}` in it is the number in the title."""

    ru: str
    kk: str


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    term: dict[str, Term]


@cache
def terms() -> Mapping[str, Term]:
    """The table: an English title, with `{n}` where a number may stand → what it is in other languages."""
    text = files(__package__).joinpath(_FILE).read_text(encoding="utf-8")
    return config_file.parse(text, _File, _FILE).term


def channel_title(title: str, titles: Mapping[str, str], language: str) -> str:
    """A channel's title for people who read a language.

    Args:
        title: as its profile or its site wrote it.
        titles: the site's own wordings by language; where there are any, the table is not asked.
        language: ru, kk or en.

    Returns:
        The title as it was written where the table does not have it.
    """
    return in_language(title, titles, language) if titles else translated(title, language)


@lru_cache(maxsize=_KEPT)
def translated(title: str, language: str) -> str:
    """A title by the table; as it is where the table does not have it."""
    found = term_of(title)
    if language == "en" or found is None:
        return title
    name, number = found
    said: str = getattr(terms()[name], language)
    return said.replace("{n}", number.replace(".", ","))


def term_of(title: str) -> tuple[str, str] | None:
    """Which entry of the table a title is, and the number that stands for its `{n}`; None: it has none."""
    return next((found for found in _readings(title) if found[0] in terms()), None)


def _readings(title: str) -> Iterator[tuple[str, str]]:
    """A title as it stands, then with each of its numbers taken for `{n}`."""
    yield title, ""
    for found in _NUMBER.finditer(title):
        yield f"{title[: found.start()]}{{n}}{title[found.end() :]}", found[0]
