"""The command `firmware-sim`."""

from wire import entry


def main() -> None:
    """Run the command line."""
    entry.start("firmware-sim", "firmware_sim.cli", "sim")


if __name__ == "__main__":
    main()
