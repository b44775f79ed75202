"""A calibration in the configuration file: the text before becomes the text after. Pure.

It goes to the end of its device's tables; one of the same channel makes way for it. Every other line stays.
"""

from collections.abc import Iterator

import msgspec
import tomlkit

from edge_agent.settings.calibration import CalibrationTable
from wire.config_file import ConfigError, Path_, places


def with_calibration(text: str, name: str, device: int, table: CalibrationTable, replaces: int | None) -> str:
    """The file with a calibration of the device with this number (from 0).

    Args:
        text: TOML that has been checked before.
        name: stands for the file in errors.
        device: which `[[device]]`.
        table: the calibration.
        replaces: the number of the device's calibration that makes way; None: none.

    Raises:
        ConfigError: the device is not written as a table of its own.
    """
    lines = text.splitlines()
    if replaces is not None:
        begin, end = _extent(text, name, ("device", device, "calibration", replaces))
        while begin and not lines[begin - 1].strip():
            begin -= 1
        del lines[begin:end]
    _, end = _extent("\n".join(lines), name, ("device", device))
    return "\n".join([*lines[:end], "", *_written(table), *lines[end:]]) + "\n"


def _extent(text: str, name: str, path: Path_) -> tuple[int, int]:
    """The lines of a table and what stands below it; comments before the next table belong to that."""
    lines = text.splitlines()
    found = list(places(text))
    ours = [n for n, (_, here) in enumerate(found) if here[: len(path)] == path]
    if not ours:
        raise ConfigError(f"{name}: write the device as a table of its own, [[device]], then calibrate again")
    end = found[ours[-1] + 1][0] - 1 if ours[-1] + 1 < len(found) else len(lines)
    while not lines[end - 1].strip() or lines[end - 1].lstrip().startswith("#"):
        end -= 1
    return found[ours[0]][0] - 1, end


def _written(table: CalibrationTable) -> Iterator[str]:
    yield "[[device.calibration]]"
    for key in table.__struct_fields__:
        value = getattr(table, key)
        written = [dict(msgspec.to_builtins(point)) for point in value] if key == "points" else value
        yield f"{key} = {_inline(written)}"


def _inline(value: object) -> str:
    if not isinstance(value, list):
        return tomlkit.item(value).as_string()
    rows = [
        ", ".join(f"{key} = {tomlkit.item(number).as_string()}" for key, number in row.items())
        for row in value
    ]
    return f"[{', '.join(f'{{ {row} }}' for row in rows)}]"
