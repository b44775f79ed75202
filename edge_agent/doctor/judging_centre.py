"""The way to the broker, and the collector behind it. Pure."""

from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from edge_agent.doctor.facts import Broker, Facts, Trouble
from edge_agent.doctor.finding import Finding, Verdict, duration, ok, warning, wrong

EXPIRES_MS: Final = 30 * 86_400_000
"""A certificate is renewed in time when it is asked for a month before."""
RECEIPT_MS: Final = 600_000
"""The collector answers a batch in seconds; an agent sends each minute."""


class Case(Struct, frozen=True):
    """What is said of one way to fail; `{…}` are fields of `Broker`."""

    what: str
    do: str
    verdict: Verdict = Verdict.WRONG


CASES: Final[dict[Trouble, Case]] = {
    Trouble.NO_SUCH_NAME: Case(
        "{host} is no known name: {detail}.",
        "Correct [broker] host, or see the name server (resolvectl status).",
    ),
    Trouble.REFUSED: Case(
        "{host} refuses connections to port {port}.", "See that the broker runs there, and [broker] port."
    ),
    Trouble.SILENT: Case(
        "{host}:{port} does not answer.", "See the network, the firewall, and whether the modem has a signal."
    ),
    Trouble.UNREACHABLE: Case(
        "{host}:{port} cannot be reached: {detail}.", "See the network: cable, modem, ip route."
    ),
    Trouble.FILE: Case("{detail}.", "Correct the certificate files of [broker], or put them there."),
    Trouble.CERTIFICATE_EXPIRED: Case(
        "The certificate of {host} has expired, by this machine's clock.",
        "Have it renewed at the centre; if it is not that old, set this machine's clock.",
    ),
    Trouble.CERTIFICATE_NOT_YET: Case(
        "The certificate of {host} is not valid yet, by this machine's clock.",
        "Set this machine's clock first; if it is right, the centre has to renew the certificate.",
    ),
    Trouble.CERTIFICATE_NAME: Case(
        "The certificate of {host} is for another host: {detail}.",
        "Write the name of the certificate as [broker] host, or have one made for {host}.",
    ),
    Trouble.CERTIFICATE_UNKNOWN: Case(
        "The certificate of {host} is of an authority that is not trusted: {detail}.",
        "Write its certificate as [broker] ca_file; if that was the right one, ask who answers there.",
    ),
    Trouble.NO_TLS: Case(
        "{host}:{port} speaks no TLS that we know: {detail}.",
        "See [broker] port (8883 is usual with TLS), and whether it wants a client_certificate.",
    ),
    Trouble.NO_SECRET: Case(
        "The login was not tried, the password is not to be had here: {detail}.",
        "Run it with sudo, with the environment of the agent.",
        Verdict.WARNING,
    ),
    Trouble.LOGIN: Case(
        "{host} refuses user {user!r}: {detail}.",
        "Correct username and password in [broker]; at the broker: mosquitto_passwd.",
    ),
    Trouble.NO_MQTT: Case(
        "{host}:{port} does not answer as an MQTT broker: {detail}.",
        "See [broker] port, and ca_file, which switches TLS on.",
    ),
    Trouble.READ_DENIED: Case(
        "{host} does not let {user!r} read its receipts, without which nothing is delivered.",
        "Correct the broker's access list; the shipped one wants a user named SITE/GATEWAY.",
    ),
    Trouble.WRITE_DENIED: Case(
        "{host} does not let {user!r} publish its batches.",
        "Correct the broker's access list; the shipped one wants a user named SITE/GATEWAY.",
    ),
}


def broker(facts: Facts) -> Iterator[Finding]:
    """How far we came by ourselves."""
    found = facts.broker
    if found is None:
        return
    if found.trouble:
        case = CASES[found.trouble]
        words = {key: getattr(found, key) for key in ("host", "port", "user", "detail")}
        yield Finding("broker", case.verdict, case.what.format(**words), case.do.format(**words))
        return
    yield ok(
        "broker",
        f"{found.host}:{found.port} accepts us{_as(found)} and lets us read receipts{_write(found)}.",
    )
    if found.expires_ms is not None:
        yield _certificate(found.expires_ms - facts.now_ms)


def _as(found: Broker) -> str:
    return f" as {found.user!r}" if found.user else " without a name"


def _write(found: Broker) -> str:
    return " and publish batches" if found.may_write else ""


def _certificate(left_ms: int) -> Finding:
    what = f"The broker's certificate is valid for another {duration(left_ms)}."
    if left_ms < EXPIRES_MS:
        return warning("certificate", what, "Have it renewed at the centre.")
    return ok("certificate", what)


def collector(facts: Facts) -> Iterator[Finding]:
    """Whether it answers: by our own attempt where one was made, else by the running agent's word."""
    if facts.broker and facts.broker.receipt is not None:
        if facts.broker.receipt:
            yield ok("collector", "It has answered a batch just now.")
        else:
            yield _silent("It did not answer a batch that was sent just now")
    elif facts.agent.pid and facts.agent.record:
        yield from _by_record(facts)


def _by_record(facts: Facts) -> Iterator[Finding]:
    assert facts.agent.record is not None
    uplink = facts.agent.record.uplink
    if uplink.trouble and not uplink.connected:
        yield wrong("collector", f"The agent has no line to it: {uplink.trouble}.", "See the broker.")
        return
    overview = facts.outbox.overview if facts.outbox else None
    waited_ms = facts.now_ms - overview.oldest_ms if overview and overview.batches else 0
    if waited_ms > RECEIPT_MS:
        yield _silent(f"A batch has waited {duration(waited_ms)} for its receipt")
    elif uplink.receipt_ms:
        yield ok("collector", f"Its last receipt is {duration(facts.now_ms - uplink.receipt_ms)} old.")


def _silent(what: str) -> Finding:
    return wrong(
        "collector",
        f"{what}.",
        "At the centre: does it run (systemctl status ulba-collector), may it publish receipts?",
    )
