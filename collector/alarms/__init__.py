"""The alarms of the region: what gateways, rules and silence tell, what people do, what time brings.

Batch.alarms, rules, silence ─┐
people ───────────────────────┼─▶ desk ─▶ happenings, design, kinds (pure) ─▶ book (as it is now, the
the clock ────────────────────┘                                            journal, incidents)
book ─▶ health (chattering, standing, flood, figures) ─▶ consoles, reports
"""
