"""Priorities, causes, consequences and actions come from a table that a centre may extend."""

import pytest

from collector.alarms.kinds import Kinds, shipped
from collector.settings import AlarmKind, Words
from wire.messages import About, AlarmCode, AlarmEvent, AlarmState, ChannelAbout, DeviceAbout
from wire.quantities import Quantity
from wire.texts import CENTRE_CODES

CHANNEL = ChannelAbout(name="p", quantity="pressure", unit="kPa")
ABOUT = About(
    version="1",
    epoch="0" * 16,
    boot="b",
    site_class="boiler_house",
    started_ms=0,
    devices=(DeviceAbout(name="d", profile="p", model="m", link="l", period_s=60, channels=(CHANNEL,)),),
)
WORDS = Words(ru="а", kk="ә", en="a")


def event(code: str = "low_low", device: str = "d", channel: str = "p") -> AlarmEvent:
    return AlarmEvent(
        id="x/1", code=code, state=AlarmState.RAISED, t_ms=0, since_ms=0, device=device, channel=channel
    )


@pytest.mark.parametrize("code", [*AlarmCode, *CENTRE_CODES])
def test_every_alarm_has_cause_consequence_and_action_in_each_language(code: str) -> None:
    for language in ("ru", "kk", "en"):
        found = Kinds().guidance(event(code), None, language)
        assert found.cause
        assert found.consequence
        assert found.action
        for text in (found.cause, found.consequence, found.action):
            assert text.endswith(".")
            assert (language == "en") == text.isascii()


def test_no_row_stands_twice_and_no_kazakh_is_russian() -> None:
    places = [(row.code, row.quantity, row.site_class) for row in shipped()]
    assert len(set(places)) == len(places)
    words = [w for row in shipped() for w in (row.cause, row.consequence, row.action) if w]
    assert all(one.ru != one.kk for one in words)


def test_the_row_that_says_most_counts_each_column_for_itself() -> None:
    kinds = Kinds()
    assert kinds.priority(event(), ABOUT) == 1
    assert kinds.priority(event(), None) == 0
    assert kinds.priority(event(device="other"), ABOUT) == 0
    special, plain = kinds.guidance(event(), ABOUT, "en"), kinds.guidance(event(), None, "en")
    assert special.cause != plain.cause
    assert special.action == plain.action


def test_a_centre_precedes_what_is_shipped() -> None:
    kinds = Kinds(
        [
            AlarmKind(
                code="low_low", quantity=Quantity.PRESSURE, site_class="boiler_house", priority=2, cause=WORDS
            ),
            AlarmKind(code="own", action=WORDS),
        ]
    )
    assert kinds.priority(event(), ABOUT) == 2
    assert kinds.guidance(event(), ABOUT, "kk").cause == "ә"
    assert kinds.guidance(event("own"), ABOUT, "ru").action == "а"
    assert kinds.guidance(event("own"), ABOUT, "ru").cause is None
    assert kinds.priority(event("unheard_of"), ABOUT) == 0
