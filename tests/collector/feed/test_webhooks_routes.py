"""Webhooks over HTTP, for administrators of all groups only."""

import pytest

from collector import state
from collector.alarms.kinds import Kinds
from collector.duty import NotifyTable, PersonTable, StepTable
from collector.notify import delivery, signature, subscriptions
from collector.notify.attempts import Outcome
from collector.notify.delivery import Parcel
from collector.notify.people import Duty
from collector.users.roles import Role
from tests.collector.feed.serving import Server, event

ADMIN = ("*", Role.ADMINISTRATOR)
URL = "https://109.example/hooks"


@pytest.mark.parametrize("role", [("*", Role.ENGINEER), ("left", Role.ADMINISTRATOR)])
def test_only_administrators_of_all_groups_may(server: Server, role: tuple[str, Role]) -> None:
    eva = server.person("eva", role)
    for answer in (
        eva.get("/webhooks"),
        eva.post("/webhooks", json={"url": URL}),
        eva.delete("/webhooks/1"),
        eva.post("/webhooks/1/enable", json={}),
        eva.post("/webhooks/1/test"),
        eva.post("/webhooks/1/retry"),
        eva.get("/notify/sent"),
        eva.get("/webhooks/deliveries"),
        eva.post("/webhooks/deliveries/1/retry"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")


def test_a_webhook_is_added_shown_without_its_secret_and_removed(server: Server) -> None:
    server.tell(event("t"))
    admin = server.person("root", ADMIN)
    wanted = {"url": URL, "filter": {"sites": ["bh-01"], "priority": 2}}
    made = admin.post("/webhooks", json=wanted)
    assert made.status_code == 201, made.text
    drawn = made.json()["drawn"]
    assert signature.key_of(drawn)
    (shown,) = admin.get("/webhooks").json()["webhooks"]
    assert (shown["url"], shown["secret"], shown["after_seq"], shown["by"]) == (URL, None, 1, "root")
    assert shown["filter"] == {"sites": ["bh-01"], "codes": [], "priority": 2}
    assert drawn not in admin.get("/audit").text
    assert admin.delete(f"/webhooks/{shown['id']}").status_code == 204
    assert admin.delete(f"/webhooks/{shown['id']}").json()["code"] == "not_found"
    deeds = [line["deed"] for line in admin.get("/audit").json()["lines"]]
    assert deeds[:2] == ["webhook_removed", "webhook_added"]


def test_what_is_dead_is_listed_and_tried_again(server: Server) -> None:
    admin = server.person("root", ADMIN)
    number = admin.post("/webhooks", json={"url": URL, "secret": "env:ULBA_X"}).json()["id"]
    lane = subscriptions.lane(number)
    with state.writing(server.engine) as transaction:
        parcels = [
            Parcel(lane=one, order_key="k", number="alarm-1", body=b"{}") for one in (lane, "person:a/0")
        ]
        delivery.enter(transaction, parcels, 1000)
        for one in (1, 2):
            delivery.note_failed(transaction, one, "503", None)
    (dead,) = admin.get("/webhooks/deliveries", params={"state": "dead"}).json()["deliveries"]
    assert (dead["webhook"], dead["number"], dead["said"], dead["attempts"]) == (number, "alarm-1", "503", 1)
    assert admin.post(f"/webhooks/deliveries/{dead['id']}/retry").status_code == 204
    (waiting,) = admin.get("/webhooks/deliveries").json()["deliveries"]
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 0)
    with state.writing(server.engine) as transaction:
        delivery.note_failed(transaction, dead["id"], "503", None)
    assert admin.post(f"/webhooks/{number}/retry").status_code == 204
    (waiting,) = admin.get("/webhooks/deliveries").json()["deliveries"]
    assert (waiting["state"], waiting["attempts"]) == ("waiting", 0)
    assert admin.post("/webhooks/99/retry").status_code == 404
    for other in (dead["id"], 2, 99):
        assert admin.post(f"/webhooks/deliveries/{other}/retry").status_code == 404


def test_how_a_receiver_does_is_shown_and_one_that_was_gone_goes_on(server: Server) -> None:
    admin = server.person("root", ADMIN)
    number = admin.post("/webhooks", json={"url": URL}).json()["id"]

    def shown() -> tuple[object, ...]:
        (one,) = admin.get("/webhooks").json()["webhooks"]
        return tuple(one[name] for name in ("state", "failing_ms", "said", "disabled", "waiting", "dead"))

    def note(outcome: Outcome, now_ms: int) -> None:
        with state.writing(server.engine) as transaction:
            subscriptions.note(transaction, number, outcome, now_ms)

    assert shown() == ("new", None, "", "", 0, 0)
    assert admin.post(f"/webhooks/{number}/enable", json={}).status_code == 409
    note(Outcome(said="503", is_lane_down=True), 1000)
    note(Outcome(said="502", is_lane_down=True), 2000)
    sent = admin.post(f"/webhooks/{number}/test").json()["number"]
    assert shown() == ("failing", 1000, "502", "", 1, 0)
    (test,) = admin.get("/webhooks/deliveries").json()["deliveries"]
    assert (test["number"], test["state"]) == (sent, "waiting")
    note(Outcome(said="410 Gone", is_gone=True), 3000)
    with state.writing(server.engine) as transaction:
        delivery.note_failed(transaction, test["id"], "gone", None)
    assert shown() == ("disabled", 1000, "410 Gone", "410 Gone", 0, 1)
    assert admin.post(f"/webhooks/{number}/test").status_code == 409
    server.tell(event("t"))
    assert admin.post(f"/webhooks/{number}/enable", json={"from_now": True}).status_code == 204
    assert shown() == ("new", None, "", "", 0, 1)
    assert admin.get("/webhooks").json()["webhooks"][0]["after_seq"] == 1
    note(Outcome(said="410 Gone", is_gone=True), 4000)
    server.tell(event("u"))
    assert admin.post(f"/webhooks/{number}/enable", json={}).status_code == 204
    assert shown() == ("new", None, "", "", 1, 0), "what it missed is tried again"
    assert admin.get("/webhooks").json()["webhooks"][0]["after_seq"] == 1
    for path in ("/webhooks/99/enable", "/webhooks/99/test"):
        assert admin.post(path, json={}).status_code == 404
    deeds = [line["deed"] for line in admin.get("/audit").json()["lines"]]
    assert deeds[:3] == ["webhook_enabled", "webhook_enabled", "webhook_tested"]


def test_what_was_sent_to_people_is_listed_page_by_page(server: Server) -> None:
    admin = server.person("root", ADMIN)
    person = PersonTable(name="aigul", channels=("env:MAIL", "env:SMS"))
    plan = NotifyTable(people=(person,), steps=(StepTable(name="duty", people=("aigul",)),))
    with state.writing(server.engine) as transaction:
        Duty(plan, (), Kinds()).test(transaction, "aigul", 1000)
        other = Parcel(lane="webhook:1", order_key="k", number="alarm-1", body=b"{}")
        delivery.enter(transaction, [other], 1000)
        delivery.note_done(transaction, 1, "sent", 2000)
        delivery.note_failed(transaction, 2, "no route", None)
    first = admin.get("/notify/sent", params={"limit": 1}).json()
    (failed,) = first["sent"]
    assert (failed["person"], failed["channel"], failed["state"]) == ("aigul", "env:SMS", "dead")
    assert (failed["said"], failed["attempts"], failed["done_ms"]) == ("no route", 1, None)
    second = admin.get("/notify/sent", params={"before": first["next_before"]}).json()
    (taken,) = second["sent"]
    assert (taken["channel"], taken["state"], taken["done_ms"]) == ("env:MAIL", "done", 2000)
    assert second["next_before"] is None
    assert admin.get("/notify/sent", params={"person": "bolat"}).json()["sent"] == []
    assert len(admin.get("/notify/sent", params={"state": "dead"}).json()["sent"]) == 1


@pytest.mark.parametrize(
    ("wanted", "code", "said"),
    [
        ({"url": "ftp://x"}, "url_unfit", "a receiver is written https://host/path"),
        ({"url": "https://u:p@x/"}, "url_unfit", "holds no user and password"),
        ({"url": URL, "secret": "hunter2"}, "secret_unfit", "never itself"),
        ({"url": URL, "filter": {"priority": 9}}, "invalid_request", "less than or equal to 4"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_with_a_sentence(
    server: Server, wanted: dict[str, object], code: str, said: str
) -> None:
    answer = server.person("root", ADMIN).post("/webhooks", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert said in answer.json()["detail"]


def test_there_is_a_most_of_them(server: Server) -> None:
    admin = server.person("root", ADMIN)
    for _ in range(subscriptions.MOST):
        assert admin.post("/webhooks", json={"url": URL}).status_code == 201
    assert admin.post("/webhooks", json={"url": URL}).status_code == 409
