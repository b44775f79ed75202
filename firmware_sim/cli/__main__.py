"""`python -m firmware_sim.cli` is `firmware-sim`."""

from firmware_sim.cli import main

main()
