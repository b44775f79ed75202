"""Which orders are obeyed, which refused, and that none is obeyed twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.conditions import StateMisfitError
from edge_agent.orders import ORDERS, REMEMBERED, Orders, Verdict
from edge_agent.samples import Instant
from wire.messages import (
    Clock,
    Command,
    CommandAnswer,
    CommandOutcome,
    Configure,
    OperatingMode,
    Order,
    Rebaseline,
    SetMode,
)

NOW = Instant(1_800_000_000_000, 5_000)
LATER = Instant(NOW.wall_ms + 3_600_000, NOW.mono_ms + 3_600_000)
DONE, REFUSED, EXPIRED = CommandOutcome.DONE, CommandOutcome.REFUSED, CommandOutcome.EXPIRED


class Site:
    """Two devices, one of which a detector watches."""

    def __init__(self) -> None:
        self.effects: list[object] = []
        self.orders = Orders(["trm138", "meter"], self)

    def rebaseline(self, device: str) -> bool:
        if device != "trm138":
            return False
        self.effects.append(device)
        return True

    def set_mode(self, mode: OperatingMode, until_ms: int) -> None:
        self.effects.append((mode, until_ms))


def command(order: Order, number: int = 1, expires_ms: int = NOW.wall_ms + 60_000) -> Command:
    return Command(id=f"{number:016x}", t_ms=NOW.wall_ms, expires_ms=expires_ms, by="aigul", order=order)


def obeyed(site: Site, told: Command, now: Instant, clock: Clock) -> CommandAnswer:
    answer = site.orders.obey(told, now, clock)
    assert answer is not None
    return answer


REBASELINE = Rebaseline(device="trm138")


@pytest.mark.parametrize(
    ("order", "outcome", "word", "effects"),
    [
        (REBASELINE, DONE, "trm138", ["trm138"]),
        (Rebaseline(device="meter"), REFUSED, "no detector watches meter", []),
        (Rebaseline(device="x"), REFUSED, "there is no device x; there are meter, trm138", []),
        (SetMode(mode=OperatingMode.OFF), DONE, "until it is told otherwise", [(OperatingMode.OFF, 0)]),
        (
            SetMode(mode=OperatingMode.MAINTENANCE, until_ms=LATER.wall_ms),
            DONE,
            "maintenance",
            [(OperatingMode.MAINTENANCE, LATER.wall_ms)],
        ),
        (SetMode(mode=OperatingMode.OFF, until_ms=NOW.wall_ms), REFUSED, "is over", []),
        (Configure(version=1, toml=""), REFUSED, "this agent takes no configuration", []),
    ],
)
def test_an_order_is_obeyed_or_refused_with_a_sentence(
    order: Order, outcome: CommandOutcome, word: str, effects: list[object]
) -> None:
    site = Site()
    answer = obeyed(site, command(order), NOW, Clock.SYNCED)
    assert (answer.id, answer.t_ms, answer.outcome) == (f"{1:016x}", NOW.wall_ms, outcome)
    assert word in answer.says
    assert site.effects == effects


def test_a_configuration_on_trial_is_answered_when_that_is_decided() -> None:
    verdicts: list[Verdict | None] = [None, Verdict(DONE, "it is in use")]
    orders = Orders([], Site(), lambda _order: verdicts.pop(0))
    told = command(Configure(version=1, toml=""))
    assert orders.obey(told, NOW, Clock.SYNCED) is None
    found = orders.obey(told, NOW, Clock.SYNCED)
    assert found is not None
    assert (found.outcome, found.says) == (DONE, "it is in use")
    assert orders.obey(told, LATER, Clock.SYNCED) == found


def test_what_comes_too_late_is_not_obeyed() -> None:
    site = Site()
    answer = obeyed(site, command(REBASELINE, expires_ms=NOW.wall_ms), NOW, Clock.HOLDOVER)
    assert (answer.outcome, site.effects) == (EXPIRED, [])


def test_a_clock_that_nobody_has_set_does_not_tell_what_is_late() -> None:
    site = Site()
    assert obeyed(site, command(REBASELINE, expires_ms=1), NOW, Clock.UNSYNCED).outcome is DONE


def test_what_was_obeyed_is_answered_again_even_when_it_is_late_and_by_the_next_process() -> None:
    site, heir = Site(), Site()
    first = site.orders.obey(command(REBASELINE), NOW, Clock.SYNCED)
    heir.orders.restore(site.orders.state()[ORDERS])
    for one in (site, heir):
        assert one.orders.obey(command(REBASELINE), LATER, Clock.SYNCED) == first
    assert (site.effects, heir.effects) == (["trm138"], [])


def test_a_refusal_is_thought_over_when_it_is_asked_again() -> None:
    site = Site()
    site.orders.obey(command(Rebaseline(device="x")), NOW, Clock.SYNCED)
    assert obeyed(site, command(REBASELINE), NOW, Clock.SYNCED).outcome is DONE


def test_memory_is_bounded() -> None:
    site = Site()
    for number in range(REMEMBERED + 5):
        site.orders.obey(command(REBASELINE, number), NOW, Clock.SYNCED)
    saved = site.orders.state()[ORDERS]
    assert len(saved) < 40_000
    heir = Site()
    heir.orders.restore(saved)
    heir.orders.obey(command(REBASELINE, REMEMBERED + 4), NOW, Clock.SYNCED)
    assert heir.effects == []


@given(st.binary(max_size=60))
def test_a_state_of_anything_else_does_not_fit(saved: bytes) -> None:
    with pytest.raises(StateMisfitError):
        Site().orders.restore(saved)


def test_a_state_of_another_version_does_not_fit() -> None:
    with pytest.raises(StateMisfitError, match="version 9"):
        Site().orders.restore(b"\x82\xa7version\x09\xa7answers\x90")
