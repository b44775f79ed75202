"""One connection to the broker: MQTT 5, or 3.1.1 where the broker knows no better."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final

import aiomqtt
from aiomqtt import MqttError, ProtocolVersion

from edge_agent.publish import window
from wire.broker import Broker
from wire.topics import Gateway

CONNACK_S: Final = 5.0
"""How long a broker may take to accept us."""
CONNECT_S: Final = 2.5
"""How long TCP may take before that: one lost packet (RFC 6298: sent again after 1 s). A connection under way
in its thread cannot be called off, and the agent has to stop within five seconds."""
_PUBACK_S: Final = 15.0
_RECEIPTS: Final = 1000
"""Receipts that may wait to be read; aiomqtt throws away what comes on top. A receipt says all that earlier
ones said, so a lost one costs a repeated message at worst."""
_CALLS: Final = window.BATCHES + 8
_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 60.0
_UNSUPPORTED_VERSION: Final = 0x84
_NOT_AUTHORISED: Final = frozenset({0x86, 0x87})
"""MQTT 5, 3.2.2.2: bad user name or password; not authorized. Brokers answer either."""
_SUBSCRIPTION_FAILED: Final = 0x80
"""And all codes above it (MQTT 5, 3.9.3)."""
_NO_CONNACK: Final = "Operation timed out"
"""What aiomqtt says when the connection stands and no CONNACK comes."""


class RefusedError(Exception):
    """There is no connection; one sentence why. `version`: another protocol version may do better."""

    def __init__(self, sentence: str, *, version: bool = False) -> None:
        super().__init__(sentence)
        self.version = version


def other(protocol: ProtocolVersion) -> ProtocolVersion:
    """The version to try instead."""
    return ProtocolVersion.V311 if protocol is ProtocolVersion.V5 else ProtocolVersion.V5


def wait_s(failures: int, rng: random.Random) -> float:
    """How long to wait after so many failures in a row (≥ 1): doubling from 0.5 s to 60 s, less up to half.

    The chance keeps the gateways of a region from coming back all at once.
    """
    longest = min(_FIRST_WAIT_S * 2.0 ** min(failures - 1, 16), _LONGEST_WAIT_S)
    return longest * (1 - rng.random() / 2)


@asynccontextmanager
async def connected(
    broker: Broker, gateway: Gateway, protocol: ProtocolVersion, will: aiomqtt.Will
) -> AsyncIterator[aiomqtt.Client]:
    """Connect; at the end say goodbye, as far as that is possible.

    Raises:
        RefusedError: not reached, not accepted, or a secret or certificate is missing.
    """
    try:
        client = _client(broker, gateway, protocol, will)
    except (OSError, ValueError) as error:
        raise RefusedError(f"broker {broker.host}:{broker.port}: {error}") from error
    try:
        await client.__aenter__()
    except (MqttError, ValueError) as error:
        _abandon(client)
        raise _refusal(broker, error) from error
    except asyncio.CancelledError:
        _abandon(client)
        raise
    client.timeout = _PUBACK_S
    try:
        yield client
    finally:
        client.timeout = CONNACK_S
        with suppress(MqttError):
            await client.__aexit__(None, None, None)


async def allowed(client: aiomqtt.Client, topic: str) -> bool:
    """Subscribe with QoS 1; whether the broker lets us.

    Raises:
        MqttError: the line broke.
    """
    codes = await client.subscribe(topic, qos=1)
    return all((code if isinstance(code, int) else code.value) < _SUBSCRIPTION_FAILED for code in codes)


def _client(
    broker: Broker, gateway: Gateway, protocol: ProtocolVersion, will: aiomqtt.Will
) -> aiomqtt.Client:
    """A fixed identifier: a new connection ends the old one, whose last will comes before our first word.

    Without `/`: rumqttd refuses identifiers that have one.
    """
    client = aiomqtt.Client(
        broker.host,
        broker.port,
        username=broker.username,
        password=broker.plain_password(),
        identifier=f"ulba.{gateway.site}.{gateway.gateway}",
        protocol=protocol,
        will=will,
        timeout=CONNACK_S,
        keepalive=broker.keepalive_s,
        max_queued_incoming_messages=_RECEIPTS,
        tls_context=broker.tls(),
    )
    client.pending_calls_threshold = _CALLS
    client._client.connect_timeout = CONNECT_S  # noqa: SLF001 - there is no public way
    return client


def _abandon(client: aiomqtt.Client) -> None:
    """Close what aiomqtt 2.5.1 leaves open when no CONNACK comes: socket, reader, keep-alive task.

    A TCP connection that is still being made (in a thread) must not reach the loop any more, and aiomqtt's
    `on_disconnect` fails on a cancelled attempt before paho has closed the socket.
    """
    paho = client._client  # noqa: SLF001 - there is no public way
    paho.on_socket_open = paho.on_socket_register_write = paho.on_disconnect = None
    paho.disconnect()
    paho.loop_write()


def _refusal(broker: Broker, error: Exception) -> RefusedError:
    where = f"broker {broker.host}:{broker.port}"
    code = getattr(getattr(error, "rc", None), "value", None)
    if code in _NOT_AUTHORISED:
        return RefusedError(
            f"{where} refuses user {broker.username!r}: see username and password in [broker]"
        )
    if code == _UNSUPPORTED_VERSION:
        return RefusedError(f"{where} does not know this MQTT version", version=True)
    if str(error) == _NO_CONNACK:
        return RefusedError(f"{where} does not answer; is it an MQTT broker?", version=True)
    return RefusedError(f"{where}: {error}")
