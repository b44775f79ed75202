"""The file somebody wrote, for the errors that point into it."""

from collections.abc import Sequence

from msgspec import Struct

from wire import config_file
from wire.config_file import ConfigError, Path_


class Page(Struct, frozen=True):
    """A file's name and text."""

    name: str
    text: str

    def error(self, path: Path_, message: str) -> ConfigError:
        """The error for a key that is well-formed but does not fit."""
        return config_file.error_at(self.text, self.name, path, message)

    def distinct(self, kind: str, key: str, values: Sequence[object]) -> None:
        """Refuse the second table of a kind with the same value of a key; None is no value.

        Raises:
            ConfigError: there is one.
        """
        for index, value in enumerate(values):
            first = values.index(value)
            if value is not None and first < index:
                line = config_file.line_of(self.text, (kind, first, key))
                raise self.error(
                    (kind, index, key), f"`{value}` is taken by the {kind} of line {line}; choose another"
                )
