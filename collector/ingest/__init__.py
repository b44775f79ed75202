"""From the broker to sorted messages: `line` (MQTT) ─▶ `mailbox` (bounded) ─▶ `sorting` (pure)."""
