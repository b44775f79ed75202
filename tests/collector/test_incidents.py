"""Alarms of one cause become one incident."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collector.alarms.incidents import Cause, Incident, Kind, Raise, cause, group, title

SECOND = 1000
MINUTE = 60 * SECOND


def raised(seq: int, site: str, second: float, priority: int = 2) -> Raise:
    return Raise(seq, f"{site}/gw/high/{seq}", site, round(second * SECOND), priority)


def homes(*raises: Raise) -> list[int]:
    found = group((), raises).homes
    return [found[one.key] for one in raises]


def test_what_follows_at_a_site_is_of_the_same_cause() -> None:
    assert homes(raised(1, "a", 0), raised(2, "a", 100), raised(3, "a", 200), raised(4, "a", 400)) == [
        1,
        1,
        1,
        4,
    ]


def test_two_sites_at_once_are_two_causes() -> None:
    assert homes(raised(1, "a", 0), raised(2, "b", 5)) == [1, 2]


def test_a_power_cut_of_four_boiler_houses_is_one_incident() -> None:
    sites = ["bh-11", "bh-12", "bh-13", "ps-02"]
    raises = [raised(1 + n, site, 15 * n) for n, site in enumerate(sites)]
    found = group((), [*raises, raised(9, "bh-12", 90, 4)])
    assert set(found.homes.values()) == {1}
    assert (found.changed[1].kind, found.changed[1].sites) == (Kind.SITES, tuple(sorted(sites)))
    assert len(found.homes) == 5


def test_small_things_at_many_sites_are_no_power_cut() -> None:
    assert homes(*(raised(n, f"s{n}", n, priority=3) for n in range(1, 5))) == [1, 2, 3, 4]


def test_what_arrives_late_finds_its_place() -> None:
    first = group((), [raised(1, "a", 0), raised(2, "b", 300)])
    later = group(first.changed.values(), [raised(7, "a", 60)])
    assert later.homes["a/gw/high/7"] == 1


def test_what_comes_in_pieces_is_grouped_as_at_once() -> None:
    raises = [raised(n, f"s{n % 4}", 10 * n) for n in range(1, 13)]
    known: dict[int, Incident] = {}
    for one in raises:
        known |= group(known.values(), [one]).changed
    at_once = group((), raises).changed
    assert known == at_once


def test_a_later_head_takes_up_what_was_taken_up_before() -> None:
    late = [raised(n, f"s{n}", 50 + n) for n in range(5, 9)]
    known = group((), [raised(1, "a", 0, priority=3), *late]).changed
    grouped = group(known.values(), [raised(9, "a", 10)])
    assert grouped.changed[5].merged_into == 1
    assert grouped.homes == {"a/gw/high/9": 1}


def test_the_title_names_the_cause_and_the_sites_in_each_language() -> None:
    cut = Incident(
        id=1, kind=Kind.SITES, sites=("a", "b"), first_ms=0, last_ms=1, urgent=True, codes=("low_low",)
    )
    assert cause(cut) is Cause.POWER
    assert title(cut, "ru", {"a": "А", "b": "Б"}.__getitem__) == (
        "Общая причина, вероятно отключение электроэнергии: А, Б"
    )
    assert title(cut, "kk") == "Ортақ себеп, электр қуатының өшуі ықтимал: a, b"
    assert title(cut, "en") == "One cause, probably a power cut: a, b"


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        ("gateway_silent", Kind.SITE, Cause.GATEWAY),
        ("link_silent", Kind.SITE, Cause.LINK),
        ("high", Kind.SITE, Cause.PLANT),
        ("high", Kind.SITES, Cause.COMMON),
    ],
)
def test_the_cause_follows_from_what_the_alarms_say(code: str, kind: Kind, expected: Cause) -> None:
    one = Incident(id=1, kind=kind, sites=("a",), first_ms=0, last_ms=1, urgent=True, codes=(code,))
    assert cause(one) is expected


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 600), st.integers(1, 4)), max_size=30))
@settings(max_examples=50)
def test_every_alarm_is_in_one_incident(drawn: list[tuple[str, int, int]]) -> None:
    raises = [raised(n, site, second, priority) for n, (site, second, priority) in enumerate(drawn, 1)]
    found = group((), raises)
    heads = {one.id for one in found.changed.values() if not one.merged_into}
    assert set(found.homes) == {one.key for one in raises}
    assert set(found.homes.values()) <= heads
