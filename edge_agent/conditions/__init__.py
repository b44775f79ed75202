"""Edge alarms: what judged scans, detectors and the links say becomes alarm events.

    Scan ───────┐   channels: limits, rate, stuck, broken ┐
    findings ───┼─▶ devices:  silent, anomaly             ├─▶ machine (delays, count) ─▶ board (one cause,
    LinkStatus ─┘   links:    silent, overload            ┘                 one alarm) ─▶ AlarmEvent

`planning` turns the configuration into a `Plan`; `Conditions` keeps the state. Time comes with every call.
"""

from edge_agent.conditions.conditions import Conditions
from edge_agent.conditions.plan import Plan
from edge_agent.conditions.planning import plan
from edge_agent.conditions.saved import ConditionsState, StateMisfitError, decode_state, encode_state

__all__ = [
    "Conditions",
    "ConditionsState",
    "Plan",
    "StateMisfitError",
    "decode_state",
    "encode_state",
    "plan",
]
