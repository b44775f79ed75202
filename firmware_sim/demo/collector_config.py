"""The collector's configuration for the demo: everything in one folder, on SQLite, and the console."""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

PLACES: Final = {
    "bh-01": (49.9717, 82.6036, "Котельная № 1", "№ 1 қазандық", "Boiler house 1"),
    "bh-02": (49.9346, 82.6431, "Котельная № 2", "№ 2 қазандық", "Boiler house 2"),
    "ap-01": (49.9534, 82.6107, "Пост воздуха № 1", "№ 1 ауа бекеті", "Air post 1"),
}
"""Where the sites of the region's scenario would stand in Oskemen (degrees north, east), and their titles."""


def collector_config(folder: Path, broker_port: int, feed_port: int, sites: Iterable[str]) -> str:
    """The text of the collector's TOML file."""
    return (
        f'[broker]\nhost = "127.0.0.1"\nport = {broker_port}\n\n'
        f'[store]\nkind = "sqlite"\npath = "{folder / "readings.db"}"\n\n'
        f'[state]\nurl = "sqlite:///{folder / "state.db"}"\n\n'
        f'[feed]\nlisten = "127.0.0.1:{feed_port}"\n' + "".join(map(_site, sites))
    )


def _site(name: str) -> str:
    head = f'\n[[sites]]\nsite = "{name}"\n'
    if name not in PLACES:
        return head
    north, east, ru, kk, en = PLACES[name]
    return head + f'title = {{ ru = "{ru}", kk = "{kk}", en = "{en}" }}\nlat = {north}\nlon = {east}\n'
