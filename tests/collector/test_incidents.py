"""Alarms of one cause become one incident."""

from hypothesis import given, settings
from hypothesis import strategies as st

from collector.alarms.incidents import Incident, Kind, Raise, group, places

SECOND = 1000
MINUTE = 60 * SECOND


def raised(seq: int, site: str, second: float, priority: int = 2) -> Raise:
    return Raise(seq, f"{site}/gw/high/{seq}", site, round(second * SECOND), priority)


def homes(*raises: Raise) -> list[int]:
    found = places(group((), raises))
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
    assert set(places(found).values()) == {1}
    assert (found[1].kind, found[1].sites) == (Kind.SITES, tuple(sorted(sites)))
    assert len(found[1].keys) == 5


def test_small_things_at_many_sites_are_no_power_cut() -> None:
    assert homes(*(raised(n, f"s{n}", n, priority=3) for n in range(1, 5))) == [1, 2, 3, 4]


def test_what_arrives_late_finds_its_place() -> None:
    first = group((), [raised(1, "a", 0), raised(2, "b", 300)])
    later = group(first.values(), [raised(7, "a", 60)])
    assert places(later)["a/gw/high/7"] == 1


def test_what_comes_in_pieces_is_grouped_as_at_once() -> None:
    raises = [raised(n, f"s{n % 4}", 10 * n) for n in range(1, 13)]
    known: dict[int, Incident] = {}
    for one in raises:
        known |= group(known.values(), [one])
    assert places(known) == places(group((), raises))


@given(st.lists(st.tuples(st.sampled_from("abcde"), st.integers(0, 600), st.integers(1, 4)), max_size=30))
@settings(max_examples=50)
def test_every_alarm_is_in_one_incident(drawn: list[tuple[str, int, int]]) -> None:
    raises = [raised(n, site, second, priority) for n, (site, second, priority) in enumerate(drawn, 1)]
    found = group((), raises)
    heads = {one.id for one in found.values() if not one.merged_into}
    assert set(places(found)) == {one.key for one in raises}
    assert set(places(found).values()) <= heads
