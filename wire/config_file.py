"""TOML files, parsed once at the border into frozen structs; every error names file, line, key and the cure.

config/agent.toml:14: device[1].perid_s: unknown key; did you mean `period_s`?
"""

import difflib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tomli

T = TypeVar("T")
Path_ = tuple[str | int, ...]
_AT = re.compile(r" - at `\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_HEADER = re.compile(r"^\s*\[(\[)?\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""^\s*("?)([^"=\s]+)\1\s*=""")


class ConfigError(ValueError):
    """A file that cannot be used as it stands: one sentence with file, line and key."""


def load(path: Path, kind: type[T]) -> T:
    """Read a TOML file as a frozen struct.

    Raises:
        ConfigError: no such file, no TOML, an unknown or missing key, a value of another type or out of range.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from None
    return parse(text, kind, str(path))


def parse(text: str, kind: type[T], name: str) -> T:
    """Read TOML text as a frozen struct; `name` stands for the file in errors."""
    try:
        tree = tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        raise ConfigError(f"{name}:{error.lineno}: not TOML: {error.msg}") from None
    try:
        return msgspec.convert(tree, kind, strict=True)
    except msgspec.ValidationError as error:
        raise ConfigError(_sentence(str(error), tree, text, kind, name)) from None


def error_at(text: str, name: str, path: Path_, message: str) -> ConfigError:
    """The error for a key that is well-formed but does not fit the rest of its file."""
    return ConfigError(f"{name}:{line_of(text, path)}: {_dotted(path)}: {message}")


def nearest(wrong: str, known: list[str]) -> str:
    """`; did you mean …?` for the closest known word, or the list of them all."""
    close = difflib.get_close_matches(wrong, known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known: {', '.join(sorted(known))}"


def line_of(text: str, path: Path_) -> int:
    """The line, from 1, where a key or the table that should hold it stands."""
    best = 1
    for number, here in _lines(text):
        if here == path:
            return number
        if here and here == path[: len(here)]:
            best = number
    return best


def _lines(text: str) -> Iterator[tuple[int, Path_]]:
    table: Path_ = ()
    counts: dict[Path_, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = _place(tuple(header[2].replace('"', "").split(".")), counts, array=bool(header[1]))
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *key[2].split("."))


def _place(names: tuple[str, ...], counts: dict[Path_, int], *, array: bool) -> Path_:
    """The path of a table header, with the index of each array of tables it stands in."""
    path: Path_ = ()
    for depth, part in enumerate(names, 1):
        path = (*path, part)
        if array and depth == len(names):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _sentence(message: str, tree: dict[str, Any], text: str, kind: Any, name: str) -> str:
    at = _AT.search(message)
    path = _steps(at[1], tree, kind) if at else ()
    said = message[: at.start()] if at else message
    if unknown := _UNKNOWN.fullmatch(said):
        known = _fields_at(kind, path)
        path = (*path, unknown[1])
        said = f"unknown key{nearest(unknown[1], known)}"
    return f"{name}:{line_of(text, path)}: {_dotted(path) or 'file'}: {said[0].lower()}{said[1:]}"


def _steps(at: str, tree: Any, kind: Any) -> Path_:
    """Read `.device[1].period_s` as a path; `[...]` (any key of a table) is found by trying each."""
    path: list[str | int] = []
    for step in _STEP.finditer(at):
        if step[1] is not None:
            path.append(step[1])
        elif step[2] is not None:
            path.append(int(step[2]))
        else:
            path.append(_culprit(_descend(tree, path), _type_at(kind, tuple(path))))
    return tuple(path)


def _culprit(table: Any, kind: Any) -> str:
    """The key of a free-form table whose value does not fit."""
    value_kind = kind.value_type if isinstance(kind, msgspec.inspect.DictType) else None
    for key, value in table.items():
        try:
            msgspec.convert(value, _python_type(value_kind))
        except msgspec.ValidationError:
            return str(key)
    return "?"


def _python_type(kind: Any) -> Any:
    return kind.cls if isinstance(kind, msgspec.inspect.StructType) else Any


def _descend(tree: Any, path: list[str | int]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _type_at(kind: Any, path: Path_) -> Any:
    found = msgspec.inspect.type_info(kind)
    for step in path:
        found = _inside(found, step)
    return found


def _inside(kind: Any, step: str | int) -> Any:
    inspect = msgspec.inspect
    if isinstance(kind, inspect.UnionType):
        kind = next((t for t in kind.types if not isinstance(t, inspect.NoneType)), kind)
    if isinstance(kind, inspect.StructType) and isinstance(step, str):
        return next((f.type for f in kind.fields if f.encode_name == step), inspect.AnyType())
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    return getattr(kind, "item_type", inspect.AnyType())


def _fields_at(kind: Any, path: Path_) -> list[str]:
    found = _type_at(kind, path)
    if isinstance(found, msgspec.inspect.UnionType):
        found = next((t for t in found.types if isinstance(t, msgspec.inspect.StructType)), found)
    return [f.encode_name for f in getattr(found, "fields", ())]


def _dotted(path: Path_) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
