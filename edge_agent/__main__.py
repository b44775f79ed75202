"""The command `edge-agent`."""

from wire import entry


def main() -> None:
    """Run the command line."""
    entry.start("edge-agent", "edge_agent", "agent")


if __name__ == "__main__":
    main()
