"""Measurements behind the table in the README: `make bench` runs them all and names the machine."""
