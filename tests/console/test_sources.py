"""What must hold of the console's sources and of what is built from them, told without a browser."""

import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from collector.alarms.lifecycle import State, Trigger
from collector.console import BUILT
from collector.feed.problems import ProblemCode
from collector.users.audit import Deed
from collector.users.roles import Role
from wire.messages import Quality
from wire.texts import LANGUAGES

WEB = BUILT.with_name("web")
SOURCES = sorted((WEB / "src").rglob("*.ts*"))
LETTERS = re.compile(r"[A-Za-zА-Яа-яЁё]{2}")
SPOKEN = re.compile(r'\b(?:title|placeholder|alt|label|aria-label|aria-description)="([^"]*)"')
ESCAPES = (
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "document.write",
    "eval(",
    "new Function",
    "srcdoc",
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_file_outgrows_a_page_or_gets_around_preacts_escaping(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    assert text.count("\n") < 300
    assert [name for name in ESCAPES if name in text] == []


@pytest.mark.parametrize("source", [path for path in SOURCES if path.suffix == ".tsx"], ids=lambda p: p.name)
def test_what_is_read_aloud_or_shown_as_a_hint_comes_from_the_tables_too(source: Path) -> None:
    """Literal text between tags is found by biome (`noJsxLiterals`)."""
    found = SPOKEN.findall(source.read_text(encoding="utf-8"))
    assert [text for text in found if LETTERS.search(text)] == []


def test_units_are_written_as_in_the_texts_of_alarms() -> None:
    text = (WEB / "src/texts/units.ts").read_text(encoding="utf-8")
    line = re.compile(r'^  "?([^":]*)"?: \{ ru: "(.*)", kk: "(.*)", en: "(.*)" \},$', re.MULTILINE)
    for place, name in enumerate(("ru", "kk", "en"), start=1):
        shown = {found[0]: found[place] for found in line.findall(text)}
        assert shown == dict(LANGUAGES[name].units), (
            "add the unit to collector/console/web/src/texts/units.ts"
        )


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("problems", list(ProblemCode)),
        ("quality", list(Quality)),
        ("alarms", list(State)),
        ("journal", list(Trigger)),
        ("admin", [*Deed, *Role]),
    ],
)
def test_whatever_the_centre_may_say_has_words_in_all_languages(file: str, names: list[str]) -> None:
    text = (WEB / f"src/texts/{file}.ts").read_text(encoding="utf-8")
    assert [
        name for name in names if len(re.findall(rf'^ +"?{name}"?:(?: |$)', text, re.MULTILINE)) != 3
    ] == []


@pytest.mark.parametrize(
    "file", ["admin", "alarms", "common", "empty", "region", "reports", "shift", "telling"]
)
def test_no_words_are_kept_that_no_page_says(file: str) -> None:
    """Those of the other files are looked up by what the centre says."""
    table = WEB / f"src/texts/{file}.ts"
    russian = re.search(
        r"^const ru = \{\n(.*?)^\};", table.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert russian is not None
    pages = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    names = re.findall(r"^  (\w+):", russian[1], re.MULTILINE)
    read = r'[.]{0}\b|"{0}"|^  {0}: [A-Z]'  # by its name, or by that of the page that it heads
    assert [name for name in names if not re.search(read.format(name), pages, re.MULTILINE)] == []


def test_the_page_names_files_that_are_there_and_nothing_from_elsewhere() -> None:
    page = (BUILT / "index.html").read_text(encoding="utf-8")
    wanted = re.findall(r'(?:src|href)="(/[^"]*)"', page)
    assert len(wanted) == 3
    assert [name for name in wanted if not (BUILT / name[1:]).is_file()] == []
    assert "//" not in page.replace("<!--", "")


def test_kazakh_letters_are_in_the_fonts() -> None:
    names = {path.name.split("-normal")[0] for path in (BUILT / "assets").glob("*.woff2")}
    parts = ("latin", "cyrillic", "cyrillic-ext")
    assert names == {f"noto-sans-{part}-{weight}" for part in parts for weight in (400, 600)}


@pytest.mark.system
def test_a_wheel_holds_the_console_with_its_licences_and_not_its_sources(tmp_path: Path) -> None:
    root = BUILT.parents[2]
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(tmp_path)]
    subprocess.run([*pip, str(root)], check=True, timeout=100)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        licences = archive.read("collector/console/built/licences.txt").decode()
    assert "collector/console/built/index.html" in names
    assert [name for name in names if "console/web" in name or "node_modules" in name] == []
    for part in ("preact", "uplot", "leaflet", "@fontsource/noto-sans", "@preact/signals"):
        assert f"\n{part}\n{'=' * len(part)}" in f"\n{licences}"
