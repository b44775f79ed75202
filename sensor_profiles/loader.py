"""Profiles from their files: the folder is the registry, a file's name is its profile's name.

    TOML ─▶ tables.ProfileFile ─▶ checks ─▶ tables.Sheet (repetitions written out) ─▶ checks ─▶ Profile

Every error is a `ConfigError` that names file, line, key and the cure.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from sensor_profiles import checks, tables
from sensor_profiles.model import Profile
from wire import config_file
from wire.config_file import ConfigError

SHIPPED = Path(__file__).parent / "profiles"


def load(path: Path) -> Profile:
    """Read one profile.

    Raises:
        ConfigError: the first thing that is wrong with it.
    """
    text = config_file.read(path)
    file = config_file.parse(text, tables.ProfileFile, str(path))
    for finding in _findings(file, path.stem):
        raise config_file.error_at(text, str(path), finding.path, finding.message)
    return tables.expand(file).profile()


def problems(path: Path) -> tuple[str, ...]:
    """Everything that is wrong with a profile's file, one sentence each; none: it can be used."""
    try:
        text = config_file.read(path)
        file = config_file.parse(text, tables.ProfileFile, str(path))
    except ConfigError as error:
        return (str(error),)
    errors = (
        config_file.error_at(text, str(path), finding.path, finding.message)
        for finding in _findings(file, path.stem)
    )
    return tuple(dict.fromkeys(map(str, errors)))


def library(folders: Sequence[Path] = ()) -> dict[str, Path]:
    """The file of each profile by name; the folders win over what is shipped, the first over the next.

    Raises:
        ConfigError: a folder is not there.
    """
    found: dict[str, Path] = {}
    for folder in (SHIPPED, *reversed(folders)):
        if not folder.is_dir():
            raise ConfigError(f"{folder}: no such folder of profiles; correct `profiles` or create it")
        found |= {file.stem: file for file in sorted(folder.glob("*.toml"))}
    return dict(sorted(found.items()))


def find(name: str, folders: Sequence[Path] = ()) -> Profile:
    """Read the profile of a name.

    Raises:
        ConfigError: there is none; the nearest name is given. Or its file is wrong.
    """
    known = library(folders)
    if name not in known:
        raise ConfigError(f"there is no profile `{name}`{config_file.nearest(name, known)}")
    return load(known[name])


def _findings(file: tables.ProfileFile, stem: str) -> Iterator[checks.Finding]:
    """What is wrong; what cannot be written out is not looked at further."""
    first = tuple(checks.of_tables(file))
    yield from first
    if not first:
        yield from checks.of_odd_bytes(file)
        yield from checks.of_sheet(tables.expand(file), stem)
