import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector.arrivals import Answered, Reason, Refused
from collector.ingest.sorting import AHEAD_MS, EARLIEST_MS, Sorted, refused_by_store, sort
from tests.collector.collecting import EPOCH, GATEWAY, NOW_MS, batch, letter
from wire import topics
from wire.codec import encode
from wire.messages import CommandAnswer, CommandOutcome, Loss, LossReason, Presence, Row, Status, Table
from wire.topics import Kind


def sorted_one(payload: bytes, topic: str | None = None) -> Sorted:
    return sort([letter(payload, topic)], NOW_MS)


def test_a_readable_batch_is_stored_and_entered_with_its_first_and_last_time() -> None:
    found = sorted_one(encode(batch(5, rows=3)))
    (arrived,) = found.arrived
    times = [row.t_ms for row in found.arrivals[0].batch.tables[0].rows]
    assert (arrived.gateway, arrived.epoch, arrived.seq) == (GATEWAY, EPOCH, 5)
    assert (arrived.first_ms, arrived.last_ms) == (times[0], times[-1])
    assert not found.set_aside


def test_a_batch_of_losses_only_is_entered_with_the_time_it_came() -> None:
    loss = Loss(reason=LossReason.OUTBOX_FULL, first_seq=1, last_seq=4)
    (arrived,) = sorted_one(encode(batch(5, rows=0, losses=(loss,)))).arrived
    assert (arrived.first_ms, arrived.last_ms, arrived.losses) == (NOW_MS, NOW_MS, (loss,))


def test_about_and_status_become_news() -> None:
    status = Status(state=Presence.ONLINE, epoch=EPOCH, outbox_oldest_seq=7)
    (news,) = sorted_one(encode(status), topics.build(GATEWAY, Kind.STATUS)).news
    assert (news.gateway, news.message) == (GATEWAY, status)


@pytest.mark.parametrize("t_ms", [0, EARLIEST_MS - 1, NOW_MS + AHEAD_MS + 1, 2**53])
def test_a_row_at_an_impossible_time_is_set_aside_and_the_rest_stored(t_ms: int) -> None:
    rows = (Row(NOW_MS - 5, (1.0,)), Row(t_ms, (2.0,)), Row(NOW_MS, (3.0,)))
    tables = (
        Table(device="d", channels=("c",), rows=rows),
        Table(device="e", channels=("c",), rows=rows[1:2]),
    )
    found = sorted_one(encode(msgspec.structs.replace(batch(1), tables=tables)))
    assert [(t.device, t.rows) for t in found.arrivals[0].batch.tables] == [("d", (rows[0], rows[2]))]
    (aside,) = found.set_aside
    assert aside.reason is Reason.TIME
    assert [(r.device, r.t_ms) for r in aside.refused] == [("d", t_ms), ("e", t_ms)]
    assert (found.arrived[0].first_ms, found.arrived[0].last_ms) == (NOW_MS - 5, NOW_MS)


def test_a_batch_with_no_possible_time_at_all_is_receipted_all_the_same() -> None:
    found = sorted_one(encode(batch(3, t_ms=0)))
    assert found.arrivals[0].batch.tables == ()
    assert [(a.seq, a.first_ms) for a in found.arrived] == [(3, NOW_MS)]


@pytest.mark.parametrize("t_ms", [EARLIEST_MS, NOW_MS + AHEAD_MS])
def test_the_limits_themselves_are_possible(t_ms: int) -> None:
    assert not sorted_one(encode(batch(1, rows=1, t_ms=t_ms))).set_aside


GOOD = msgspec.json.encode(batch(9))


