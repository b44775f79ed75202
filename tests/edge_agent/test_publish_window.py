"""Which batches are sent when; times are plain numbers."""

import random
from collections.abc import Sequence

from edge_agent.publish.session import wait_s
from edge_agent.publish.window import Window
from edge_agent.samples import Pending


def batches(*numbers: int) -> list[Pending]:
    return [Pending(number, b"") for number in numbers]


def numbers(chosen: Sequence[Pending]) -> list[int]:
    return [one.seq for one in chosen]


def test_each_batch_is_sent_once_while_there_is_time() -> None:
    window = Window(10)
    assert numbers(window.choose(batches(1, 2), 0)) == [1, 2]
    assert numbers(window.choose(batches(1, 2, 3), 5)) == [3]
    assert window.choose(batches(1, 2, 3), 9.9) == []
    assert window.wake_s() == 10


def test_an_empty_outbox_needs_no_waking() -> None:
    window = Window(10)
    assert window.choose([], 0) == []
    assert window.wake_s() is None


def test_a_batch_lost_on_the_way_is_sent_again_when_others_were_answered() -> None:
    window = Window(10)
    window.choose(batches(1, 2, 3), 0)
    window.answered(1)
    assert numbers(window.choose(batches(1, 3), 10)) == [1, 3]
    assert window.choose(batches(1, 3), 11) == []


def test_a_silent_collector_gets_one_batch_at_a_time_with_doubling_waits_up_to_a_minute() -> None:
    window = Window(10)
    everything = batches(1, 2, 3)
    window.choose(everything, 0)
    sent = [(second, numbers(window.choose(everything, second))) for second in range(1, 300)]
    assert [(second, chosen) for second, chosen in sent if chosen] == [
        (10, [1]),
        (30, [2]),
        (70, [3]),
        (130, [1]),
        (190, [2]),
        (250, [3]),
    ]


def test_one_answer_after_a_silence_fetches_everything_that_is_overdue() -> None:
    window = Window(10)
    everything = batches(1, 2, 3)
    window.choose(everything, 0)
    assert numbers(window.choose(everything, 10)) == [1]
    window.answered(11)
    assert window.silences == 0
    assert numbers(window.choose(batches(2, 3), 11)) == [2, 3]


def test_a_batch_that_is_never_receipted_holds_up_nothing() -> None:
    window = Window(10)
    window.choose(batches(1), 0)
    for second in range(60, 600, 60):
        assert second in numbers(window.choose(batches(1, second), second))
        window.answered(second + 0.5)
    assert window.wake_s() is not None


def test_a_number_that_left_the_outbox_is_forgotten() -> None:
    window = Window(10)
    window.choose(batches(1, 2), 0)
    assert numbers(window.choose(batches(3), 1)) == [3]
    assert numbers(window.choose(batches(1), 2)) == [1]


def test_it_wakes_when_there_is_something_to_do() -> None:
    window = Window(10)
    everything = batches(1, 2, 3)
    second = 0.0
    window.choose(everything, second)
    for _ in range(6):
        woken = window.wake_s()
        assert woken is not None
        assert woken > second
        second = woken
        assert window.choose(everything, second)


def test_waits_between_connections_double_to_a_minute_and_differ() -> None:
    rng = random.Random(3)
    waits = [wait_s(failures, rng) for failures in range(1, 40)]
    for failures, found in enumerate(waits, start=1):
        longest = min(0.5 * 2 ** (failures - 1), 60)
        assert longest / 2 <= found <= longest
    assert len(set(waits)) == len(waits)
