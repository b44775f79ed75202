"""Ulba as a service of systemd: what its units say (`unit`, pure) how they get onto a machine (`machine`)."""
