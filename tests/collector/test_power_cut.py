"""The power cut on the left bank of Oskemen, 26 January 2026, 03:20, played: one incident, not nine.

Boiler houses № 2, 5, 6, 7, the pumping stations «Этнопарк» and «Сатпаева» and the heat points 1 to 3 stopped
within a minute; all were back by about ten. What a gateway on a battery still tells differs from site to
site: pressure lost, flow lost, a dead line, or nothing at all.
"""

from collections.abc import Iterable

import sqlalchemy as sa

from collector import gateways, ledger, state
from collector.alarm_clock import GRACE_S, AlarmClock
from collector.alarms import book, incidents
from collector.alarms.alarm import Alarm
from collector.alarms.desk import Desk, Policies, Told
from collector.alarms.incidents import Cause, Incident, Kind
from collector.alarms.lifecycle import State
from collector.arrivals import Arrived, News
from collector.settings import AlarmsTable
from wire.messages import AlarmEvent, AlarmState, Presence, Status
from wire.topics import Gateway

T0 = 1_769_379_600_000
"""2026-01-26 03:20 in Oskemen."""
SECOND, MINUTE, HOUR = 1000, 60_000, 3_600_000
EPOCH = "0" * 16
TITLES = {
    "bh-02": "Котельная № 2 (КШТ)",
    "bh-05": "Котельная № 5 (Ахмирово)",
    "bh-06": "Котельная № 6 (Меновное)",
    "bh-07": "Котельная № 7 (Меновное)",
    "ctp-1": "ЦТП-1",
    "ctp-2": "ЦТП-2",
    "ctp-3": "ЦТП-3",
    "ps-ethno": "ПНС «Этнопарк»",
    "ps-satpaev": "ПНС «Сатпаева»",
}
TELLING = {
    "bh-02": (2, "low_low"),
    "bh-05": (9, "low_low"),
    "ps-ethno": (14, "low_low"),
    "bh-06": (21, "link_silent"),
    "ctp-1": (26, "low_low"),
    "ps-satpaev": (33, "link_silent"),
    "ctp-2": (40, "low"),
}
"""Seconds after the cut, and what the gateway's battery lets it tell."""
DEAD = ("bh-07", "ctp-3")
"""Without a battery."""
DESK = Desk(Policies(AlarmsTable()))


def gateway(site: str) -> Gateway:
    return Gateway(site, "gw")


def event(code: str, t_ms: int, status: AlarmState = AlarmState.RAISED, since: int = T0) -> AlarmEvent:
    return AlarmEvent(
        id=f"{code}/main/{since}", code=code, state=status, t_ms=t_ms, since_ms=since, priority=2
    )


def told(after: dict[str, tuple[int, str]]) -> list[Told]:
    return [(gateway(site), event(code, T0 + s * SECOND)) for site, (s, code) in after.items()]


def say(engine: sa.Engine, sites: Iterable[str], presence: Presence) -> None:
    with state.writing(engine) as transaction:
        news = [News(gateway(site), Status(state=presence, epoch=EPOCH)) for site in sites]
        gateways.note(transaction, news, T0)


def take(engine: sa.Engine, events: list[Told], now_ms: int) -> None:
    with state.writing(engine) as transaction:
        DESK.take(transaction, events, now_ms)


def heads(engine: sa.Engine) -> list[Incident]:
    with state.reading(engine) as connection:
        return [one for one in book.recent_incidents(connection, 0) if not one.merged_into]


def open_now(engine: sa.Engine) -> list[int]:
    with state.reading(engine) as connection:
        return [one.id for one in book.open_incidents(connection)]


def alarms(engine: sa.Engine) -> list[Alarm]:
    with state.reading(engine) as connection:
        return book.in_states(connection, State)


def cut(engine: sa.Engine) -> AlarmClock:
    """Play it until the centre knows of all nine sites."""
    say(engine, TITLES, Presence.ONLINE)
    with state.writing(engine) as transaction:
        arrived = [Arrived(gateway(site), EPOCH, 1, T0 - HOUR, T0 + 5 * SECOND) for site in TITLES]
        ledger.record(transaction, arrived, T0)
    clock = AlarmClock(engine, DESK)
    clock.tick(0, T0 - MINUTE)
    for one in told(TELLING):
        take(engine, [one], one[1].t_ms + SECOND)
    say(engine, DEAD, Presence.OFFLINE)
    clock.tick(GRACE_S + 50, T0 + 50 * SECOND)
    return clock


def test_nine_sites_without_power_are_one_incident_with_its_cause(engine: sa.Engine) -> None:
    cut(engine)
    (incident,) = heads(engine)
    assert (incident.kind, incident.sites) == (Kind.SITES, tuple(sorted(TITLES)))
    assert incidents.cause(incident) is Cause.POWER
    assert {one.incident for one in alarms(engine)} == {incident.id}
    assert len(alarms(engine)) == 9
    title = incidents.title(incident, "ru", TITLES.__getitem__)
    assert title.startswith("Общая причина, вероятно отключение электроэнергии: Котельная № 2 (КШТ), ")
    with state.reading(engine) as connection:
        assert len(book.of_incident(connection, incident.id)) == 9


def test_the_incident_closes_when_the_last_site_is_back(engine: sa.Engine) -> None:
    clock = cut(engine)
    (incident,) = heads(engine)
    back = T0 + 6 * HOUR
    for site, (_, code) in TELLING.items():
        assert open_now(engine) == [incident.id]
        take(engine, [(gateway(site), event(code, back, AlarmState.CLEARED))], back)
    assert open_now(engine) == [incident.id]
    say(engine, DEAD, Presence.ONLINE)
    with state.writing(engine) as transaction:
        news = [Arrived(gateway(site), EPOCH, 2, back, back + 50 * SECOND) for site in DEAD]
        ledger.record(transaction, news, back)
    clock.tick(GRACE_S + 100, back + MINUTE)
    assert not any(one.active for one in alarms(engine))
    assert open_now(engine) == []


def test_two_sites_an_hour_later_are_no_part_of_it(engine: sa.Engine) -> None:
    cut(engine)
    later = T0 + HOUR
    take(engine, [(gateway("bh-02"), event("high", later, since=later))], later)
    assert len(heads(engine)) == 2
