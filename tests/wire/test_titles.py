"""A channel's title is read in the reader's language, as far as anybody has said it in that language."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wire.texts.titles import channel_title, term_of, translated
from wire.titles import by_language, in_language, plain


@pytest.mark.parametrize(
    ("title", "russian", "kazakh"),
    [
        ("Wind speed", "Скорость ветра", "Жел жылдамдығы"),
        ("Input 7", "Вход 7", "7-кіріс"),
        ("Voltage L2", "Напряжение, фаза L2", "Кернеу, L2 фазасы"),
        ("Flow G3, system 2", "Расход G3, система 2", "G3 шығыны, 2-жүйе"),
        ("Particles above 0.3 µm", "Частицы крупнее 0,3 мкм", "Өлшемі 0,3 мкм-ден ірі бөлшектер"),
    ],
)
def test_what_the_table_has_is_translated_with_its_numbers(title: str, russian: str, kazakh: str) -> None:
    assert [translated(title, language) for language in ("ru", "kk", "en")] == [russian, kazakh, title]


@pytest.mark.parametrize("title", ["", "Насос у ворот", "Supply temperature of house 7", "Input {n} of 8"])
def test_what_a_site_wrote_for_itself_is_shown_as_it_is(title: str) -> None:
    assert {channel_title(title, {}, language) for language in ("ru", "kk", "en")} == {title}


def test_the_wordings_of_a_site_come_before_the_table() -> None:
    titles = {"ru": "Прямая", "en": "Wind speed"}
    said = [channel_title("Wind speed", titles, language) for language in ("ru", "kk", "en")]
    assert said == ["Прямая", "Wind speed", "Wind speed"]


def test_a_title_has_one_wording_for_those_who_know_no_languages() -> None:
    assert (plain("Pump"), by_language("Pump")) == ("Pump", {})
    assert plain({"ru": "Насос", "en": "Pump"}) == "Pump"
    assert plain({"kk": "Сорғы", "ru": "Насос"}) == "Сорғы"
    assert in_language("Сорғы", {"kk": "Сорғы", "ru": "Насос"}, "ru") == "Насос"
    assert in_language("Сорғы", {"kk": "Сорғы"}, "en") == "Сорғы"


@given(st.text(), st.sampled_from(["ru", "kk", "en"]))
def test_any_title_is_shown(title: str, language: str) -> None:
    assert translated(title, language) == title or term_of(title)


def test_the_running_agent_has_no_texts_in_memory() -> None:
    code = "import sys, edge_agent.running, edge_agent.pipeline; print('wire.texts' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]
