"""What really left the instruments, one JSON line a value; `compare` holds it against what was stored.

{"t_ms":1769379600123,"site":"bh-01","device":"tsrv","channel":"t_supply","value":85.96,"mode":"asked"}
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import msgspec
from msgspec import Struct

from wire.messages import Value

T = TypeVar("T")


class TrueValue(Struct, frozen=True):
    """One value on the wire; None where the instrument said that it has none.

    `asked`: the reader waited for it and must have it. `stream`: sent unasked; a reading must agree with one,
    but most of them become none. `doubtful`: right, but late or among noise; may have been taken or refused.
    """

    t_ms: int
    site: str
    device: str
    channel: str
    value: Value
    mode: Literal["asked", "stream", "doubtful"] = "asked"


class StoredValue(Struct, frozen=True):
    """One reading as `collector export --format jsonl` writes it; other keys do not matter here."""

    t_ms: int
    site: str
    device: str
    channel: str
    value: Value = None
    quality: str | None = None
    """None or `good`, or a reason."""


class RecordError(ValueError):
    """A line that is no record: one sentence with file and line."""


class TruthFile:
    """The truth as it happens; call `flush` once a second, and leave `with` on any end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.written = 0
        self._file = path.open("wb")
        self._encoder = msgspec.json.Encoder()

    def write(self, values: Iterable[TrueValue]) -> None:
        """Append values; they are on their way to the disk after the next `flush`."""
        for value in values:
            self._file.write(self._encoder.encode(value) + b"\n")
            self.written += 1

    def flush(self) -> None:
        """Hand everything to the operating system: a killed process loses none of it."""
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def read_lines(path: Path, kind: type[T]) -> Iterator[T]:
    """Read a file of JSON lines.

    Raises:
        RecordError: a line is not what it should be.
        OSError: the file cannot be read.
    """
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise RecordError(f"{path}:{number}: no {kind.__name__}: {error}") from None
