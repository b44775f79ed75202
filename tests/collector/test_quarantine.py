import sqlalchemy as sa

from collector import quarantine, state
from collector.arrivals import Reason, Refused, SetAside
from collector.quarantine import Entry, RefusedScan
from tests.collector.collecting import GATEWAY


def aside(
    payload: bytes, reason: Reason = Reason.MALFORMED, topic: str = "t", detail: str = "why"
) -> SetAside:
    return SetAside(topic, GATEWAY, reason, detail, payload, (Refused(GATEWAY, "d", 5, "late"),))


def keep(
    engine: sa.Engine, *items: SetAside, now_ms: int = 1, entries: int = 100, size: int = 10_000
) -> None:
    with state.writing(engine) as transaction:
        quarantine.keep(transaction, items, now_ms, entries, size)


def kept(engine: sa.Engine) -> list[Entry]:
    with state.reading(engine) as connection:
        return list(quarantine.entries(connection))


def dropped(engine: sa.Engine) -> int:
    with state.reading(engine) as connection:
        return quarantine.dropped(connection)


def test_a_message_is_kept_whole_with_what_was_refused_of_it(engine: sa.Engine) -> None:
    keep(engine, aside(b"\x00\xff"))
    (entry,) = kept(engine)
    assert (entry.site, entry.gateway, entry.reason, entry.detail) == (
        "bh-07",
        "gw-1",
        Reason.MALFORMED,
        "why",
    )
    assert entry.refused == (RefusedScan("d", 5, "late"),)
    with state.reading(engine) as connection:
        whole = quarantine.entry_with_payload(connection, entry.id)
        assert whole is not None
        assert whole.payload == b"\x00\xff"
        assert quarantine.entry_with_payload(connection, entry.id + 1) is None


def test_the_same_again_is_counted_not_kept_again(engine: sa.Engine) -> None:
    keep(engine, aside(b"1"), aside(b"1"), now_ms=1)
    keep(engine, aside(b"1"), aside(b"2"), now_ms=9)
    assert [(e.times, e.first_ms, e.last_ms) for e in kept(engine)] == [(1, 9, 9), (3, 1, 9)]


def test_a_foreign_topic_is_kept_once_whatever_it_says(engine: sa.Engine) -> None:
    keep(engine, *(aside(bytes([n]), Reason.FOREIGN_TOPIC) for n in range(5)))
    keep(engine, aside(b"", Reason.FOREIGN_TOPIC, topic="u"))
    assert [(e.topic, e.times) for e in kept(engine)] == [("u", 1), ("t", 5)]


def test_the_oldest_go_when_there_are_too_many_and_are_counted(engine: sa.Engine) -> None:
    for n in range(7):
        keep(engine, aside(bytes([n])), now_ms=n, entries=3)
    assert [e.first_ms for e in kept(engine)] == [6, 5, 4]
    assert dropped(engine) == 4


def test_the_oldest_go_when_they_are_too_large_and_are_counted(engine: sa.Engine) -> None:
    for n in range(5):
        keep(engine, aside(bytes([n]) * 400), now_ms=n, size=1000)
    assert [e.first_ms for e in kept(engine)] == [4, 3]
    assert dropped(engine) == 3


def test_text_that_a_database_would_refuse_is_kept_readable(engine: sa.Engine) -> None:
    keep(engine, aside(b"", detail="a\0b\ud800c", topic="x\0"))
    (entry,) = kept(engine)
    assert (entry.detail, entry.topic) == ("a\ufffdb?c", "x\ufffd")
