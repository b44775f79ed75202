"""A command whose libraries are not installed says which, and how to get them."""

import sys
from pathlib import Path

import pytest

from wire import entry


def test_what_is_missing_is_named_with_its_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "halfway_installed"
    package.mkdir()
    (package / "cli.py").write_text("import a_library_nobody_has\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SystemExit, match=r"half needs a_library_nobody_has.*pip install 'ulba\[half\]'"):
        entry.start("half", "halfway_installed.cli", "half")
    sys.modules.pop("halfway_installed", None)
