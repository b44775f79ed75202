"""Topics are built and parsed side by side; a foreign one is refused by name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.strategies import names
from wire import topics
from wire.topics import ForeignTopicError, Gateway, Kind


@given(names, names, st.sampled_from(Kind))
def test_what_is_parsed_is_what_was_built(site: str, gateway: str, kind: Kind) -> None:
    address = Gateway(site, gateway)
    assert topics.parse(topics.build(address, kind)) == (address, kind)


@given(
    st.text(max_size=40) | st.lists(st.sampled_from(["ulba", "v1", "a", "batch", "", "+", "#"])).map("/".join)
)
def test_any_text_is_a_topic_of_ours_or_foreign(text: str) -> None:
    try:
        assert topics.build(*topics.parse(text)) == text
    except ForeignTopicError as error:
        assert repr(text) in str(error)


@pytest.mark.parametrize(
    "topic",
    ["ulba/v1/bh-07/gw/batch\n", "ulba/v2/bh-07/gw/batch", "ulba/v1/BH/gw/batch", "ulba/v1/bh/gw/batch/x"],
)
def test_near_misses_are_foreign(topic: str) -> None:
    with pytest.raises(ForeignTopicError):
        topics.parse(topic)


def test_an_alarm_is_one_level_whatever_it_is_about() -> None:
    topic = topics.alarm(Gateway("bh-07", "gw"), "link_silent//dev/tty+#")
    assert topic == "ulba/v1/bh-07/gw/alarm/link_silent%2F%2Fdev%2Ftty%2B%23"
    with pytest.raises(ForeignTopicError):
        topics.parse(topic)


def test_a_subscription_covers_every_gateway() -> None:
    assert topics.every(Kind.BATCH) == "ulba/v1/+/+/batch"
