"""The command `edge-agent`."""

import sys

from wire import entry


def main() -> None:
    """Run the command line.

    `run -c FILE`, as a service manager calls it, needs no parser of options: typer and what it imports would
    stay resident for years. Every other wording goes through the parser to the same function.
    """
    match sys.argv[1:]:
        case ["run", "-c" | "--config", file] if not file.startswith("-"):
            entry.start("edge-agent", "edge_agent.running", "agent")
        case _:
            entry.start("edge-agent", "edge_agent.cli", "agent")


if __name__ == "__main__":
    main()
