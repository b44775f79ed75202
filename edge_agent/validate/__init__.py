"""Validate: how far each value can be believed; every value that came is kept.

    DecodedScan ─▶ Validator, one a device ───────────────────────────────▶ SiteValidator ──────────────▶ Scan
                   decode's fault  ▷ span ▷ rate ▷ spike ▷ noise ▷ stale    stuck ▷ swapped, inconsistent
                          ▲                                                     │
                          └── learns from what is good, or has an unsure clock ─┘

One channel has one quality, and the worst wins: `PRECEDENCE`. After any junk a normal signal is good again
within `RECOVERY_ROWS` rows. All of it is pure: time comes with the scans.
"""

from typing import Final

from edge_agent.validate.device import Validator
from edge_agent.validate.precedence import PRECEDENCE
from edge_agent.validate.site import SiteValidator, Verdict
from edge_agent.validate.state import DeviceState, SiteState

__all__ = ["PRECEDENCE", "RECOVERY_ROWS", "DeviceState", "SiteState", "SiteValidator", "Validator", "Verdict"]

RECOVERY_ROWS: Final = 22
"""Noise is forgotten in 18 rows, a new level believed in 3, and the first row of all may be late."""
