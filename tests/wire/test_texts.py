"""Every alarm has its sentences in every language, complete, with the same parameters and nothing foreign."""

import re
from datetime import timedelta, timezone
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.strategies import alarms
from wire.messages import About, AlarmCode, AlarmEvent, AlarmState, ChannelAbout, Clock, DeviceAbout, Quality
from wire.quantities import Quantity
from wire.texts import CENTRE_CODES, GATEWAY_SILENT, LANGUAGES, Names, Text, names_of, render
from wire.texts.language import Language, Noun, Phrases
from wire.texts.parameters import COMMON, PARAMETERS
from wire.texts.showing import count, duration, moment, number, with_unit

ALMATY = ZoneInfo("Asia/Almaty")
T_MS = 1_769_379_600_000  # 2026-01-26 03:20 +05:00
EACH = pytest.mark.parametrize("language", LANGUAGES)
SUPPLY = ChannelAbout(name="t_supply", quantity="temperature", unit="Cel", title="Supply temperature")
NAMES = Names(gateway="bh-07/gw-1", channels={("heat", "t_supply"): SUPPLY})
PARTS = Phrases.__struct_fields__


def every_sentence(language: Language) -> dict[str, str]:
    """All that a language says, by where it stands."""
    phrases = {**language.phrases, "unknown": language.unknown_code}
    found = {f"{code}.{part}": getattr(phrase, part) for code, phrase in phrases.items() for part in PARTS}
    for key in language.__struct_fields__:
        value = getattr(language, key)
        if isinstance(value, str):
            found[key] = value
        elif key in {"reasons", "detectors", "relations", "units", "incidents", "doubts"}:
            found |= {f"{key}.{name}": word for name, word in value.items()}
        elif key == "forms":
            found |= {f"{noun}.{n}": word for noun, words in value.items() for n, word in enumerate(words)}
    return found


def fields(sentence: str) -> list[str]:
    return sorted(set(re.findall(r"\{(\w*)\}", sentence)))


@EACH
def test_every_code_has_all_parts_and_they_name_only_what_there_is(language: str) -> None:
    said = LANGUAGES[language]
    assert set(said.phrases) == {*AlarmCode, *CENTRE_CODES} == set(PARAMETERS)
    for code, phrases in said.phrases.items():
        for part in PARTS:
            sentence = getattr(phrases, part)
            assert sentence.strip(), (code, part)
            assert set(fields(sentence)) <= {*PARAMETERS[code], *COMMON}, (code, part)
            assert part == "name" or sentence.endswith("."), (code, part)
        told = fields(phrases.happened + phrases.evidence)
        assert set(PARAMETERS[code]) <= set(told), f"{code} does not tell all its parameters"


def test_all_languages_name_the_same_parameters_in_the_same_parts() -> None:
    reference = {key: fields(text) for key, text in every_sentence(LANGUAGES["ru"]).items()}
    for language in LANGUAGES.values():
        found = {key: fields(text) for key, text in every_sentence(language).items()}
        assert {k: v for k, v in found.items() if v} == {k: v for k, v in reference.items() if v}


@EACH
def test_no_table_of_a_language_lacks_a_word(language: str) -> None:
    said, reference = LANGUAGES[language], LANGUAGES["ru"]
    for table in ("reasons", "detectors", "relations", "units", "forms", "incidents", "doubts"):
        assert set(getattr(said, table)) == set(getattr(reference, table)), table
    assert {quantity.unit for quantity in Quantity} <= set(said.units)
    assert {quality for quality in Quality if quality.startswith("bad.")} <= set(said.reasons)
    assert set(said.forms) == set(Noun)


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_no_english_word_stands_in_russian_or_kazakh(language: str) -> None:
    for key, text in every_sentence(LANGUAGES[language]).items():
        bare = re.sub(r"\{\w*\}|°C|%[dmYHM]", "", text)
        assert not re.search(r"[A-Za-z]", bare), (key, text)


def test_kazakh_is_not_russian_left_untranslated() -> None:
    russian, kazakh = (every_sentence(LANGUAGES[name]) for name in ("ru", "kk"))
    alike = {key for key, text in kazakh.items() if text == russian[key] and len(text.split()) > 1}
    assert alike == {"time"}
    for code in PARAMETERS:
        for part in ("happened", "check"):
            assert re.search("[әғқңөұүһі]", kazakh[f"{code}.{part}"]), (code, part)


RUSSIAN_MINUTES = {
    1: "1 минуту",
    2: "2 минуты",
    4: "4 минуты",
    5: "5 минут",
    11: "11 минут",
    12: "12 минут",
    21: "21 минуту",
    22: "22 минуты",
    25: "25 минут",
}


