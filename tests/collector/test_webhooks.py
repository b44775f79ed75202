"""Webhooks against real receivers: signed, at least once, in order, and none waits for another."""

import json
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from random import Random

import msgspec
import pytest
import sqlalchemy as sa
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from collector import state
from collector.alarms.alarm import Action
from collector.alarms.lifecycle import Trigger
from collector.notify import attempts, delivery, events, signature, subscriptions, targets
from collector.notify.attempts import Outcome
from collector.notify.courier import Courier
from collector.notify.delivery import Parcel
from collector.notify.notifier import Notifier
from collector.notify.post import WebhookCarrier
from collector.notify.subscriptions import Filter
from collector.settings import CollectorFile, WebhooksTable
from collector.state import lease
from tests.collector.collecting import settings, wait_until
from tests.collector.receiver import Receiver, receiving
from tests.collector.test_desk import ANNA, DESK, key, told
from tests.programs import Program, command
from tests.servers import free_port
from wire.messages import AlarmState

pytestmark = pytest.mark.system
SECRET = signature.written(b"0123456789abcdef0123456789abcdef")
ANYWHERE = CollectorFile(webhooks=WebhooksTable(targets="any", timeout_s=2.0))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorter waits; the test of the schedule itself does not use it."""
    monkeypatch.setattr("collector.notify.post.WebhookCarrier.schedule", (0.01, 0.02, 0.05, 0.1))
    monkeypatch.setattr("collector.notify.notifier.EVERY_S", 0.02)


@contextmanager
def notifying(engine: sa.Engine, wanted: CollectorFile = ANYWHERE) -> Iterator[Notifier]:
    notifier = Notifier(wanted, engine)
    notifier.start()
    try:
        yield notifier
        assert notifier.is_alive
    finally:
        notifier.stop()
        notifier.join()


def subscribe(engine: sa.Engine, receiver: Receiver, wanted: Filter = Filter(), secret: str = SECRET) -> int:  # noqa: B008
    with state.writing(engine) as transaction:
        return subscriptions.add(transaction, receiver.url, secret, wanted, by="t", now_ms=1, after_seq=0)


def raise_alarms(engine: sa.Engine, places: Sequence[str], *, t_ms: int = 1000) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, [told(place, t_ms=t_ms) for place in places], 5000)


def lanes_of(engine: sa.Engine) -> list[delivery.Delivery]:
    with state.reading(engine) as connection:
        return delivery.listed(connection, limit=1000)


def waiting(engine: sa.Engine) -> int:
    return sum(one.state is delivery.State.WAITING for one in lanes_of(engine))


@pytest.mark.usefixtures("quick")
def test_an_alarm_and_what_people_do_arrive_signed_as_cloud_events(engine: sa.Engine) -> None:
    with receiving() as receiver, notifying(engine):
        subscribe(engine, receiver)
        raise_alarms(engine, ["a"])
        with state.writing(engine) as transaction:
            acknowledge = Action(trigger=Trigger.ACKNOWLEDGE, comment="on my way")
            DESK.act(transaction, [key("a")], acknowledge, by=ANNA, now_ms=6000)
        first, second = receiver.await_posts(2)[:2]
    for post in (first, second):
        verified = standardwebhooks.Webhook(SECRET).verify(post.body, post.headers)
        assert verified["specversion"] == "1.0"
    assert first.path == "/alarms?x=1"
    assert first.headers["host"].startswith("127.0.0.1:")
    assert first.headers["content-type"].startswith("application/cloudevents+json")
    event = first.event
    assert event["type"] == "kz.region.alarms.alarm.raised.v1"
    assert (event["source"], event["id"], event["subject"]) == ("/ulba", "1", key("a"))
    assert event["time"] == "1970-01-01T00:00:05.000Z"
    assert event["incidentid"] == "1"
    assert event["data"]["texts"]["ru"]["title"]
    assert (event["data"]["site"], event["data"]["priority"]) == ("bh-01", 1)
    assert second.event["type"] == "kz.region.alarms.alarm.acknowledged.v1"
    assert (second.event["data"]["by"], second.event["data"]["comment"]) == ("anna", "on my way")


@pytest.mark.usefixtures("quick")
def test_a_signature_of_another_secret_is_refused_by_the_independent_library(engine: sa.Engine) -> None:
    with receiving() as receiver, notifying(engine):
        subscribe(engine, receiver)
        raise_alarms(engine, ["a"])
        (post, *_) = receiver.await_posts(1)
    other = standardwebhooks.Webhook(subscriptions.drawn_secret())
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        other.verify(post.body, post.headers)


@pytest.mark.usefixtures("quick")
def test_what_is_refused_is_tried_again_the_same_to_the_byte_and_others_go_on(engine: sa.Engine) -> None:
    with receiving() as receiver, notifying(engine):
        spoilt = [3]
        receiver.answer = lambda event: (
            400 if event["subject"] == key("a") and spoilt and spoilt.pop() else 204,
            {},
        )
        spoilt[:] = [1, 1]
        subscribe(engine, receiver)
        raise_alarms(engine, ["a", "b"])
        wait_until(lambda: not waiting(engine) and len(receiver.posts) >= 4)
    of_a = [post for post in receiver.posts if post.event["subject"] == key("a")]
    assert len(of_a) == 3
    assert len({post.body for post in of_a}) == 1
    assert {post.headers["webhook-id"] for post in of_a} == {"alarm-1"}
    assert receiver.seqs()[1] == 2


@pytest.mark.usefixtures("quick")
def test_the_changes_of_one_alarm_keep_their_order_also_through_failures(engine: sa.Engine) -> None:
    chance = Random(4)
    with receiving() as receiver, notifying(engine):
        receiver.answer = lambda _: (chance.choice([204, 204, 409, 503]), {})
        subscribe(engine, receiver)
        for number in range(1, 11):
            for status in (AlarmState.RAISED, AlarmState.CLEARED):
                with state.writing(engine) as transaction:
                    events = [told(place, number, status, t_ms=number * 10) for place in ("a", "b", "c")]
                    DESK.take(transaction, events, 5000)
        wait_until(lambda: bool(lanes_of(engine)) and not waiting(engine))
    done = {one.number for one in lanes_of(engine) if one.state is delivery.State.DONE}
    for place in ("a", "b", "c"):
        seqs = [post.seq for post in receiver.posts if post.event["subject"] == key(place)]
        assert seqs == sorted(seqs)
    assert {f"alarm-{seq}" for seq in receiver.seqs()} >= done


@pytest.mark.usefixtures("quick")
def test_a_dead_and_a_slow_receiver_hold_up_nobody(engine: sa.Engine) -> None:
    patient = CollectorFile(webhooks=WebhooksTable(targets="any", timeout_s=50.0))
    with receiving() as slow, receiving() as good, notifying(engine, patient):
        slow.open.clear()
        dead = Receiver()
        dead.server.server_close()
        for receiver in (dead, slow, good):
            subscribe(engine, receiver)
        raise_alarms(engine, [f"m{n}" for n in range(200)])
        good.await_posts(200)
        assert len(slow.posts) == 1
        slow.open.set()


@pytest.mark.usefixtures("quick")
def test_after_the_last_attempt_it_is_dead_and_a_person_may_have_it_tried_again(engine: sa.Engine) -> None:
    with receiving() as receiver, notifying(engine):
        receiver.answer = lambda _: (500, {})
        subscribe(engine, receiver)
        raise_alarms(engine, ["a"])
        wait_until(lambda: any(one.state is delivery.State.DEAD for one in lanes_of(engine)))
        (dead,) = lanes_of(engine)
        assert (dead.attempts, dead.said) == (5, "500")
        receiver.answer = lambda _: (200, {})
        with state.writing(engine) as transaction:
            assert delivery.retry(transaction, dead.next_ms, ids=[dead.id]) == 1
        wait_until(lambda: lanes_of(engine)[0].state is delivery.State.DONE)


@pytest.mark.usefixtures("quick")
def test_a_receiver_that_is_gone_is_not_told_any_more(engine: sa.Engine) -> None:
    with receiving() as receiver, notifying(engine):
        receiver.answer = lambda _: (410, {})
        number = subscribe(engine, receiver)
        raise_alarms(engine, ["a", "b"])

        def disabled() -> bool:
            with state.reading(engine) as connection:
                known = subscriptions.find(connection, number)
            return known is not None and known.disabled.startswith("410")

        wait_until(disabled)
        wait_until(lambda: not waiting(engine))
        assert disabled()
        assert len(receiver.posts) == 1


def how(engine: sa.Engine, number: int) -> subscriptions.Subscription:
    with state.reading(engine) as connection:
        found = subscriptions.find(connection, number)
    assert found is not None
    return found


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("from_now", [False, True])
def test_a_receiver_that_was_gone_is_told_again_what_it_missed_or_only_what_comes(
    engine: sa.Engine, from_now: bool
) -> None:
    with receiving() as receiver, notifying(engine):
        receiver.answer = lambda event: (410 if event["id"] == "2" else 204, {})
        number = subscribe(engine, receiver)
        raise_alarms(engine, ["a", "b"])
        wait_until(lambda: how(engine, number).state is subscriptions.State.DISABLED)
        assert how(engine, number).disabled.startswith("410")
        raise_alarms(engine, ["a2", "b2"], t_ms=2000)
        receiver.answer = lambda _: (204, {})
        with state.writing(engine) as transaction:
            subscriptions.enable(transaction, how(engine, number), 9_000, from_now=from_now)
        raise_alarms(engine, ["c"], t_ms=3000)
        wait_until(lambda: receiver.seqs()[-1] == 5)
        wait_until(lambda: how(engine, number).state is subscriptions.State.WORKING)
        assert receiver.seqs() == ([1, 2, 5] if from_now else [1, 2, 2, 3, 4, 5])


@pytest.mark.usefixtures("quick")
def test_how_a_receiver_does_is_known_and_since_when(engine: sa.Engine) -> None:
    with receiving() as receiver, notifying(engine):
        receiver.answer = lambda _: (503, {})
        number = subscribe(engine, receiver)
        assert how(engine, number).state is subscriptions.State.NEW
        raise_alarms(engine, ["a"])
        wait_until(lambda: how(engine, number).state is subscriptions.State.FAILING)
        since_ms = how(engine, number).failing_ms
        wait_until(lambda: how(engine, number).tried_ms > since_ms)
        failing = how(engine, number)
        assert (failing.failing_ms, failing.said) == (since_ms, "503")
        receiver.answer = lambda _: (204, {})
        wait_until(lambda: how(engine, number).state is subscriptions.State.WORKING)


def test_what_a_person_asks_for_is_tried_at_once_also_where_the_lane_rests_for_an_hour(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.notify.post.WebhookCarrier.schedule", (3600, 3600))
    with receiving() as receiver, notifying(engine):
        receiver.answer = lambda _: (503, {})
        number = subscribe(engine, receiver)
        raise_alarms(engine, ["a"])
        wait_until(lambda: how(engine, number).state is subscriptions.State.FAILING)
        for count, answer in ((2, 503), (3, 204)):
            receiver.answer = lambda _, answer=answer: (answer, {})  # type: ignore[misc]
            with state.writing(engine) as transaction:
                sent = subscriptions.test(transaction, how(engine, number), "/here", 10_000 * count)
            post = receiver.await_posts(count)[-1]
            assert (post.event["type"], post.event["source"]) == (events.TEST_TYPE, "/here")
            assert standardwebhooks.Webhook(SECRET).verify(post.body, post.headers)["id"] == sent
        wait_until(lambda: how(engine, number).state is subscriptions.State.WORKING)


def test_what_waits_for_its_predecessor_wakes_nobody_meanwhile(engine: sa.Engine) -> None:
    woken: list[int] = []
    with receiving() as receiver:
        receiver.answer = lambda _: (400, {})
        number = subscribe(engine, receiver)
        lane = subscriptions.lane(number)
        with state.writing(engine) as transaction:
            parcels = [Parcel(lane=lane, order_key="k", number=name, body=b"{}") for name in ("a", "b")]
            delivery.enter(transaction, parcels, 1000)
        carrier = WebhookCarrier(engine, "any", 2.0)
        courier = Courier(engine, {"webhook": carrier}, Random(1), lambda: woken.append(1))
        for _ in range(3):
            courier.serve()
            courier.join(10)
    assert (len(receiver.posts), len(woken)) == (1, 1)


@pytest.mark.usefixtures("quick")
def test_only_what_is_wanted_is_told(engine: sa.Engine) -> None:
    with receiving() as receiver, receiving() as other, notifying(engine):
        subscribe(engine, other, Filter(sites=("bh-99",)))
        subscribe(engine, other, Filter(codes=("low",)))
        subscribe(engine, receiver, Filter(sites=("bh-01",), codes=("high",), priority=1))
        raise_alarms(engine, ["a"])
        receiver.await_posts(1)
        assert not other.posts


@pytest.mark.usefixtures("quick")
def test_a_redirection_is_not_followed(engine: sa.Engine) -> None:
    with receiving() as receiver, receiving() as elsewhere, notifying(engine):
        receiver.answer = lambda _: (307, {"location": elsewhere.url})
        subscribe(engine, receiver)
        raise_alarms(engine, ["a"])
        wait_until(lambda: any(one.attempts for one in lanes_of(engine)))
        assert lanes_of(engine)[0].said.startswith("307")
        assert not elsewhere.posts


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("targets", ["public", "private"])
def test_this_machine_is_no_target_unless_it_is_said(engine: sa.Engine, targets: targets.Targets) -> None:
    with receiving() as receiver, notifying(engine, CollectorFile(webhooks=WebhooksTable(targets=targets))):
        subscribe(engine, receiver)
        raise_alarms(engine, ["a"])
        wait_until(lambda: any(one.attempts for one in lanes_of(engine)))
        assert "webhooks may not go there" in lanes_of(engine)[0].said
        assert not receiver.posts


@pytest.mark.parametrize(
    ("address", "public", "private"),
    [
        ("93.184.216.34", True, True),
        ("192.168.10.20", False, True),
        ("10.1.2.3", False, True),
        ("100.64.0.1", False, True),
        ("fd00::1", False, True),
        ("127.0.0.1", False, False),
        ("::1", False, False),
        ("::ffff:127.0.0.1", False, False),
        ("169.254.169.254", False, False),
        ("fe80::1", False, False),
        ("0.0.0.0", False, False),
        ("2606:2800:220:1::1", True, True),
        ("100.100.100.200", False, False),
        ("192.0.0.192", False, False),
        ("fd00:ec2::254", False, False),
        ("64:ff9b::a9fe:a9fe", False, False),
        ("64:ff9b::5db8:d822", True, True),
        ("2002:7f00:1::1", False, False),
    ],
)
def test_addresses(address: str, public: bool, private: bool) -> None:
    assert targets.is_allowed(ip_address(address), "public") is public
    assert targets.is_allowed(ip_address(address), "private") is private
    assert targets.is_allowed(ip_address(address), "any")


def test_a_name_with_one_forbidden_address_is_refused() -> None:
    with pytest.raises(targets.ForbiddenTargetError, match=r"127\.0\.0\.1"):
        targets.chosen("both.example", ["93.184.216.34", "127.0.0.1"], "private")


@given(st.binary(min_size=24, max_size=64), st.text(min_size=1, max_size=20), st.binary(max_size=200))
def test_any_body_is_verified_by_the_independent_library(key: bytes, word: str, body: bytes) -> None:
    payload = json.dumps({word: body.hex()}).encode()
    written = signature.written(key)
    signed = signature.headers(signature.key_of(written), "alarm-1", int(time.time()), payload)
    assert standardwebhooks.Webhook(written).verify(payload, signed) == {word: body.hex()}


def test_everything_that_can_happen_to_an_alarm_has_a_type() -> None:
    types = {events.event_type(trigger) for trigger in (*Trigger, None)}
    assert len(types) == len(Trigger) + 1


def test_waits_grow_with_chance_and_end() -> None:
    rng = Random(1)
    waits = [attempts.wait_s(attempts.WEBHOOK_S, n, rng) for n in range(1, 13)]
    assert waits[-1] is None
    for planned, wait in zip(attempts.WEBHOOK_S, waits, strict=False):
        assert wait is not None
        assert 0.8 * planned <= wait <= 1.2 * planned
    assert attempts.of_status(503, "x", "7").wait_s == 7.0
    assert attempts.of_status(429, "x", "soon").wait_s is None
    assert attempts.of_status(503, "x", "999999").wait_s == attempts.LONGEST_ASKED_S
    assert not attempts.of_status(404, "x", None).is_lane_down


def test_what_is_too_old_is_dead_and_what_is_long_over_is_forgotten(engine: sa.Engine) -> None:
    day = 86_400_000
    with state.writing(engine) as transaction:
        delivery.enter(transaction, [Parcel(lane="x:1", order_key="", number="n", body=b"{}")], 1000)
        brief = Parcel(lane="x:1", order_key="", number="m", body=b"{}", expires_ms=5000)
        delivery.enter(transaction, [brief], 1000)
        delivery.expire(transaction, 6000, 3 * day)
    assert [one.state.value for one in lanes_of(engine)] == ["dead", "waiting"]
    with state.writing(engine) as transaction:
        delivery.expire(transaction, 4 * day, 3 * day)
    assert {one.state.value for one in lanes_of(engine)} == {"dead"}
    with state.writing(engine) as transaction:
        delivery.expire(transaction, 40 * day, 3 * day)
    assert not lanes_of(engine)


def test_what_is_kept_of_people_goes_in_time_also_where_nobody_is_called_any_more(engine: sa.Engine) -> None:
    day_ms, now_ms = 86_400_000, time.time_ns() // 1_000_000
    with state.writing(engine) as transaction:
        for age_days in (8, 6):
            one = Parcel(lane="person:aigul/0", order_key="", number=f"{age_days}", body=b"{}")
            delivery.enter(transaction, [one], now_ms - age_days * day_ms)
        for done in (1, 2):
            delivery.note_done(transaction, done, "sent", now_ms)
        late = Parcel(lane="person:aigul/0", order_key="", number="late", body=b"{}")
        delivery.enter(transaction, [late], now_ms)
    with notifying(engine):
        wait_until(lambda: [one.number for one in lanes_of(engine)] == ["late", "6"])
        wait_until(lambda: lanes_of(engine)[0].state is delivery.State.DEAD)
    assert lanes_of(engine)[0].said == "nobody carries this"


def test_of_several_collectors_one_delivers(engine: sa.Engine) -> None:
    with state.writing(engine) as transaction:
        assert lease.taken(transaction, "notify", "one", 1000)
        assert not lease.taken(transaction, "notify", "two", 2000)
        assert lease.taken(transaction, "notify", "one", 10_000)
        assert not lease.taken(transaction, "notify", "two", 24_000)
        assert lease.taken(transaction, "notify", "two", 26_000)
        lease.release(transaction, "notify", "two")
        assert lease.taken(transaction, "notify", "one", 26_001)


@pytest.mark.usefixtures("quick")
def test_two_collectors_deliver_once(engine: sa.Engine) -> None:
    other = msgspec.structs.replace(ANYWHERE, client_id="another")
    with receiving() as receiver, notifying(engine), notifying(engine, other):
        subscribe(engine, receiver)
        raise_alarms(engine, [f"m{n}" for n in range(50)])
        wait_until(lambda: bool(lanes_of(engine)) and not waiting(engine))
    assert sorted(receiver.seqs()) == list(range(1, 51))


LIST = ("collector", "webhooks", "list")


def configured(folder: Path) -> Path:
    wanted = settings(folder, free_port())
    file = folder / "collector.toml"
    file.write_text(
        f'[broker]\nport = {wanted.broker.port}\n[store]\nkind = "sqlite"\npath = "{folder}/readings.db"\n'
        f'[state]\nurl = "sqlite:///{folder}/state.db"\n[webhooks]\ntargets = "any"\n'
    )
    return file


def test_killed_at_any_moment_every_change_arrives_and_in_order(tmp_path: Path) -> None:
    config = configured(tmp_path)
    url = f"sqlite:///{tmp_path}/state.db"
    with state.opened(url) as engine, receiving() as receiver:
        subscribe(engine, receiver)
        raise_alarms(engine, [f"m{n}" for n in range(300)])
        with Program("collector", ["collector", "run", "-c", str(config)], tmp_path) as collector:
            for seen in (20, 90, 170):
                receiver.await_posts(seen)
                collector.kill()
                raise_alarms(engine, [f"k{seen}"])
                collector.start()
            wait_until(lambda: {*range(1, 304)} <= set(receiver.seqs()) and not waiting(engine))
            collector.stop()
    again = len(receiver.posts) - len(set(receiver.seqs()))
    for place in {post.event["subject"] for post in receiver.posts}:
        seqs = [post.seq for post in receiver.posts if post.event["subject"] == place]
        assert seqs == sorted(seqs)
    assert again <= 3, f"{again} came again; one for each kill may"


def test_the_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = ["-c", str(configured(tmp_path))]
    monkeypatch.setenv("ULBA_HOOK", SECRET)
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine:
        raise_alarms(engine, ["a"])
        done = command(
            "collector", "webhooks", "add", "https://x.example/h", "--json", "--site", "bh-01", *config
        )
        made = json.loads(done.stdout)
        assert signature.key_of(made["secret"])
        done = command(
            "collector", "webhooks", "add", "http://y.example", "--secret", "env:ULBA_HOOK", *config
        )
        assert done.stdout.strip() == "webhook 2"
        listed = json.loads(command("collector", "webhooks", "list", "--json", *config).stdout)
        assert [(one["url"], one["secret"], one["after_seq"]) for one in listed] == [
            ("https://x.example/h", None, 1),
            ("http://y.example", "env:ULBA_HOOK", 1),
        ]
        assert made["secret"] not in json.dumps(listed)
        with state.writing(engine) as transaction:
            delivery.enter(
                transaction, [Parcel(lane="webhook:2", order_key="k", number="alarm-1", body=b"{}")], 1000
            )
            delivery.note_failed(transaction, 1, "no\x1b route", None)
        shown = command("collector", "webhooks", "deliveries", "--state", "dead", *config).stdout
        assert "webhook:2  alarm-1  dead  attempts 1" in shown
        assert "\x1b" not in shown
        assert "1 deliveries" in command("collector", "webhooks", "retry", "1", *config).stdout
        assert lanes_of(engine)[0].state is delivery.State.WAITING
        assert "2  http://y.example  all alarms  up to 1  new\n" in command(*LIST, *config).stdout
        assert (
            command("collector", "webhooks", "enable", "2", *config).stderr == "webhook 2 is not disabled\n"
        )
        with state.writing(engine) as transaction:
            gone = Outcome(said="410", is_gone=True)
            subscriptions.note(transaction, 2, gone, 1000)
        assert "up to 1  disabled: 410\n" in command(*LIST, *config).stdout
        refused = command("collector", "webhooks", "test", "2", *config)
        assert refused.stderr == "webhook 2 is disabled: `collector webhooks enable 2`\n"
        assert command("collector", "webhooks", "enable", "2", *config).returncode == 0
        assert "up to 1  new\n" in command(*LIST, *config).stdout
        lonely = command("collector", "webhooks", "test", "2", "--wait", "1", *config)
        assert lonely.stderr == "webhook 2: not delivered: see that the collector runs\n"
        assert command("collector", "webhooks", "remove", "2", *config).returncode == 0
        assert not lanes_of(engine)
        assert command("collector", "webhooks", "remove", "2", *config).returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["ftp://x/y"], "a receiver is written https://host/path"),
        (["https://u:p@x/y"], "holds no user and password"),
        (["https://x", "--secret", "hunter2"], "never itself"),
        (["https://x", "--secret", "env:ULBA_SHORT"], "24 to 64 bytes"),
    ],
)
def test_what_cannot_be_a_webhook_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str
) -> None:
    monkeypatch.setenv("ULBA_SHORT", "whsec_AAAA")
    config = configured(tmp_path)
    state.open_state(f"sqlite:///{tmp_path}/state.db").dispose()
    done = command("collector", "webhooks", "add", *words, "-c", str(config))
    assert done.returncode == 1, os.fspath(config)
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.usefixtures("quick")
def test_whatever_a_receiver_says_is_kept_as_text(engine: sa.Engine) -> None:
    with receiving() as receiver, notifying(engine):
        receiver.answer = lambda _: (410, {"content-length": "3"})
        receiver.says = b"\0no"
        number = subscribe(engine, receiver)
        raise_alarms(engine, ["a"])
        receiver.await_posts(1)
        wait_until(lambda: waiting(engine) == 0)
    (one,) = lanes_of(engine)
    assert one.said == "410 \N{REPLACEMENT CHARACTER}no"
    with state.reading(engine) as connection:
        known = subscriptions.find(connection, number)
    assert known is not None
    assert known.disabled == one.said


def test_what_waited_when_the_clock_was_set_back_is_due(engine: sa.Engine) -> None:
    ahead_ms, now_ms = 90 * 86_400_000, 1_000_000
    with state.writing(engine) as transaction:
        parcels = [Parcel(lane="webhook:1", order_key=name, number=name, body=b"") for name in "ab"]
        delivery.enter(transaction, parcels, ahead_ms)
        first, second = delivery.due(transaction, "webhook:1", now_ms, 10)
        delivery.note_failed(transaction, first.id, "no", ahead_ms + 60_000)
        assert delivery.lanes(transaction, now_ms) == [("webhook:1", False)]
        assert len(delivery.due(transaction, "webhook:1", now_ms, 10)) == 2
        delivery.note_failed(transaction, first.id, "no", now_ms + 60_000)
        assert delivery.due(transaction, "webhook:1", now_ms, 10) == [second]
        assert lease.taken(transaction, "x", "a", ahead_ms)
        assert lease.taken(transaction, "x", "b", now_ms), "it was taken by a clock that was ahead"
        assert not lease.taken(transaction, "x", "a", now_ms)
