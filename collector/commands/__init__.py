"""What gateways are told to do.

`collector command` ─▶ book (durable) ─▶ telling (when, to whom; pure) ═▶ gateway ═▶ answer ─▶ book
"""
