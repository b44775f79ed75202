"""How well the agent notices by itself what is wrong: every story of the fault library, and ordinary winters.

    plan ─▶ cells (a site, a season, a seed) ─▶ play (warm-up, then each story) ─▶ alarms
                                                     alarms × truths ─▶ matching ─▶ report

`python -m benchmarks.detect` prints the tables; the agent's own judging runs, from a configuration file as a
site has it (`config/sites`), over what instruments would have served.
"""
