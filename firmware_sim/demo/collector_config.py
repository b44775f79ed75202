"""The collector's configuration for the demo: everything in one folder, on SQLite."""

from pathlib import Path


def collector_config(folder: Path, broker_port: int) -> str:
    """The text of the collector's TOML file."""
    return (
        f'[broker]\nhost = "127.0.0.1"\nport = {broker_port}\n\n'
        f'[store]\nkind = "sqlite"\npath = "{folder / "readings.db"}"\n\n'
        f'[state]\nurl = "sqlite:///{folder / "state.db"}"\n'
    )