@pytest.mark.parametrize(
    "payload",
    [
        GOOD.replace(b'"supply"', b'"Supply"'),
        GOOD.replace(b'"supply"', b'"extra","supply"'),
        GOOD.replace(b'"tables":[', b'"tables":[7,'),
        zlib.compress(GOOD.replace(b'"supply"', b"5")),
        b'{"epoch":"00000000000000aa","seq":9}',
        b'{"v":1,"epoch":"00000000000000aa","seq":9,"boot":"b","site_class":"x","tables":[{"rows":[[1e999]]}]}',
    ],
)
def test_a_malformed_batch_whose_number_can_be_read_is_receipted_and_kept(payload: bytes) -> None:
    found = sorted_one(payload)
    assert [(a.epoch, a.seq) for a in found.arrived] == [(EPOCH, 9)]
    assert [(s.reason, s.payload) for s in found.set_aside] == [(Reason.MALFORMED, payload)]
    assert not found.arrivals


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\x00",
        b"x",
        b"x\x9c",
        b"[]",
        b"null",
        b"{}",
        b'{"epoch":"no","seq":9}',
        b'{"epoch":"00000000000000aa","seq":0}',
        b"\xff\xfe",
        GOOD[:-5],
        zlib.compress(GOOD)[:20],
        zlib.compress(b" " * (17 * 1024 * 1024)),
        b"[" * 100_000,
    ],
)
def test_a_payload_that_names_no_batch_is_kept_without_a_receipt(payload: bytes) -> None:
    found = sorted_one(payload)
    assert not found.arrived
    assert [(s.reason, s.payload) for s in found.set_aside] == [(Reason.MALFORMED, payload)]


def test_a_newer_schema_is_kept_without_a_receipt_so_that_the_agent_keeps_it_too() -> None:
    payload = msgspec.json.encode({**msgspec.to_builtins(batch(4)), "v": 2})
    found = sorted_one(payload)
    assert not found.arrived
    assert [s.reason for s in found.set_aside] == [Reason.VERSION]


@pytest.mark.parametrize(
    "topic",
    [
        "ulba/v1/BH-07/gw-1/batch",
        "ulba/v1//gw-1/batch",
        "ulba/v1/bh-07/gw-1/receipt",
        "ulba/v1/bh-07/gw-1/command",
        "elsewhere",
    ],
)
def test_a_foreign_topic_is_set_aside_whatever_it_says(topic: str) -> None:
    found = sorted_one(GOOD, topic)
    assert not found.arrived
    assert [(s.topic, s.gateway, s.reason) for s in found.set_aside] == [(topic, None, Reason.FOREIGN_TOPIC)]


def test_one_bad_message_costs_its_neighbours_nothing() -> None:
    found = sort([letter(encode(batch(1))), letter(b"?"), letter(encode(batch(2)))], NOW_MS)
    assert [a.seq for a in found.arrived] == [1, 2]


def test_what_the_store_refuses_is_traced_to_the_messages_that_held_it() -> None:
    letters = [letter(encode(batch(n))) for n in (1, 2)]
    found = sort(letters, NOW_MS)
    row = found.arrivals[1].batch.tables[0].rows[0]
    refused = Refused(GATEWAY, "boiler-1", row.t_ms, "text where numbers were")
    (aside,) = refused_by_store(found, (refused,))
    assert (aside.reason, aside.payload, aside.refused) == (Reason.STORE, letters[1].payload, (refused,))
    assert refused_by_store(found, ()) == []


@given(
    st.binary(max_size=200),
    st.sampled_from([None, "ulba/v1/a/b/about", "ulba/v1/a/b/status", topics.NMU, "x"]),
)
def test_any_bytes_are_sorted_without_an_exception(payload: bytes, topic: str | None) -> None:
    found = sorted_one(payload, topic)
    assert len(found.set_aside) + len(found.news) + len(found.arrivals) + len(found.announced) == 1


def test_an_answer_to_a_command_goes_to_the_book_and_rubbish_is_set_aside() -> None:
    answer = CommandAnswer(id="x", t_ms=1, outcome=CommandOutcome.DONE, says="yes")
    topic = topics.build(GATEWAY, Kind.ANSWER)
    found = sorted_one(encode(answer), topic)
    assert found.answers == [Answered(GATEWAY, answer)]
    for payload in (b"", b"\xff", b'{"v":1}', b'{"v":2,"id":"x"}', encode(batch(1))):
        found = sorted_one(payload, topic)
        assert not found.answers
        assert not found.arrived
        assert found.set_aside[0].gateway == GATEWAY


@pytest.mark.parametrize("kind", [Kind.COMMAND, Kind.RECEIPT])
def test_what_only_the_collector_says_is_not_heard_from_a_gateway(kind: Kind) -> None:
    (aside,) = sorted_one(b"{}", topics.build(GATEWAY, kind)).set_aside
    assert aside.reason is Reason.FOREIGN_TOPIC
