"""What people call a channel or a site, as a configuration writes it: once for all, or in each language.

title = "Supply temperature"
title = { ru = "Температура подачи", kk = "Беру температурасы", en = "Supply temperature" }
"""

from collections.abc import Mapping
from typing import Annotated, Literal

from msgspec import Meta

Titles = Annotated[dict[Literal["ru", "kk", "en"], str], Meta(min_length=1)]
Title = str | Titles


def plain(title: Title) -> str:
    """The wording for those who know one alone: the English, else the first that is written."""
    return title if isinstance(title, str) else title.get("en") or next(iter(title.values()), "")


def by_language(title: Title) -> dict[str, str]:
    """The wordings of a title that has one for each language; none of a plain one."""
    return {} if isinstance(title, str) else {str(language): said for language, said in title.items()}


def in_language(title: str, titles: Mapping[str, str], language: str) -> str:
    """A title as those call it who read a language; without a wording for them the plain one."""
    return titles.get(language) or title
