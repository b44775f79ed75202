"""Webhooks over HTTP, for administrators of all groups only."""

import pytest

from collector import state
from collector.notify import delivery, signature, subscriptions
from collector.notify.delivery import Parcel
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
    for other in (dead["id"], 2, 99):
        assert admin.post(f"/webhooks/deliveries/{other}/retry").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"url": "ftp://x"}, "a receiver is written https://host/path"),
        ({"url": "https://u:p@x/"}, "holds no user and password"),
        ({"url": URL, "secret": "hunter2"}, "never itself"),
        ({"url": URL, "filter": {"priority": 9}}, "less than or equal to 4"),
    ],
)
def test_what_cannot_be_a_webhook_is_refused_with_a_sentence(
    server: Server, wanted: dict[str, object], said: str
) -> None:
    answer = server.person("root", ADMIN).post("/webhooks", json=wanted)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert said in answer.json()["detail"]


def test_there_is_a_most_of_them(server: Server) -> None:
    admin = server.person("root", ADMIN)
    for _ in range(subscriptions.MOST):
        assert admin.post("/webhooks", json={"url": URL}).status_code == 201
    assert admin.post("/webhooks", json={"url": URL}).status_code == 409
