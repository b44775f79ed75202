import threading

from collector.ingest.mailbox import Mailbox
from tests.collector.collecting import PATIENCE_S, letter


def test_letters_are_taken_in_the_order_they_came() -> None:
    box = Mailbox()
    for payload in (b"1", b"2", b"3"):
        box.put(letter(payload))
    assert [one.payload for one in box.take(0)] == [b"1", b"2", b"3"]
    assert box.take(0) == []


def test_a_group_is_bounded_in_number_and_bytes_but_for_one_large_letter() -> None:
    box = Mailbox()
    for payload in (b"x" * 100, b"1", b"2", b"3"):
        box.put(letter(payload))
    assert len(box.take(0, max_letters=9, max_bytes=50)) == 1
    assert len(box.take(0, max_letters=2, max_bytes=50)) == 2
    assert len(box.take(0, max_letters=2, max_bytes=50)) == 1


def test_whoever_puts_into_a_full_mailbox_waits_until_there_is_room() -> None:
    box = Mailbox(max_letters=1)
    box.put(letter(b"1"))
    done = threading.Event()

    def put() -> None:
        box.put(letter(b"2"))
        done.set()

    thread = threading.Thread(target=put)
    thread.start()
    assert not done.wait(0.05)
    assert [one.payload for one in box.take(0)] == [b"1"]
    assert done.wait(PATIENCE_S)
    thread.join()
    assert [one.payload for one in box.take(0)] == [b"2"]


def test_bytes_are_bounded_too_and_counted_down_again() -> None:
    box = Mailbox(max_bytes=10)
    results: list[bool] = []
    box.put(letter(b"x" * 20))
    thread = threading.Thread(target=lambda: results.append(box.put(letter(b"y" * 10))))
    thread.start()
    assert len(box.take(0)) == 1
    thread.join(PATIENCE_S)
    assert results == [True]
    assert len(box.take(0)) == 1


def test_closing_lets_go_of_whoever_waits() -> None:
    box = Mailbox(max_letters=1)
    box.put(letter(b"1"))
    results: list[bool] = []
    thread = threading.Thread(target=lambda: results.append(box.put(letter(b"2"))))
    thread.start()
    box.close()
    thread.join(PATIENCE_S)
    assert results == [False]
    assert box.put(letter(b"3")) is False
