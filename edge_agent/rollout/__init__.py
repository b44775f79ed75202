"""Which configuration is in use: the gateway's file, or one that the collector sent and that proved itself.

Invariants:
- Whatever comes is checked before it replaces anything; what cannot be used is one sentence, and the one in
  use goes on.
- A configuration that was sent is on trial until the collector's word comes through under it, and is taken
  back by itself when its time is over, also after a kill or a reboot.
- The newest word wins: a file that was edited since takes the place of what was sent.
- Readings, and what was learnt of them, are never touched; what would move or lose them is refused.

`changes` and `trial` decide; `shelf` is the file of a trial; `configurations` wires them.
"""

from edge_agent.rollout.configurations import Configurations

__all__ = ["Configurations"]
