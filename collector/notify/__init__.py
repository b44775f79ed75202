"""How alarms leave the centre: signed webhooks for programs, messages for the people on duty.

    journal of alarms ─▶ webhooks (cursor, filters) ─▶ deliveries ─┐
                                                                   ├─▶ courier: one lane each receiver,
    alarms ─▶ escalation (pure: rota, what was told, now)          │   none waits for another
                 └─▶ messages in each person's language ─▶ deliveries ─┘      └─▶ HTTP, apprise

What is to be delivered is written in the transaction that decides it, and crossed out after the receiver has
it: killed at any moment, it is delivered at least once. Of several collectors on one database one delivers,
the one that holds the lease.
"""
