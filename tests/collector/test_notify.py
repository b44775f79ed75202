"""People are called: apprise with a real mail server and a real HTTP receiver, through kills and failures."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller

from collector import gateways, state
from collector.alarms.alarm import Action
from collector.alarms.kinds import Kinds
from collector.alarms.lifecycle import Trigger
from collector.arrivals import News
from collector.duty import NotifyTable, PersonTable, StepTable
from collector.notify import channels, delivery, wording
from collector.notify.escalation import Call, Kind
from collector.notify.notifier import Notifier
from collector.settings import CollectorFile, SiteTable
from tests.collector.collecting import wait_until
from tests.collector.receiver import Receiver, receiving
from tests.collector.test_desk import ANNA, DESK, GATEWAY, key, told
from tests.collector.test_webhooks import configured, lanes_of, raise_alarms
from tests.programs import Program, command
from tests.servers import free_port
from wire.messages import About

pytestmark = pytest.mark.system
AIGUL = PersonTable(name="aigul", title="Айгүл", language="kk", channels=("env:AIGUL",))
BOLAT = PersonTable(name="bolat", language="ru", channels=("env:BOLAT",))
STEPS = (
    StepTable(name="duty", after_min=(0, 0, 0, 0), people=("aigul",)),
    StepTable(name="second", after_min=(60, 60, 60, 60), people=("bolat",)),
)
PLAN = NotifyTable(people=(AIGUL, BOLAT), steps=STEPS, gather_s=0, console="https://ulba.example")
SITES = (
    SiteTable(site="bh-01", title={"ru": "Котельная № 1", "kk": "№ 1 қазандық", "en": "Boiler house 1"}),
)


class Mailbox:
    """What an SMTP server got."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        return "250 OK"


@contextmanager
def mail_server() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def mail_url(port: int) -> str:
    return f"mailto://127.0.0.1:{port}?from=ulba@centre.example&to=aigul@centre.example&mode=insecure"


def json_url(receiver: Receiver) -> str:
    return f"json://127.0.0.1:{receiver.server.server_port}/bolat?rto=2"


@contextmanager
def calling(
    engine: sa.Engine, plan: NotifyTable = PLAN, sites: tuple[SiteTable, ...] = SITES
) -> Iterator[Notifier]:
    notifier = Notifier(CollectorFile(notify=plan, sites=sites), engine)
    notifier.start()
    try:
        yield notifier
        assert notifier.is_alive
    finally:
        notifier.stop()
        notifier.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("collector.notify.channels.PersonCarrier.schedule", (0.05, 0.1, 0.2))
    monkeypatch.setattr("collector.notify.notifier.EVERY_S", 0.02)
    monkeypatch.setattr("collector.notify.notifier.LOOK_S", 0.02)
    monkeypatch.setenv("AIGUL", "json://127.0.0.1:1/x")
    monkeypatch.setenv("BOLAT", "json://127.0.0.1:1/x")


def said(post: Any) -> tuple[str, str]:
    body = json.loads(post.body)
    return body["title"], body["message"]


