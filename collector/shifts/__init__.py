"""The shift log: who has the shift, what was written down, and how it is handed over.

    start ─▶ note, note … ─▶ handover (the outgoing signs) ─▶ accept (the incoming signs) ─▶ note …
                    └▶ end (by an engineer, with the reason: whoever had it is gone) ─▶ start …

There is one log, and one shift at a time, for the whole region: it is the journal of the situation centre,
not of a group of sites. Nothing is erased: a correction is an entry of its own. Each entry's hash covers all
before it.
"""
