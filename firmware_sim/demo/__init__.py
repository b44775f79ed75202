"""Everything on one machine: simulator, broker, an agent a site, collector, a live view, and the verdict.

    simulation (in this process) ═ serial, TCP ═▶ agents ═ MQTT ═▶ broker ═▶ collector ─▶ export ─┐
         └─▶ truth ──────────────────────────────────────────────────────────────────▶ compare ◀──┘

START READING at `show.py`.
"""
