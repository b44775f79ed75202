"""The line to the broker: a persistent session that is taken up again after every break.

Every connection is a paho client of its own, so an acknowledgement can only reach the connection its message
came by: after a break the broker may number messages anew. MQTT 5 and 3.1.1 are tried in turn until one is
accepted; with MQTT 5 the broker holds back what exceeds `RECEIVE_MAXIMUM`.
"""

import random
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from collector.ingest.mailbox import Letter, Mailbox
from wire.broker import Broker
from wire.topics import NMU, Kind, every

RECEIVE_MAXIMUM = 200
"""Messages the broker sends ahead of our acknowledgements."""
SESSION_S = 24 * 3600
"""How long the broker keeps messages for a collector that is away."""

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
"""Between attempts; a connection that lasted longer was a good one, and the next attempt is made soon."""
_GOODBYE_S = 2.0
_SUBSCRIBED_WITHIN_S = 15.0
"""For a broker that takes the connection and then says nothing."""
_FROM_GATEWAYS = (Kind.BATCH, Kind.ABOUT, Kind.STATUS, Kind.ANSWER, Kind.REPORT)
_FILTERS = [(name, 1) for name in (*map(every, _FROM_GATEWAYS), NMU)]
_V5, _V311 = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
_log = structlog.get_logger()


class Line:
    """Delivers what gateways say into a mailbox and carries receipts and commands back.

    `settled` is called once, by the thread of the line: the subscription stands, or it was said why not.
    """

    def __init__(
        self, broker: Broker, client_id: str, mailbox: Mailbox, settled: Callable[[], object] | None = None
    ) -> None:
        self._broker = broker
        self.client_id = client_id
        self._mailbox = mailbox
        self._settled = settled
        self._tls = broker.tls()
        self._password = broker.plain_password()
        self._stopping = threading.Event()
        self._connection: _Connection | None = None
        self._thread = threading.Thread(target=self._keep_connected, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect, and go on until `stop`."""
        self._thread.start()

    @property
    def is_alive(self) -> bool:
        """Whether someone still looks after the connection."""
        return self._thread.is_alive()

    @property
    def connection(self) -> object | None:
        """What stands for the present connection; None: there is none."""
        known = self._connection
        return known if known and known.accepted and not known.ended.is_set() else None

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Send with QoS 1 if there is a connection; if not, the agent will ask again by sending again."""
        if self._connection is not None:
            self._connection.client.publish(topic, payload, qos=1, retain=retain)

    def stop(self) -> None:
        """Send what is waiting, then disconnect; the broker keeps the session. Close the mailbox first."""
        self._stopping.set()
        if self._connection is not None:
            self._connection.client.disconnect()
        self._thread.join(_GOODBYE_S)

    def _keep_connected(self) -> None:
        protocol, attempts = _V5, 0
        while not self._stopping.is_set():
            connection = self._connection = _Connection(self._new_client(protocol), self._mailbox, attempts)
            began = time.monotonic()
            trouble = self._serve(connection, protocol)
            if self._stopping.is_set():
                return
            attempts = 1 if time.monotonic() - began > _LONGEST_WAIT_S else attempts + 1
            if connection.accepted or attempts == 1:
                _log.warning("broker lost", host=self._broker.host, port=self._broker.port, reason=trouble)
            protocol = _next_protocol(protocol, connection)
            if protocol is _V5:
                self._settle()
            self._stopping.wait(_wait_s(attempts, random.uniform(0.5, 1.0)))  # noqa: S311  # no secret

    def _await_subscription(self, connection: "_Connection") -> None:
        if not connection.heard.wait(_SUBSCRIBED_WITHIN_S):
            _log.warning("broker does not answer", host=self._broker.host, port=self._broker.port)
        if not connection.ended.is_set():
            self._settle()

    def _settle(self) -> None:
        settled, self._settled = self._settled, None
        if settled:
            settled()

    def _new_client(self, protocol: MQTTProtocolVersion) -> Client:
        client = Client(
            CallbackAPIVersion.VERSION2,
            self.client_id,
            clean_session=None if protocol is _V5 else False,
            protocol=protocol,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        if self._broker.username:
            client.username_pw_set(self._broker.username, self._password)
        if self._tls:
            client.tls_set_context(self._tls)
        return client

    def _serve(self, connection: "_Connection", protocol: MQTTProtocolVersion) -> str:
        """Connect and stay until the connection ends; returns why it did."""
        client = connection.client
        start, session = (False, _session()) if protocol is _V5 else (MQTT_CLEAN_START_FIRST_ONLY, None)
        try:
            client.connect(
                self._broker.host,
                self._broker.port,
                self._broker.keepalive_s,
                clean_start=start,
                properties=session,
            )
        except OSError as error:
            return f"cannot connect: {error}"
        connection.reached = True
        client.loop_start()
        if self._stopping.is_set():
            client.disconnect()
        if self._settled:
            self._await_subscription(connection)
        connection.ended.wait()
        client.loop_stop()
        return connection.trouble


class _Connection:
    """One connection from CONNECT to its end; paho's thread calls the underscored methods."""

    def __init__(self, client: Client, mailbox: Mailbox, attempts: int) -> None:
        self.client = client
        self.reached = False
        self.accepted = False
        self.trouble = ""
        self.heard = threading.Event()
        """The broker has answered the subscription, or the connection has ended."""
        self.ended = threading.Event()
        self._mailbox = mailbox
        self._attempts = attempts
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message
        client.on_disconnect = self._on_disconnect

    def _on_connect(self, client: Client, _data: Any, _flags: Any, reason: ReasonCode, _: Any) -> None:
        if reason.is_failure:
            self.trouble = f"refused: {reason}"
            return
        self.accepted = True
        client.subscribe(_FILTERS)
        _log.info("broker connected", mqtt=int(client.protocol), attempts=self._attempts + 1)

    def _on_subscribe(
        self, _client: Client, _data: Any, _mid: int, reasons: list[ReasonCode], _: Any
    ) -> None:
        for (name, _qos), reason in zip(_FILTERS, reasons, strict=False):
            if reason.is_failure:
                _log.error(
                    "broker refuses a subscription: see its access list", topic=name, reason=str(reason)
                )
        self.heard.set()

    def _on_message(self, client: Client, _data: Any, message: MQTTMessage) -> None:
        acknowledge = partial(client.ack, message.mid, message.qos)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "(not UTF-8)"
        self._mailbox.put(Letter(topic, bytes(message.payload), acknowledge))

    def _on_disconnect(self, _client: Client, _data: Any, _flags: Any, reason: ReasonCode, _: Any) -> None:
        self.trouble = self.trouble or f"connection ended: {reason}"
        self.ended.set()
        self.heard.set()


def _next_protocol(tried: MQTTProtocolVersion, connection: _Connection) -> MQTTProtocolVersion:
    """A broker that takes the connection and then refuses MQTT 5, or says nothing, may know 3.1.1."""
    refused = connection.reached and not connection.accepted
    return _V311 if refused and tried is _V5 else _V5


def _session() -> Properties:
    wanted = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]  # paho has not annotated it
    wanted.SessionExpiryInterval = SESSION_S
    wanted.ReceiveMaximum = RECEIVE_MAXIMUM
    return wanted


def _wait_s(attempts: int, chance: float) -> float:
    """Doubles with every attempt in vain; `chance` (0.5…1) spreads those who lost the same broker."""
    return float(min(_FIRST_WAIT_S * 2 ** min(attempts - 1, 10), _LONGEST_WAIT_S) * chance)
