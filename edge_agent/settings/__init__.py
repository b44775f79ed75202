"""The agent's configuration, parsed once into frozen structs.

    agent.toml ─▶ tables.AgentFile ─┬▶ channels ─▶ devices ─▶ lines ─▶ plant.Plant
    profiles/*.toml ─▶ Profile ─────┘

Whatever does not fit is refused with a `ConfigError` that names file, line and key, and says what to do.
"""

from edge_agent.settings.lines import line_load
from edge_agent.settings.plant import Device, Link, Plant
from edge_agent.settings.poll import PollTable
from edge_agent.settings.resolve import load, parse
from edge_agent.settings.tables import AgentFile, ClockTable, OutboxTable

__all__ = [
    "AgentFile",
    "ClockTable",
    "Device",
    "Link",
    "OutboxTable",
    "Plant",
    "PollTable",
    "line_load",
    "load",
    "parse",
]
