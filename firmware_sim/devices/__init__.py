"""Simulated instruments on real transports; START READING at `lines.py`.

    values() ─▶ image ─▶ speaker ─▶ line ═══▶ reader
                bytes    frames     TCP, RTU over TCP, pseudo-terminal; pace, on_served

The speakers: `modbus`, and through `framed` the small serial protocols.

A protocol is one file of this folder, named as profiles name it.
"""

from firmware_sim.devices.instrument import Instrument, Served
from firmware_sim.devices.lines import Line, RtuTcpLine, TcpLine
from firmware_sim.devices.ptyline import PtyLine

__all__ = ["Instrument", "Line", "PtyLine", "RtuTcpLine", "Served", "TcpLine"]
