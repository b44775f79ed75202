"""The way to the broker, gone step by step until it ends: name, TCP, TLS, login, access list, receipt.

An identifier of our own leaves the agent's connection alone. What is published is a copy of the batch that
the agent sends next: storing it twice changes nothing, and only its receipt shows that the whole way is open.
"""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Final

import paho.mqtt.client as mqtt
from msgspec import Struct
from msgspec.structs import replace
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge_agent.doctor.facts import Broker, Trouble
from edge_agent.settings import Plant
from wire import broker as wire_broker
from wire import codec, topics
from wire.broker import SecretError, secret
from wire.messages import Receipt
from wire.topics import Gateway, Kind

CONNECT_S: Final = 5.0
ANSWER_S: Final = 5.0
CREDENTIALS: Final = Path("/etc/credstore")
"""Where the service's credentials lie; root may read them."""
_UNSUPPORTED: Final = frozenset({0x84, 0x01})
_FAILED: Final = 0x80
_VERIFY: Final = {
    9: Trouble.CERTIFICATE_NOT_YET,
    10: Trouble.CERTIFICATE_EXPIRED,
    62: Trouble.CERTIFICATE_NAME,
    64: Trouble.CERTIFICATE_NAME,
}
"""Codes of OpenSSL (X509_V_ERR_…, x509_vfy.h); all others: not trusted."""


class Stopped(Exception):  # noqa: N818 - no error: the way ends here
    """How far we came."""

    def __init__(self, trouble: Trouble, detail: object = "") -> None:
        super().__init__(trouble)
        self.trouble, self.detail = trouble, str(detail)


class Said(Struct, frozen=True):
    """What came from the broker: reason codes, or a payload."""

    what: str
    code: int = 0
    text: str = ""
    payload: bytes = b""


def look(plant: Plant, oldest: bytes | None, service: str) -> Broker:
    """Try what the agent does, once.

    Args:
        plant: whose broker.
        oldest: the batch that waits longest; None: there is none to publish.
        service: whose credentials are taken where systemd has given us none.
    """
    table = plant.broker
    found = Broker(host=table.host, port=table.port, user=table.username)
    try:
        context = _context(table)
        found = replace(found, expires_ms=_reach(table, context))
        password = _password(table, service)
        return _talk(found, Gateway(plant.site, plant.gateway), (table, context, password), oldest)
    except Stopped as stopped:
        return replace(found, trouble=stopped.trouble, detail=stopped.detail)


def _context(table: wire_broker.Broker) -> ssl.SSLContext | None:
    try:
        return table.tls()
    except OSError as error:
        files = (table.ca_file, table.client_certificate, table.client_key)
        missing = [name for name in files if name and not Path(name).is_file()]
        raise Stopped(Trouble.FILE, f"{' and '.join(missing) or table.ca_file}: {error}") from None


def _reach(table: wire_broker.Broker, context: ssl.SSLContext | None) -> int | None:
    """Connect and shake hands; when the broker's certificate ends."""
    try:
        with socket.create_connection((table.host, table.port), CONNECT_S) as plain:
            if context is None:
                return None
            with context.wrap_socket(plain, server_hostname=table.host) as shaken:
                return round(ssl.cert_time_to_seconds(str((shaken.getpeercert() or {})["notAfter"])) * 1000)
    except ssl.SSLCertVerificationError as error:
        trouble = _VERIFY.get(error.verify_code, Trouble.CERTIFICATE_UNKNOWN)
        raise Stopped(trouble, error.verify_message) from None
    except ssl.SSLError as error:
        raise Stopped(Trouble.NO_TLS, error.reason or error) from None
    except OSError as error:
        raise Stopped(_unreached(error), error.strerror or error) from None


def _unreached(error: OSError) -> Trouble:
    if isinstance(error, socket.gaierror):
        return Trouble.NO_SUCH_NAME
    if isinstance(error, ConnectionRefusedError):
        return Trouble.REFUSED
    return Trouble.SILENT if isinstance(error, TimeoutError) else Trouble.UNREACHABLE


