"""Alarms that only the centre can raise: from means, schedules and stocks, over readings of a whole site.

    readings as they arrive, and those before in the store ─▶ air, boiler (pure) ─▶ Finding
    Finding, the alarm as it stands ─▶ findings.event (pure) ─▶ AlarmEvent ─▶ desk

A finding says whether a condition holds at one time; bad readings are no part of any. What was told of an
alarm at a later time already is not told again, so that batches which come late or twice change nothing.
"""
