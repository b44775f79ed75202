"""Where the judged rows of a backtest go: standard output, one file, one for each recording, or nowhere."""

import csv
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Self, TextIO

COLUMNS: Final = ("time", "anomalous", "score", "channels", "expected", "got")
Write = Callable[[Sequence[str]], object]


class Sheet:
    """CSV with the columns `COLUMNS`; several recordings in one file stand one after the other.

    `output` is a file, an existing folder (a file for each recording, of the same name) or None: standard
    output, or nothing at all if `quiet`.
    """

    def __init__(self, output: Path | None, *, quiet: bool) -> None:
        self._output = output
        self._quiet = quiet
        self._file: TextIO | None = None

    @property
    def on_stdout(self) -> bool:
        return self._output is None and not self._quiet

    def __enter__(self) -> Self:
        if self._output is not None and not self._output.is_dir():
            self._file = _opened(self._output)
        elif self.on_stdout:
            self._file = sys.stdout
        if self._file:
            _writer(self._file)(COLUMNS)
        return self

    def __exit__(self, *_: object) -> None:
        if self._file and self._file is not sys.stdout:
            self._file.close()

    @contextmanager
    def page(self, recording: Path) -> Iterator[Write]:
        """Writes the rows of one recording."""
        if self._file:
            yield _writer(self._file)
        elif self._output is None:
            yield lambda _row: None
        else:
            with _opened(self._output / recording.name) as file:
                write = _writer(file)
                write(COLUMNS)
                yield write


def _opened(path: Path) -> TextIO:
    return path.open("w", encoding="utf-8", newline="")


def _writer(file: TextIO) -> Write:
    return csv.writer(file, lineterminator="\n").writerow