def test_a_mail_in_the_readers_language_is_one_for_an_incident(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with mail_server() as (mailbox, port), calling(engine):
        monkeypatch.setenv("AIGUL", mail_url(port))
        raise_alarms(engine, [f"boiler/t{n}" for n in range(6)])
        wait_until(
            lambda: (
                bool(mailbox.mails)
                and all(one.state is not delivery.State.WAITING for one in lanes_of(engine))
            )
        )
    (mail,) = mailbox.mails
    assert mail["subject"] == "АПАТ: № 1 қазандық, расталмаған дабылдар: 6"
    assert mail["to"] == "aigul@centre.example"
    plain = mail.get_body(("plain", "html"))
    assert plain is not None
    text = plain.get_content()
    assert "Араласу қажет." in text
    assert text.count("•") == wording.ALARMS_TOLD
    assert "… тағы дабылдар: 3" in text
    assert "https://ulba.example" in text


def test_when_a_channel_takes_nothing_the_next_step_is_called_at_once(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with receiving() as receiver, calling(engine):
        monkeypatch.setenv("BOLAT", json_url(receiver))
        raise_alarms(engine, ["boiler/t"])
        (post, *_) = receiver.await_posts(1)
    title, text = said(post)
    assert title == "АВАРИЯ: Котельная № 1, тревог без квитирования: 1"
    assert "Теперь вызываем вас." in text
    failed = [one for one in lanes_of(engine) if one.lane == "person:aigul/0"]
    assert "env:AIGUL did not take it" in failed[0].said


def test_once_it_is_acknowledged_nothing_more_is_sent(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = NotifyTable(people=(AIGUL, BOLAT), steps=(STEPS[0],), gather_s=0)
    with receiving() as receiver:
        monkeypatch.setattr("collector.notify.channels.PersonCarrier.schedule", (600,))
        with calling(engine, slow):
            raise_alarms(engine, ["boiler/t"])
            wait_until(lambda: any(one.attempts for one in lanes_of(engine)))
            monkeypatch.setenv("AIGUL", json_url(receiver))
            with state.writing(engine) as transaction:
                acknowledge = Action(trigger=Trigger.ACKNOWLEDGE)
                DESK.act(transaction, [key("boiler/t")], acknowledge, by=ANNA, now_ms=6000)
            wait_until(lambda: lanes_of(engine)[0].state is delivery.State.DEAD)
        assert lanes_of(engine)[0].said == "acknowledged or over before it was sent"
        with state.reading(engine) as connection:
            assert not connection.execute(sa.select(state.rounds)).all()
        assert not receiver.posts


def test_killed_at_any_moment_the_person_is_told_and_never_twice_of_one_incident(tmp_path: Path) -> None:
    with receiving() as receiver, state.opened(f"sqlite:///{tmp_path}/state.db") as engine:
        config = configured(tmp_path)
        config.write_text(
            config.read_text()
            + '[notify]\ngather_s = 0.0\nnag_min = [0.0, 0.0, 0.0, 0.0]\n[[notify.people]]\nname = "aigul"\n'
            + 'channels = ["env:ULBA_AIGUL"]\n[[notify.steps]]\nname = "duty"\npeople = ["aigul"]\n'
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("ULBA_AIGUL", json_url(receiver))
            with Program("collector", ["collector", "run", "-c", str(config)], tmp_path) as collector:
                for number in range(4):
                    collector.await_ready()
                    raise_alarms(engine, [f"boiler/t{number}"], t_ms=1000 + number * 10_000_000)
                    receiver.await_posts(number)
                    collector.kill()
                    collector.start()
                wait_until(lambda: len(incidents_told(engine)) == 4)
                collector.await_ready()
                collector.stop()
        again = len(receiver.posts) - len(lanes_of(engine))
        assert 0 <= again <= 4, "only what was under way at a kill may come twice"
        topics = [topic for one in lanes_of(engine) for topic in topics_of(one)]
        assert sorted(topics) == sorted(set(topics)), "an incident was told twice at one step"


def topics_of(one: delivery.Delivery) -> list[str]:
    found: list[str] = json.loads(one.body)["topics"]
    return found


def incidents_told(engine: sa.Engine) -> set[str]:
    done = [one for one in lanes_of(engine) if one.state is delivery.State.DONE]
    return {topic for one in done for topic in topics_of(one)}


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
@pytest.mark.parametrize("kind", list(Kind))
def test_every_language_has_every_sentence(language: Any, kind: Kind, engine: sa.Engine) -> None:
    raise_alarms(engine, [f"boiler/t{n}" for n in range(5)])
    from collector.alarms import book
    from collector.notify.people import CALLING

    with state.reading(engine) as connection:
        alarms = tuple(book.in_states(connection, CALLING))
    person = PersonTable(name="x", language=language, channels=("env:X",))
    reader = wording.Reader(
        person=person,
        abouts={},
        kinds=Kinds(),
        sites={},
        zone=None,
        console="https://c",
        is_flood=True,
        now_ms=10_000_000,
    )
    calls = tuple(
        Call(person="x", step=0, topic=f"incident {n}", kind=kind, priority=1 + n % 4) for n in range(5)
    )
    affairs = {call.topic: wording.Affair(alarms=alarms, since_ms=1_000_000) for call in calls}
    letter = wording.letter(calls, affairs, reader)
    assert not re.search(r"[{}]", letter.title + letter.body)
    assert len(letter.body) < 3000
    assert "https://c" in letter.body
    assert wording.test_letter(person).body


def test_what_was_sent_is_listed_with_why_it_was_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collector.notify.channels.PersonCarrier.schedule", (0.05,))
    config = configured(tmp_path)
    with receiving() as receiver, state.opened(f"sqlite:///{tmp_path}/state.db") as engine, calling(engine):
        monkeypatch.setenv("BOLAT", json_url(receiver))
        raise_alarms(engine, ["boiler/t"])
        receiver.await_posts(1)
        wait_until(lambda: {one.state.value for one in lanes_of(engine)} == {"done", "dead"})
        words = ["collector", "notify", "sent", "-c", str(config)]
        found = {one["person"]: one for one in json.loads(command(*words, "--json").stdout)}
        plain = command(*words, "--person", "bolat")
    assert {name: one["channel"] for name, one in found.items()} == {
        "aigul": "env:AIGUL",
        "bolat": "env:BOLAT",
    }
    failed, taken = found["aigul"], found["bolat"]
    assert (failed["state"], failed["attempts"], failed["done_ms"]) == ("dead", 2, None)
    assert "env:AIGUL did not take it" in failed["said"]
    assert (taken["state"], taken["said"]) == ("done", "sent")
    assert taken["decided_ms"] <= taken["done_ms"]
    assert taken["alarms"] == failed["alarms"] == [key("boiler/t")]
    assert taken["body"] == said(receiver.posts[0])[1]
    assert "bolat  env:BOLAT  done at " in plain.stdout
    assert key("boiler/t") in plain.stdout
    assert plain.stderr.strip() == "1 messages"


def test_what_is_missing_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AIGUL")
    carrier = channels.PersonCarrier(PLAN)

    def carried(person: str, channel: str) -> str:
        body = json.dumps({"title": "t", "body": "b", "channel": channel}).encode()
        return carrier.carry(
            delivery.Delivery(
                id=1,
                lane=channels.lane(person, 0),
                order_key="",
                number="",
                state=delivery.State.WAITING,
                created_ms=0,
                attempts=0,
                next_ms=0,
                expires_ms=0,
                said="",
                body=body,
            )
        ).said

    assert carried("aigul", "env:AIGUL") == "env:AIGUL: not set"
    for gone in (("aigul", "env:OTHER"), ("zed", "env:AIGUL")):
        assert carried(*gone) == "the channel is no longer in the configuration"
    monkeypatch.setenv("AIGUL", "nonsense")
    assert carried("aigul", "env:AIGUL") == "env:AIGUL holds no URL that apprise knows"


def test_who_is_on_duty_and_whether_a_channel_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = configured(tmp_path)
    config.write_text(
        config.read_text()
        + '[notify]\n[[notify.people]]\nname = "aigul"\nchannels = ["env:ULBA_AIGUL", "env:ULBA_DEAD"]\n'
        + '[[notify.steps]]\nname = "duty"\n[[notify.steps.rota]]\nperson = "aigul"\nto = "12:00"\n'
    )
    words = ["-c", str(config)]
    done = command("collector", "notify", "who", "--at", "2026-12-01T11:00", *words)
    assert "duty: aigul; nobody for 84 h of each week" in done.stdout
    done = command("collector", "notify", "who", "--at", "2026-12-01T13:00", "--json", *words)
    assert json.loads(done.stdout) == [{"step": "duty", "people": [], "hours_without": 84.0}]
    assert "there is nobody called zed" in command("collector", "notify", "test", "zed", *words).stderr
    with receiving() as receiver:
        monkeypatch.setenv("ULBA_AIGUL", json_url(receiver))
        monkeypatch.setenv("ULBA_DEAD", "json://127.0.0.1:1/x")
        with Program("collector", ["collector", "run", *words], tmp_path) as collector:
            collector.await_ready()
            done = command("collector", "notify", "test", "aigul", "--json", *words)
        shown = {one["channel"]: one["state"] for one in json.loads(done.stdout)}
        assert shown == {"person:aigul/0": "done", "person:aigul/1": "waiting"}
        assert done.returncode == 1
        assert said(receiver.posts[0])[0] == "Ulba: проверка связи"


def test_a_wrong_plan_is_refused_with_file_and_line(tmp_path: Path) -> None:
    config = configured(tmp_path)
    config.write_text(config.read_text() + '[notify]\n[[notify.steps]]\nname = "duty"\npeople = ["zed"]\n')
    done = command("collector", "check", "-c", str(config))
    assert done.returncode == 1
    assert "notify: step `duty` calls `zed`, who is not among the people" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_flood_is_one_message(engine: sa.Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = NotifyTable(people=(AIGUL,), steps=(STEPS[0],), gather_s=30)
    with receiving() as receiver, calling(engine, plan):
        monkeypatch.setenv("AIGUL", json_url(receiver))
        raise_alarms(engine, ["boiler/t"])
        receiver.await_posts(1)
        for number in range(40):
            with state.writing(engine) as transaction:
                DESK.take(transaction, [told(f"m{number}/t", t_ms=10_000_000 * number)], 5000)
        wait_until(lambda: all(one.state is not delivery.State.WAITING for one in lanes_of(engine)))
        assert len(receiver.posts) == 1


def test_the_plan_of_the_documentation_can_be_used_and_says_who_is_called(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "notify.md").read_text(encoding="utf-8")
    (plan,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    config = configured(tmp_path)
    config.write_text(config.read_text() + plan)

    def called(at: str) -> str:
        return command("collector", "notify", "who", "--at", at, "-c", str(config)).stdout

    assert "on duty: aigul; nobody for 24 h of each week\nchief: bolat\n" in called("2026-12-15T12:00")
    assert "on duty: bolat" in called("2026-12-16T12:00")
    assert "on duty: nobody" in called("2026-12-12T12:00")
    (event,) = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    shown = json.loads(event)
    with state.opened(f"sqlite:///{tmp_path}/state.db") as engine:
        raise_alarms(engine, ["heat/t"])
        made = event_of(engine)
    assert set(shown) == set(made)
    assert set(shown["data"]) <= set(made["data"])


def event_of(engine: sa.Engine) -> dict[str, Any]:
    from collector.notify import events, subscriptions, webhooks
    from collector.notify.subscriptions import Filter

    with state.writing(engine) as transaction:
        subscriptions.add(transaction, "http://x", "env:X", Filter(), by="t", now_ms=1, after_seq=0)
        webhooks.fan_out(transaction, events.Centre("/ulba", UTC, Kinds()), 1)
    found: dict[str, Any] = json.loads(lanes_of(engine)[0].body)
    return found


def test_what_a_gateway_calls_its_site_writes_no_header_of_a_mail(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = About(
        version="1",
        epoch="0" * 16,
        boot="b",
        site_class="boiler_house",
        started_ms=1,
        devices=(),
        site_title="House\r\nBcc: evil@elsewhere.example\r\n\r\nnothing here",
    )
    with state.writing(engine) as transaction:
        gateways.note(transaction, [News(GATEWAY, hostile)], 1)
    with mail_server() as (mailbox, port), calling(engine, sites=()):
        monkeypatch.setenv("AIGUL", mail_url(port))
        raise_alarms(engine, ["boiler/t1"])
        wait_until(lambda: bool(mailbox.mails))
    (mail, *_) = mailbox.mails
    assert mail["bcc"] is None
    assert "House Bcc: evil@elsewhere.example" in mail["subject"]
    assert [mail["to"]] == ["aigul@centre.example"]
