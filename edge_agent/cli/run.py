"""`edge-agent run`: the agent itself, until SIGTERM or SIGINT."""

from edge_agent.cli.common import DEFAULT_CONFIG, ConfigOption


def run(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Poll, keep and forward until SIGTERM or SIGINT; then bring what is left and end within five seconds."""
    from edge_agent import running

    running.run(config)
