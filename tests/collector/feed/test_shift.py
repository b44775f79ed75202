"""The shift log: who has the shift, what is written, how it is handed over; and the degree of NMU."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import nmu, state
from collector.shifts import log
from collector.shifts.log import ITEMS, Entry, Kind, Line, RefusedError
from collector.state import chain
from collector.users.roles import Role
from tests.collector.feed.serving import Person, Server, event, key

ALL = ("*", Role.DISPATCHER)
TICKED = sorted(ITEMS)


def code(person: Person, path: str, body: Any = None) -> tuple[int, str]:
    answer = person.post(path, json=body or {})
    return answer.status_code, answer.json().get("code", "")


def test_a_shift_goes_from_hand_to_hand(server: Server) -> None:
    anna, boris = server.person("anna", ALL), server.person("boris", ALL)
    server.tell(event("a"), event("b"))
    until_ms = anna.get("/me").json()["server_ms"] + 60_000
    anna.act("shelve", key("b"), comment="x", until_ms=until_ms)
    assert code(anna, "/shift/entries", {"text": "x"}) == (409, "no_shift")
    assert anna.post("/shift/start").json()["current"]["by"] == "anna"
    assert code(boris, "/shift/start") == (409, "shift_taken")
    anna.post("/shift/entries", json={"text": "Pump 2 leaks", "flagged": True})
    found = anna.post("/shift/entries", json={"text": "Pump 1 leaks", "flagged": True, "corrects": 2}).json()
    assert [(one["seq"], one["flagged"], one["corrects"]) for one in found["entries"]] == [
        (3, True, 2),
        (2, False, None),
        (1, False, None),
    ]
    assert {name: found["open"][name] for name in ("unacknowledged", "shelved", "out_of_service")} == {
        "unacknowledged": 1,
        "shelved": 1,
        "out_of_service": 0,
    }
    assert [one["alarms"] for one in found["open"]["incidents"]] == [2]
    handover = {"to": "Boris", "notes": "watch pump 1", "ticked": TICKED}
    assert code(boris, "/shift/handover", handover) == (409, "not_your_shift")
    assert code(anna, "/shift/handover", handover | {"to": "nobody"}) == (409, "unknown_person")
    assert code(anna, "/shift/handover", handover | {"ticked": TICKED[1:]}) == (409, "items_unticked")
    assert code(boris, "/shift/accept", {"ticked": TICKED}) == (409, "nothing_handed_over")
    handed = anna.post("/shift/handover", json=handover).json()["current"]
    assert (handed["by"], handed["handover"]["to"], handed["handover"]["notes"]) == (
        "anna",
        "boris",
        "watch pump 1",
    )
    assert code(anna, "/shift/handover", handover) == (409, "handed_over")
    assert code(anna, "/shift/accept", {"ticked": TICKED}) == (409, "not_for_you")
    assert code(boris, "/shift/accept", {"ticked": []}) == (409, "items_unticked")
    accepted = boris.post("/shift/accept", json={"ticked": TICKED}).json()
    assert (accepted["current"]["by"], accepted["current"]["handover"]) == ("boris", None)
    assert [one["seq"] for one in accepted["entries"] if one["flagged"]] == [3]
    assert accepted["entries"][0]["ticked"] == TICKED


def test_a_shift_whose_dispatcher_is_gone_is_ended_by_an_engineer_and_goes_on_with_the_next(
    server: Server,
) -> None:
    anna, boris = server.person("anna", ALL), server.person("boris", ALL)
    victor = server.person("victor", ("*", Role.ENGINEER))
    left = server.person("lev", ("left", Role.ADMINISTRATOR))
    why = {"of": "anna", "reason": "went home ill at 02:40"}
    assert code(victor, "/shift/end", why) == (409, "no_shift")
    anna.post("/shift/start")
    anna.post("/shift/entries", json={"text": "Pump 2 leaks", "flagged": True})
    anna.post("/shift/handover", json={"to": "boris", "ticked": TICKED})
    for person in (anna, boris, left):
        assert code(person, "/shift/end", why) == (403, "not_allowed")
    assert code(victor, "/shift/end", why | {"of": "boris"}) == (409, "shift_taken")
    for reason in ("", "  "):
        assert code(victor, "/shift/end", why | {"reason": reason}) == (422, "invalid_request")
    found = victor.post("/shift/end", json=why).json()
    assert found["current"] is None
    ended = found["entries"][0]
    assert {name: ended[name] for name in ("seq", "kind", "by", "of", "text")} == {
        "seq": 4,
        "kind": "end",
        "by": "victor",
        "of": "anna",
        "text": "went home ill at 02:40",
    }
    assert code(boris, "/shift/accept", {"ticked": TICKED}) == (409, "no_shift")
    started = boris.post("/shift/start").json()
    assert started["current"]["by"] == "boris"
    assert [one["text"] for one in started["entries"] if one["flagged"]] == ["Pump 2 leaks"]
    root = server.person("root", ("*", Role.ADMINISTRATOR))
    deeds = [(one["by"], one["deed"], one["target"]) for one in root.get("/audit").json()["lines"]]
    assert ("victor", "shift", "end 4") in deeds
    assert root.post("/shift/end", json=why | {"of": "boris"}).status_code == 201


def test_only_notes_are_corrected_and_only_dispatchers_write(server: Server) -> None:
    anna, victor = server.person("anna", ALL), server.person("victor", ("*", Role.VIEWER))
    anna.post("/shift/start")
    assert code(anna, "/shift/entries", {"text": "x", "corrects": 1}) == (409, "no_such_entry")
    assert code(victor, "/shift/entries", {"text": "x"}) == (403, "not_allowed")
    assert victor.get("/shift").json()["current"]["by"] == "anna"
    assert code(anna, "/shift/handover", {"to": "victor", "ticked": TICKED}) == (409, "unknown_person")


def test_the_log_is_chained(server: Server) -> None:
    anna = server.person("anna", ALL)
    anna.post("/shift/start")
    for n in range(3):
        anna.post("/shift/entries", json={"text": f"note {n}"})
    with state.writing(server.engine) as transaction:
        assert chain.broken_at(transaction, state.shift_log) is None
        transaction.exec_driver_sql("DELETE FROM shift_log WHERE seq = 2")
        assert chain.broken_at(transaction, state.shift_log) == 2


PEOPLE = st.sampled_from(["anna", "boris"])
ENTRIES = st.builds(
    Entry,
    t_ms=st.integers(0, 9),
    by=PEOPLE,
    kind=st.sampled_from(Kind),
    to=PEOPLE,
    of=PEOPLE,
    flagged=st.booleans(),
    corrects=st.integers(0, 5),
    ticked=st.sampled_from([tuple(ITEMS), ()]),
)


@given(st.lists(ENTRIES, max_size=20))
def test_whatever_is_tried_one_person_has_the_shift_until_two_signatures_or_an_end(
    tried: list[Entry],
) -> None:
    lines: list[Line] = []
    for entry in tried:
        before = log.current(lines)
        notes = [line.seq for line in lines if line.entry.kind is Kind.NOTE]
        try:
            log.see(before, entry, notes)
        except RefusedError:
            continue
        lines.append(Line(len(lines) + 1, entry))
        now = log.current(lines)
        if entry.kind is Kind.END:
            assert before is not None
            assert (before.by, now) == (entry.of, None)
            continue
        assert now is not None, "once begun there is somebody until it is ended"
        if before is not None and now.by != before.by:
            assert before.handover is not None
            assert before.handover.to == now.by == entry.by
    corrected = {line.entry.corrects for line in lines if line.entry.kind is Kind.NOTE}
    assert not corrected & {line.seq for line in log.flagged(lines)}


def test_the_degree_that_was_entered_last_counts(server: Server) -> None:
    anna = server.person("anna", ALL)
    now_ms = anna.get("/me").json()["server_ms"]
    wanted = {"degree": 2, "from_ms": now_ms - 1000, "to_ms": now_ms + 60_000, "source": "Kazhydromet"}
    assert anna.put("/nmu", json=wanted).json()["current"]["degree"] == 2
    found = anna.put("/nmu", json=wanted | {"degree": 0}).json()
    assert (found["current"], [one["degree"] for one in found["entries"]]) == (None, [0, 2])
    assert anna.put("/nmu", json=wanted | {"to_ms": 0}).json()["code"] == "invalid_request"
    viewer = server.person("victor", ("*", Role.VIEWER))
    assert viewer.put("/nmu", json=wanted).json()["code"] == "not_allowed"
    assert viewer.get("/nmu").json()["current"] is None


@pytest.mark.parametrize(("now_ms", "degree"), [(4, None), (5, 1), (9, 1), (10, 3), (14, 3), (15, None)])
def test_a_degree_holds_from_its_beginning_to_before_its_end(now_ms: int, degree: int | None) -> None:
    entries = [
        nmu.Entry(degree=3, from_ms=10, to_ms=15, source="s", by="b", t_ms=2),
        nmu.Entry(degree=1, from_ms=5, to_ms=12, source="s", by="b", t_ms=1),
    ]
    found = nmu.in_force(entries, now_ms)
    assert (found.degree if found else None) == degree
