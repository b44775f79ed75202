"""From the outbox to the collector over MQTT.

Invariants:

- A batch leaves the outbox by a receipt only; the broker's acknowledgement moves nothing but transport.
- Under way are the oldest batches of the outbox, `window.BATCHES` and `window.BYTES` at most.
- No trouble ends the publisher: it connects, and sends again, for ever.

`window` decides what to send and `commands` what was sent to us; both are pure. `session` is one connection;
`publisher` lives through many; `desk` answers commands and `reports` brings reports on each.
"""

from edge_agent.publish.publisher import OutboxPort, Publisher
from edge_agent.publish.reports import ReportPort

__all__ = ["OutboxPort", "Publisher", "ReportPort"]
