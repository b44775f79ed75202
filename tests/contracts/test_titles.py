"""Every title that the project ships is there in Russian and Kazakh, and no translation for nothing."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent import settings
from firmware_sim.plant import air_post, boiler_variables
from sensor_profiles import loader
from wire.texts.titles import Term, term_of, terms

ROOT = Path(__file__).parents[2]
CONFIGURATIONS = sorted([*(ROOT / "config" / "sites").glob("*.toml"), ROOT / "config" / "agent.toml"])
DESIGNATION = r"L\{n\}|[GMTVt]3|\bN\b|PM\d+(,\d)?|\b(SO₂|NO₂|NO|CO₂|CO|H₂S|O₃|CH₂O)\b"
"""Phases, quantities as heat meters name them, a terminal, fractions of dust, formulas."""
SAME_IN_BOTH = {"Ozone", "Formaldehyde", "Temperature"}
"""Words that Kazakh has from where Russian has them."""
LANGUAGES = ("ru", "kk")


def titles() -> Iterator[tuple[str, str]]:
    """Where a title stands, and the title; those that say it in each language by themselves are left out."""
    for path in loader.library().values():
        yield from ((path.name, one.title) for one in loader.load(path).channels if not one.titles)
    for path in CONFIGURATIONS:
        channels = (one for device in settings.load(path).devices for one in device.channels)
        yield from ((path.name, one.title) for one in channels if not one.titles)
    for variables in (air_post.VARIABLES, boiler_variables.VARIABLES):
        yield from (("the demo", one.title) for one in variables.values())


def numbers(text: str) -> list[str]:
    return sorted(re.findall(r"[0-9]+(?:\.[0-9]+)?|\{n\}", text.replace(",", ".")))


def test_every_title_is_in_the_table() -> None:
    missing = {title: where for where, title in titles() if term_of(title) is None}
    assert not missing, "give each a line in wire/texts/titles.toml"


def test_every_entry_of_the_table_is_some_title() -> None:
    used = {found[0] for _, title in titles() if (found := term_of(title))}
    assert set(terms()) == used, "remove from wire/texts/titles.toml what nothing is called any more"


@pytest.mark.parametrize("title", terms())
def test_a_translation_is_whole_and_has_nothing_foreign(title: str) -> None:
    assert wrong(title, terms()[title]) == []


def wrong(title: str, term: Term) -> list[str]:
    """What is wrong with the translations of a title."""
    found: list[str] = []
    for language in LANGUAGES:
        said: str = getattr(term, language)
        if not re.search("[а-яё]", said):
            found.append(f"{language} has no word")
        if numbers(said) != numbers(title):
            found.append(f"{language} has other numbers or places for them")
        if re.search(r"[A-Za-z]", re.sub(rf"{DESIGNATION}|\{{n\}}", "", said)):
            found.append(f"{language} has a foreign word")
        if said != said.strip() or said.endswith("."):
            found.append(f"{language} is not just a title")
    if re.search("[әғқңөұүһі]", term.ru.lower()):
        found.append("ru is Kazakh")
    if (term.ru == term.kk) != (title in SAME_IN_BOTH):
        found.append("kk is Russian")
    return found


@pytest.mark.parametrize(
    ("ru", "kk", "what"),
    [
        ("Flow {n}", "{n}-шығын", "ru has no word"),
        ("Расход flow {n}", "{n}-шығын", "ru has a foreign word"),
        ("Расход", "{n}-шығын", "ru has other numbers or places for them"),
        ("Расход {n}", "шығын 1", "kk has other numbers or places for them"),
        ("Расход {n}", "Расход {n}", "kk is Russian"),
        ("{n}-шығын", "{n}-шығын", "ru is Kazakh"),
        ("Расход {n}.", "{n}-шығын", "ru is not just a title"),
    ],
)
def test_a_wrong_translation_is_seen(ru: str, kk: str, what: str) -> None:
    assert what in wrong("Flow {n}", Term(ru=ru, kk=kk))


def test_sample_sites_are_called_in_each_language() -> None:
    for path in CONFIGURATIONS:
        site = settings.load(path)
        assert not site.site_title or set(site.site_titles) == {"ru", "kk", "en"}, path.name