def _password(table: wire_broker.Broker, service: str) -> str | None:
    if table.password is None:
        return None
    with suppress(SecretError):
        return secret(table.password)
    kind, _, name = table.password.partition(":")
    file = CREDENTIALS / f"{service}.{name}"
    try:
        if kind == "credential":
            return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Stopped(Trouble.NO_SECRET, f"{file}: {error.strerror}") from None
    raise Stopped(Trouble.NO_SECRET, f"{table.password} is not set")


Access = tuple[wire_broker.Broker, ssl.SSLContext | None, str | None]


def _talk(found: Broker, gateway: Gateway, access: Access, oldest: bytes | None) -> Broker:
    for protocol in (MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311):
        with _connected(gateway, access, protocol) as (client, said):
            code = _await(said, "connect", Trouble.NO_MQTT)
            if code.code in _UNSUPPORTED and protocol is MQTTProtocolVersion.MQTTv5:
                continue
            if code.code:
                raise Stopped(Trouble.LOGIN, code.text)
            topic = topics.build(gateway, Kind.RECEIPT)
            client.subscribe(topic, qos=1)
            if _await(said, "subscribe", Trouble.NO_MQTT).code >= _FAILED:
                raise Stopped(Trouble.READ_DENIED)
            return found if oldest is None else _publish(found, client, said, gateway, oldest)
    raise Stopped(Trouble.NO_MQTT, "it knows neither MQTT 5 nor 3.1.1")


def _publish(
    found: Broker, client: mqtt.Client, said: "Queue[Said]", gateway: Gateway, batch: bytes
) -> Broker:
    client.publish(topics.build(gateway, Kind.BATCH), batch, qos=1)
    if _await(said, "publish", Trouble.NO_MQTT).code >= _FAILED:
        raise Stopped(Trouble.WRITE_DENIED)
    with suppress(Stopped, codec.DecodeError):
        receipt = codec.decode(Receipt, _await(said, "receipt", Trouble.SILENT).payload)
        return replace(
            found,
            may_write=True,
            receipt=True,
            collector_ms=receipt.t_ms,
            heard_ms=time.time_ns() // 1_000_000,
        )
    return replace(found, may_write=True, receipt=False)


def _await(said: "Queue[Said]", what: str, otherwise: Trouble) -> Said:
    """The next word of a kind; those of other kinds are passed over."""
    until = time.monotonic() + ANSWER_S
    with suppress(Empty):
        while (left := until - time.monotonic()) > 0:
            word = said.get(timeout=left)
            if word.what == what:
                return word
            if word.what == "gone":
                raise Stopped(otherwise, word.text)
    raise Stopped(otherwise, f"no answer in {ANSWER_S:g} s")


@contextmanager
def _connected(
    gateway: Gateway, access: Access, protocol: MQTTProtocolVersion
) -> "Iterator[tuple[mqtt.Client, Queue[Said]]]":
    table, context, password = access
    said: Queue[Said] = Queue()
    name = f"ulba.{gateway.site}.{gateway.gateway}.doctor"
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=name, protocol=protocol, reconnect_on_failure=False
    )
    client.connect_timeout = CONNECT_S
    if context is not None:
        client.tls_set_context(context)
    if table.username:
        client.username_pw_set(table.username, password)
    _listen(client, said.put)
    try:
        client.connect(table.host, table.port)
    except OSError as error:
        raise Stopped(Trouble.NO_MQTT, error) from None
    client.loop_start()
    try:
        yield client, said
    finally:
        client.disconnect()
        client.loop_stop()


def _listen(client: mqtt.Client, put: Callable[[Said], None]) -> None:
    def coded(what: str, reason: Any) -> None:
        put(Said(what, reason.value, str(reason)))

    client.on_connect = lambda _c, _d, _flags, reason, _p: coded("connect", reason)
    client.on_disconnect = lambda _c, _d, _flags, reason, _p: coded("gone", reason)
    client.on_subscribe = lambda _c, _d, _mid, reasons, _p: coded("subscribe", reasons[0])
    client.on_publish = lambda _c, _d, _mid, reason, _p: coded("publish", reason)
    client.on_message = lambda _c, _d, message: put(Said("receipt", payload=bytes(message.payload)))
