"""The demo's broker on 127.0.0.1: mosquitto where it is installed, else rumqttd from the `iotcore` wheel."""

import asyncio
import os
import shutil
import socket
import sys
from pathlib import Path

from firmware_sim.demo.children import Child, ChildDiedError

HOST = "127.0.0.1"
_STARTS_WITHIN_S = 15.0
_SBIN = ":/usr/sbin:/usr/local/sbin"

_MOSQUITTO = """\
listener {port} {host}
allow_anonymous true
set_tcp_nodelay true
max_queued_messages 100000
max_inflight_messages 200
persistence false
"""

_RUMQTTD = """\
id = 0

[router]
id = 0
max_connections = 100
max_outgoing_packet_count = 2000
max_segment_size = 104857600
max_segment_count = 10

[v5.1]
name = "demo"
listen = "{host}:{port}"
next_connection_delay_ms = 1

[v5.1.connections]
connection_timeout_ms = 60000
max_payload_size = 20971520
max_inflight_count = 500
dynamic_filters = true
"""
"""MQTT 5 only, since one of its listeners speaks one version; payloads up to 20 MiB instead of 20 KiB."""


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def broker(folder: Path, port: int, *, mosquitto: bool = True) -> Child:
    """The broker's child, not started; `mosquitto=False` takes the other one even so."""
    found = shutil.which("mosquitto", path=os.environ.get("PATH", "") + _SBIN)
    if found and mosquitto:
        file = folder / "mosquitto.conf"
        file.write_text(_MOSQUITTO.format(host=HOST, port=port), encoding="utf-8")
        return Child("mosquitto", [found, "-c", str(file)], folder)
    file = folder / "rumqttd.toml"
    file.write_text(_RUMQTTD.format(host=HOST, port=port), encoding="utf-8")
    # Its tracing calls each packet an error; nothing below CRITICAL says anything.
    command = [sys.executable, "-m", "iotcore", "--config", str(file), "--log-level", "CRITICAL"]
    return Child("rumqttd", command, folder)


async def listening(child: Child, port: int) -> None:
    """Wait until a port takes connections.

    Raises:
        ChildDiedError: it does not in time.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _STARTS_WITHIN_S
    while loop.time() < deadline:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except OSError:
            await asyncio.sleep(0.05)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise ChildDiedError(f"{child.name} does not listen on port {port}; {child.last_words()}")
