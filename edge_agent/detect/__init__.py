"""Detect: what is unusual, learnt on the spot without labels, one row at a time, with a reason.

    row ─▶ Group ─┬▶ innovations   departs from how each channel goes on by itself
                  ├▶ seasonal      unusual for this hour of this weekday
                  ├▶ expected      one channel is not what others say it should be
                  └▶ multivariate  a combination of values not seen before (optional)
                  ▼
               Outcome: anomalous, score (1 = threshold), findings with expected and got

`site` holds the groups of a gateway, hands each scan to those that need it, and knows the operating modes.

A detector judges first and learns after, and only from what it found normal. Anything may come in: missing
values, infinities, gaps, a clock that goes back. One file is one detector; `settings` holds every constant.
"""

from edge_agent.detect.findings import Finding, Outcome, StateMisfitError
from edge_agent.detect.group import VERSION, Group, GroupState, decode_state, encode_state
from edge_agent.settings.detection import CLASSES, DetectSettings

__all__ = [
    "CLASSES",
    "VERSION",
    "DetectSettings",
    "Finding",
    "Group",
    "GroupState",
    "Outcome",
    "StateMisfitError",
    "decode_state",
    "encode_state",
]
