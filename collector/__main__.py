"""The command `collector`."""

from wire import entry


def main() -> None:
    """Run the command line."""
    entry.start("collector", "collector.cli", "collector")


if __name__ == "__main__":
    main()
