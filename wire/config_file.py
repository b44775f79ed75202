"""TOML files, parsed once at the border into frozen structs; every error names file, line, key and the cure.

config/agent.toml:14: device[1].perid_s: unknown key; did you mean `period_s`?
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import tomli

T = TypeVar("T")
Path_ = tuple[str | int, ...]
_AT = re.compile(r" - at (?:`key` in )?`\$(.*)`$")
_STEP = re.compile(r"\.([^.\[]+)|\[(\d+)\]|\[\.\.\.\]")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`")
_MISSING = re.compile(r"Object missing required field `(.*)`")
_INVALID = re.compile(r"Invalid (?:enum )?value '(.*)'")
_NAME = r"""[\w-]+|"[^"]*"|'[^']*'"""
_NAMES = rf"(?:{_NAME})(?:\s*\.\s*(?:{_NAME}))*"
_HEADER = re.compile(rf"\s*\[(\[)?\s*({_NAMES})\s*\]")
_KEY = re.compile(rf"\s*({_NAMES})\s*=(.*)", re.DOTALL)
_QUOTED = re.compile(
    r"""\"{3}.*?\"{3}|'{3}.*?'{3}|(\"{3}|'{3}).*|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*""", re.DOTALL
)
"""Strings and comments may hold brackets that mean nothing; group 1 opens a string that does not end."""
_PLAIN_TYPES: dict[type[msgspec.inspect.Type], type] = {
    msgspec.inspect.StrType: str,
    msgspec.inspect.IntType: int,
    msgspec.inspect.FloatType: float,
    msgspec.inspect.BoolType: bool,
}


class ConfigError(ValueError):
    """A file that cannot be used as it stands: one sentence with file, line and key."""


def load(path: Path, kind: type[T]) -> T:
    """Read a TOML file as a frozen struct.

    Raises:
        ConfigError: no such file, no TOML, an unknown or missing key, a value that is of another type or out
            of range.
    """
    return parse(read(path), kind, str(path))


def read(path: Path) -> str:
    """The text of a file.

    Raises:
        ConfigError: no such file, no permission, not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{path}: cannot be read: {reason}") from None


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
    return ConfigError(f"{name}:{line_of(text, path)}: {_dotted(path) or 'file'}: {message}")


def nearest(wrong: str, known: Iterable[str]) -> str:
    """`; did you mean …?` for the closest known word, or the list of them all."""
    words = sorted(known)
    swapped = [word for word in words if sorted(word) == sorted(wrong)]
    close = swapped or difflib.get_close_matches(wrong, words, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known: {', '.join(words) or 'none'}"


def line_of(text: str, path: Path_) -> int:
    """The line, from 1, where a key or the table that should hold it stands."""
    best = 1
    for number, here in places(text):
        if here == path:
            return number
        if here and here == path[: len(here)]:
            best = number
    return best


def places(text: str) -> Iterator[tuple[int, Path_]]:
    """Each table header and key with its line, from 1; nothing inside a value of several lines is one."""
    table: Path_ = ()
    counts: dict[Path_, int] = {}
    value = ""
    for number, line in enumerate(text.split("\n"), 1):
        if value := _unfinished(value + line + "\n") if value else "":
            continue
        if header := _HEADER.match(line):
            table = _place(_names(header[2]), counts, array=bool(header[1]))
            yield number, table
        elif key := _KEY.match(line):
            yield number, (*table, *_names(key[1]))
            value = _unfinished(key[2] + "\n")


def _unfinished(value: str) -> str:
    """A value that goes on in the next line, as it is; an ended one is empty."""
    bare = _QUOTED.sub(lambda quoted: "[" if quoted[1] else "", value)
    return value if any(bare.count(a) > bare.count(b) for a, b in ("[]", "{}")) else ""


def _names(dotted: str) -> tuple[str, ...]:
    return tuple(name.strip("\"'") for name in re.findall(_NAME, dotted))


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
        known = _fields(_type_at(kind, path, tree))
        path = (*path, unknown[1])
        said = f"unknown key{nearest(unknown[1], known)}"
    elif missing := _MISSING.fullmatch(said):
        said = f"the key `{missing[1]}` is missing"
    elif invalid := _INVALID.fullmatch(said):
        said = f"`{invalid[1]}` is not known{nearest(invalid[1], _words(kind, path, tree))}"
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
            path.append(_culprit(_descend(tree, path), _type_at(kind, tuple(path), tree)))
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
    return kind.cls if isinstance(kind, msgspec.inspect.StructType) else _PLAIN_TYPES.get(type(kind), Any)


def _descend(tree: Any, path: Iterable[str | int]) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _type_at(kind: Any, path: Path_, tree: Any) -> Any:
    """The type of what stands at a path; of several tables, the one whose tag the file gives."""
    found = msgspec.inspect.type_info(kind)
    for depth, step in enumerate(path):
        found = _inside(_chosen(found, _descend(tree, path[:depth])), step)
    return _chosen(found, _descend(tree, path))


def _chosen(kind: Any, value: Any) -> Any:
    if not isinstance(kind, msgspec.inspect.UnionType):
        return kind
    inspect = msgspec.inspect
    real: list[Any] = [t for t in kind.types if not isinstance(t, inspect.NoneType)]
    if not isinstance(value, dict):
        return real[0]
    tables = [t for t in real if isinstance(t, inspect.StructType | inspect.DictType)]
    tagged = (t for t in tables if value.get(getattr(t, "tag_field", None)) == getattr(t, "tag", None))
    return next(tagged, (tables or real)[0])


def _inside(kind: Any, step: str | int) -> Any:
    inspect = msgspec.inspect
    if isinstance(kind, inspect.StructType) and isinstance(step, str):
        return next((f.type for f in kind.fields if f.encode_name == step), inspect.AnyType())
    if isinstance(kind, inspect.DictType):
        return kind.value_type
    return getattr(kind, "item_type", inspect.AnyType())


def _fields(kind: Any) -> list[str]:
    return [f.encode_name for f in getattr(kind, "fields", ())]


def _words(kind: Any, path: Path_, tree: Any) -> list[str]:
    """What may stand at a path that takes some words: an enum, a literal, keys or the tag of a table."""
    inspect = msgspec.inspect
    found = _type_at(kind, path, tree)
    found = found.key_type if isinstance(found, inspect.DictType) else found
    if isinstance(found, inspect.EnumType):
        return [str(member.value) for member in found.cls]
    if isinstance(found, inspect.LiteralType):
        return [str(value) for value in found.values]
    table = msgspec.inspect.type_info(kind)
    for depth, step in enumerate(path[:-1]):
        table = _inside(_chosen(table, _descend(tree, path[:depth])), step)
    return [str(t.tag) for t in getattr(table, "types", ()) if getattr(t, "tag_field", None) == path[-1]]


def _dotted(path: Path_) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
