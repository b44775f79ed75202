"""Alarms as the gateways tell them, and the one that only the collector can tell: a gateway is silent.

Batch.alarms ─▶ journal (every event, once) ─▶ occurrences (what stands, what is over)
about, status, newest readings ─▶ silence ─▶ silent gateways
"""
