"""Commissioning: what is on this line, what is it, what does it say, and how it gets into the configuration.

    access ─▶ campaign ─▶ scanner ─▶ outcomes ─▶ verdicts    who answers, and what is wrong with the line
      (may I?)    ├─────▶ inspector ─▶ identity, matching    what it is (plausible: what a value says)
                  └─────▶ others                             instruments that speak no Modbus
    reader ─▶ reading, detective                             what it says, how its bytes must be read
    names, entry ─▶ file                                     its tables in the agent's configuration
    configured ─▶ comparing ─▶ calibration, calibration_entry ─▶ file      a channel against a reference

`plan`, `outcomes`, `verdicts`, `identity`, `plausible`, `matching`, `reading`, `detective`, `entry`,
`configured`, `calibration` and `calibration_entry` decide without input or output; all that is sent goes
through `line`.
Everything here only reads: no request that could change a setting is ever sent.
"""
