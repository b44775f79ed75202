"""Commissioning: what is on this line, what is it, what does it say, and how it gets into the configuration.

    plan ─▶ scanner ─▶ outcomes ─▶ verdicts        who answers, and what is wrong with the line
              │ line (one request)
              └─▶ identity, matching ─▶ evidence   what it is
    samples ─▶ detective ─▶ readings               how its bytes must be read
    answers ─▶ entry ─▶ file                       its tables in the agent's configuration

`plan`, `outcomes`, `verdicts`, `identity`, `evidence`, `matching`, `detective` and `entry` decide without
input or output; `line`, `scanner`, `inspector`, `names` and `file` do what they say.
Everything here only reads: no request that could change a setting is ever sent.
"""