def test_counts_take_the_right_form() -> None:
    russian = LANGUAGES["ru"]
    assert {n: count(n, Noun.MINUTE, russian) for n in RUSSIAN_MINUTES} == RUSSIAN_MINUTES
    assert count(111, Noun.POLL, russian) == "111 опросов"
    assert count(101, Noun.POLL, russian) == "101 опрос"
    assert [count(n, Noun.DEVICE, LANGUAGES["kk"]) for n in (1, 5)] == ["1 құрылғы", "5 құрылғы"]
    assert [count(n, Noun.DEVICE, LANGUAGES["en"]) for n in (1, 5)] == ["1 device", "5 devices"]


@pytest.mark.parametrize(
    ("value", "unit", "russian", "english"),
    [
        (95.25, "Cel", "95,25 °C", "95.25 °C"),
        (-0.5, "kPa", "−0,5 кПа", "−0.5 kPa"),
        (0.0, "ug/m3", "0 мкг/м³", "0 µg/m³"),
        (-0.0000001, "m3/h", "0 м³/ч", "0 m³/h"),
        (19486.4, "t", "19 486 т", "19,486 t"),
        (0.00812, "mg/m3", "0,00812 мг/м³", "0.00812 mg/m³"),
        (45.0, "deg", "45°", "45°"),
        (3.0, "1", "3", "3"),
        (3.0, "furlong", "3 furlong", "3 furlong"),
        (float("nan"), "", "неизвестно", "unknown"),
    ],
)
def test_numbers_are_written_as_people_write_them(
    value: float, unit: str, russian: str, english: str
) -> None:
    for language, wanted in (("ru", russian), ("en", english)):
        assert with_unit(value, unit, LANGUAGES[language]).replace("\N{NO-BREAK SPACE}", " ") == wanted


@given(st.floats(), st.sampled_from(sorted(LANGUAGES)))
def test_any_number_is_short_enough_or_whole(value: float, language: str) -> None:
    shown = number(value, LANGUAGES[language])
    assert "e" not in shown or not any(c.isdigit() for c in shown)


def test_durations_name_the_two_largest_units() -> None:
    said = LANGUAGES["ru"]
    assert [duration(s, said) for s in (0.2, 59, 60, 3661, 7200, 90_061, 86_401)] == [
        "меньше секунды",
        "59 секунд",
        "1 минуту",
        "1 час 1 минуту",
        "2 часа",
        "1 день 1 час",
        "1 день",
    ]


def test_times_are_local_or_iso() -> None:
    assert moment(T_MS, LANGUAGES["kk"], ALMATY) == "26.01.2026 03:20"
    assert moment(T_MS, LANGUAGES["en"], timezone(timedelta(hours=1))) == "2026-01-25 23:20"
    assert moment(T_MS, LANGUAGES["ru"], None) == "2026-01-25T22:20Z"
    assert moment(2**53, LANGUAGES["ru"], ALMATY) == "неизвестно"


HIGH = AlarmEvent(
    id="high/heat/t_supply/1",
    code="high",
    state=AlarmState.RAISED,
    t_ms=T_MS + 300_000,
    since_ms=T_MS,
    device="heat",
    channel="t_supply",
    params={"value": 96.25, "limit": 95.0, "clear_at": 93.0, "unit": "Cel"},
)


def plain(text: Text) -> list[str]:
    parts: tuple[str, ...] = msgspec.structs.astuple(text)
    return [part.replace("\N{NO-BREAK SPACE}", " ") for part in parts]


def test_a_limit_in_russian() -> None:
    title, happened, evidence, check = plain(render(HIGH, "ru", NAMES, ALMATY))
    assert title == "Температура в подающем трубопроводе (heat): выше предела"
    assert happened.startswith("Температура в подающем трубопроводе (heat): 96,25 °C, ")
    assert happened.endswith("должно быть не выше 95 °C. Началось 26.01.2026 03:20.")
    assert evidence == "Показание за пределом уже 5 минут; тревога снимется, когда оно вернётся к 93 °C."
    assert check.startswith("Сверьте показание")


