"""The profiles that scenarios may name."""

from collections.abc import Mapping
from pathlib import Path

from sensor_profiles import loader
from sensor_profiles.model import Profile


def profiles(folders: tuple[Path, ...] = ()) -> Mapping[str, Profile]:
    """All profiles by name, the shipped ones and those of these folders.

    Raises:
        ConfigError: one of them is wrong.
    """
    return {name: loader.load(path) for name, path in loader.library(folders).items()}
