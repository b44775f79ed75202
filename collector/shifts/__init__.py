"""The shift log: who has the shift, what was written down, and how it is handed over.

    start ─▶ note, note … ─▶ handover (the outgoing signs) ─▶ accept (the incoming signs) ─▶ note …

Nothing is erased: a correction is an entry of its own. Each entry's hash covers all before it.
"""