def test_a_limit_in_kazakh_and_english() -> None:
    title, happened, evidence, _ = plain(render(HIGH, "kk", NAMES, ALMATY))
    assert title == "Беру құбырындағы температура (heat): жоғарғы шектен жоғары"
    assert happened.startswith("Беру құбырындағы температура (heat): 96,25 °C, жоғарғы шегі — 95 °C. ")
    assert happened.endswith("Басталған уақыты: 26.01.2026 03:20.")
    assert evidence.startswith("Көрсеткіш 5 минут бойы шектен тыс тұр; мәні 93 °C деңгейіне")
    title, happened, _, _ = plain(render(HIGH, "en", Names()))
    assert title == "heat/t_supply: above its limit"
    assert happened == "heat/t_supply: 96.25 °C, it must be at most 95 °C. It began 2026-01-25T22:20Z."


def test_what_has_ended_says_how_and_asks_for_nothing() -> None:
    over = msgspec.structs.replace(
        HIGH, state=AlarmState.CLEARED, t_ms=T_MS + 3_900_000, params={**HIGH.params, "value": 92.5}
    )
    title, happened, evidence, check = plain(render(over, "ru", NAMES, ALMATY))
    assert title == "Температура в подающем трубопроводе (heat): выше предела — снято"
    assert happened.endswith("92,5 °C при пределе 95 °C. Тревога длилась 1 час 5 минут.")
    assert (evidence, check) == ("", "Действий не требуется.")


def test_what_another_alarm_tells_names_it() -> None:
    over = msgspec.structs.replace(
        HIGH, state=AlarmState.CLEARED, params={**HIGH.params, "covered_by": "high_high"}
    )
    _, happened, _, check = plain(render(over, "ru", NAMES))
    assert "«выше аварийного предела»" in happened
    assert check == "Смотрите тревогу «выше аварийного предела»."
    gone = msgspec.structs.replace(over, params={"covered_by": "configuration"})
    assert "больше не контролируется" in render(gone, "ru", NAMES).happened


def test_a_clock_that_was_not_set_is_said() -> None:
    event = msgspec.structs.replace(HIGH, clock=Clock.UNSYNCED)
    assert "время приблизительное" in render(event, "ru", NAMES).evidence


@EACH
def test_a_code_nobody_knows_gets_a_general_sentence(language: str) -> None:
    event = msgspec.structs.replace(HIGH, code="boiler_singing", params={"pitch": 440.0, "note": "{value}"})
    text = render(event, language, NAMES, ALMATY)
    assert "boiler_singing" in text.happened
    assert "pitch = 440, note = {value}" in text.evidence
    assert all(plain(text))


@given(alarms, st.sampled_from([*AlarmCode, GATEWAY_SILENT, "new"]), st.sampled_from(sorted(LANGUAGES)))
def test_any_event_can_be_rendered(event: AlarmEvent, code: str, language: str) -> None:
    odd = msgspec.structs.replace(event, code=code, params={**dict.fromkeys(PARAMETERS.get(code, {}), "x")})
    for one in (msgspec.structs.replace(event, code=code), odd):
        text = render(one, language, NAMES, ALMATY)
        assert text.title
        assert text.happened
        assert text.check
        assert not re.search(r"\{\w+\}", text.check)


def test_names_come_from_what_a_gateway_says_about_itself() -> None:
    channel = ChannelAbout(name="t_supply", quantity="temperature", unit="Cel", title="Supply")
    device = DeviceAbout(name="heat", profile="p", model="m", link="l", period_s=60, channels=(channel,))
    about = About(
        version="1", epoch="0" * 16, boot="b", site_class="boiler_house", started_ms=0, devices=(device,)
    )
    names = names_of(about, "bh-07/gw-1")
    assert names.channel("heat", "t_supply", "ru") == "Supply (heat)"
    assert names.channel("fuel", "heat.t_supply", "en") == "Supply (heat)"
    assert names.channel("fuel", "level", "ru") == "fuel/level"


def test_a_rate_has_its_sign_and_its_bound_has_none() -> None:
    params = {"value": 70.0, "rate": -6.5, "limit": 5.0, "unit": "Cel"}
    event = msgspec.structs.replace(HIGH, code="rate", params=params)
    happened = plain(render(event, "ru", NAMES))[1]
    assert "меняется на −6,5 °C в минуту, допустимо не более 5 °C в минуту; сейчас 70 °C" in happened


def test_an_anomaly_is_about_its_strongest_channel() -> None:
    params = {"channel": "t_supply", "value": 40.0, "expected": 70.0, "others": "t_return", "unit": "Cel"}
    event = msgspec.structs.replace(HIGH, code="anomaly", channel=None, params=params)
    title, happened, evidence, _ = plain(render(event, "ru", NAMES))
    assert title == "Температура в подающем трубопроводе (heat): необычное поведение"
    assert "сейчас 40 °C, ожидалось 70 °C" in happened
    assert "другие необычные каналы: heat/t_return" in evidence
