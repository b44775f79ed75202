from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from collector import gateways, ledger, state
from collector.arrivals import Arrived, News
from collector.ledger import GapState
from tests.collector.collecting import EPOCH, GATEWAY, NEXT_EPOCH, OTHER
from wire.messages import About, Loss, LossReason, Presence, Receipt, Status
from wire.topics import Gateway


def batch(seq: int, gateway: Gateway = GATEWAY, epoch: str = EPOCH, losses: tuple[Loss, ...] = ()) -> Arrived:
    return Arrived(gateway, epoch, seq, 1000 * seq, 1000 * seq + 500, losses)


def record(engine: sa.Engine, *arrived: Arrived) -> dict[tuple[Gateway, str], Receipt]:
    with state.writing(engine) as transaction:
        receipts = ledger.record(transaction, arrived, now_ms=0)
    return {(gateway, receipt.epoch): receipt for gateway, receipt in receipts}


def tell(engine: sa.Engine, *statuses: Status) -> None:
    with state.writing(engine) as transaction:
        ledger.note_progress(transaction, [News(GATEWAY, status) for status in statuses], now_ms=0)


def gaps(engine: sa.Engine) -> list[tuple[str, str, int | None, int | None]]:
    with state.reading(engine) as connection:
        return [(g.site, g.state.value, g.first_seq, g.last_seq) for g in ledger.list_gaps(connection)]


def test_a_receipt_names_all_ranges_not_only_the_newest_batch(engine: sa.Engine) -> None:
    record(engine, batch(1), batch(2), batch(5))
    assert record(engine, batch(6))[GATEWAY, EPOCH].ranges == ((1, 2), (5, 6))


def test_each_gateway_and_epoch_has_its_own_receipt(engine: sa.Engine) -> None:
    receipts = record(engine, batch(1), batch(1, OTHER), batch(1, epoch=NEXT_EPOCH), batch(2))
    assert {key: receipt.ranges for key, receipt in receipts.items()} == {
        (GATEWAY, EPOCH): ((1, 2),),
        (OTHER, EPOCH): ((1, 1),),
        (GATEWAY, NEXT_EPOCH): ((1, 1),),
    }


def test_a_batch_that_comes_again_is_receipted_again(engine: sa.Engine) -> None:
    record(engine, batch(1), batch(2))
    assert record(engine, batch(1))[GATEWAY, EPOCH].ranges == ((1, 2),)


def test_a_receipt_has_at_most_a_hundred_ranges_and_always_the_one_that_was_asked_for(
    engine: sa.Engine,
) -> None:
    record(engine, *(batch(2 * n) for n in range(1, 201)))
    ranges = record(engine, batch(2))[GATEWAY, EPOCH].ranges
    assert len(ranges) == 100
    assert ranges[0] == (2, 2)
    assert ranges[-1] == (400, 400)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(groups=st.lists(st.lists(st.integers(1, 30), min_size=1, max_size=10), min_size=1, max_size=5))
def test_the_database_says_what_a_set_of_numbers_says(engine: sa.Engine, groups: list[list[int]]) -> None:
    with state.writing(engine) as transaction:
        for table in (state.ranges, state.streams):
            transaction.execute(table.delete())
    model: set[int] = set()
    for group in groups:
        receipt = record(engine, *map(batch, group))[GATEWAY, EPOCH]
        model.update(group)
        assert {n for first, last in receipt.ranges for n in range(first, last + 1)} == model


def test_out_of_order_batches_close_their_hole(engine: sa.Engine) -> None:
    record(engine, batch(3), batch(1))
    assert gaps(engine) == [("bh-07", "waiting", 2, 2)]
    record(engine, batch(2))
    assert gaps(engine) == []


def test_a_status_that_has_passed_a_hole_makes_it_lost_and_no_later_one_takes_it_back(
    engine: sa.Engine,
) -> None:
    record(engine, batch(1), batch(4))
    online = Status(state=Presence.ONLINE, epoch=EPOCH, outbox_oldest_seq=5)
    tell(engine, online)
    tell(engine, Status(state=Presence.OFFLINE, epoch=EPOCH))
    tell(engine, Status(state=Presence.ONLINE, epoch=EPOCH, outbox_oldest_seq=2))
    assert gaps(engine) == [("bh-07", "lost", 2, 3)]


def test_a_loss_record_that_comes_twice_explains_once(engine: sa.Engine) -> None:
    loss = Loss(reason=LossReason.OUTBOX_FULL, first_seq=2, last_seq=3, readings=40, from_ms=1, to_ms=2)
    for _ in range(2):
        record(engine, batch(1), batch(4, losses=(loss,)))
    with state.reading(engine) as connection:
        (gap,) = ledger.list_gaps(connection)
    assert (gap.state, gap.first_seq, gap.last_seq, gap.readings) == (GapState.EXPLAINED, 2, 3, 40)


def test_a_loss_can_speak_for_the_epoch_before(engine: sa.Engine) -> None:
    record(engine, batch(1), batch(4))
    loss = Loss(reason=LossReason.CORRUPT, first_seq=2, last_seq=3, epoch=EPOCH)
    record(engine, Arrived(GATEWAY, NEXT_EPOCH, 1, 9_000, 9_000, (loss,)))
    assert gaps(engine) == [("bh-07", "explained", 2, 3), ("bh-07", "epoch_changed", None, None)]


def test_only_the_newest_about_and_status_of_a_gateway_are_kept(engine: sa.Engine) -> None:
    about = About(version="1", epoch=EPOCH, boot="b", site_class="air_post", started_ms=5, devices=())
    statuses = [Status(state=state_, epoch=EPOCH) for state_ in (Presence.ONLINE, Presence.OFFLINE)]
    for status in statuses:
        with state.writing(engine) as transaction:
            gateways.note(transaction, [News(GATEWAY, about), News(GATEWAY, status), News(OTHER, status)], 7)
    with state.reading(engine) as connection:
        assert list(gateways.newest(connection, About)) == [(GATEWAY, about)]
        assert list(gateways.newest(connection, Status)) == [(OTHER, statuses[1]), (GATEWAY, statuses[1])]


def test_two_collectors_at_once_leave_no_hole(state_url: str, engine: sa.Engine) -> None:
    def enter(first: int) -> None:
        with state.opened(state_url) as mine:
            for seq in range(first, 61, 2):
                record(mine, batch(seq), batch(seq, OTHER))

    with ThreadPoolExecutor(2) as both:
        list(both.map(enter, (1, 2)))
    assert gaps(engine) == []
    assert record(engine, batch(61), batch(61, OTHER))[OTHER, EPOCH].ranges == ((1, 61),)
