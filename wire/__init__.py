"""What agent, collector and simulator say to one another, and the ways they all share of saying it.

`quantities` (what is measured, one unit each) · `messages` (frozen structs) · `topics` (where they go) ·
`codec` (bytes ↔ message) · `config_file` (TOML → frozen structs, with errors a person can act on) ·
`broker` (how to reach MQTT) · `texts` (alarm events in words) · `logs` · `service` (what systemd is told) ·
`entry` (how a command starts).
"""
