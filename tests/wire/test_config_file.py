"""Errors in TOML files name file, line, key and the cure."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
import tomli
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from wire import config_file
from wire.config_file import ConfigError
from wire.quantities import Quantity


class Part(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    quantity: Quantity = Quantity.LEVEL
    period_s: Annotated[float, Meta(ge=1)] = 60
    meanings: dict[str, str] = {}


class Small(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="small", tag_field="kind"):
    depth: int = 0


class Large(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="large", tag_field="kind"):
    database: str = ""


class Document(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"parts": "part"}):
    name: str
    level: Literal["debug", "info"] = "info"
    note: str = ""
    notes: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    named: dict[str, Part] = {}
    box: Small | Large = Small()
    spare: Part | None = None


def refused(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        config_file.parse(text, Document, "f.toml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('name = "a"\nlevl = 1\n', "f.toml:2: levl: unknown key; did you mean `level`?"),
        (
            'name = "a"\nzzz = 1\n',
            "f.toml:2: zzz: unknown key; known: box, level, name, named, note, notes, part, spare",
        ),
        ('level = "info"\n', "f.toml:1: file: the key `name` is missing"),
        ("name = 3\n", "f.toml:1: name: expected `str`, got `int`"),
        ('name = "a"\nlevel = "inof"\n', "f.toml:2: level: `inof` is not known; did you mean `info`?"),
        (
            'name = "a"\n[[part]]\n[[part]]\nquantity = "presure"\n',
            "f.toml:4: part[1].quantity: `presure` is not known; did you mean `pressure`?",
        ),
        (
            'name = "a"\n[[part]]\n[[part]]\n\nperid_s = 5\n',
            "f.toml:5: part[1].perid_s: unknown key; did you mean `period_s`?",
        ),
        (
            'name = "a"\n[[part]]\nperiod_s = 0.5\n[[part]]\n',
            "f.toml:3: part[0].period_s: expected `float` >= 1.0",
        ),
        (
            'name = "a"\n[[part]]\n[part.meanings]\n1 = "one"\n2 = 2\n',
            "f.toml:5: part[0].meanings.2: expected `str`, got `int`",
        ),
        (
            'name = "a"\n[named.x]\n[named."y z"]\nperiod_s = "5"\n',
            "f.toml:4: named.y z.period_s: expected `float`, got `str`",
        ),
        (
            'name = "a"\nnamed.x.perid_s = 5\n',
            "f.toml:2: named.x.perid_s: unknown key; did you mean `period_s`?",
        ),
        (
            'name = "a"\n[box]\nkind = "large"\ndatabse = "x"\n',
            "f.toml:4: box.databse: unknown key; did you mean `database`?",
        ),
        (
            'name = "a"\n[box]\nkind = "larg"\n',
            "f.toml:3: box.kind: `larg` is not known; did you mean `large`?",
        ),
        (
            'name = "a"\nspare = { perod_s = 2 }\n',
            "f.toml:2: spare.perod_s: unknown key; did you mean `period_s`?",
        ),
        ('name = "a"\nname = "b"\n', "f.toml:2: not TOML: Cannot overwrite a value"),
    ],
)
def test_a_wrong_file_gets_one_sentence_with_line_and_key(text: str, sentence: str) -> None:
    assert refused(text) == sentence


@pytest.mark.parametrize(
    "before",
    [
        'note = """\nlevel = 1\n[[part]]\n"""\n',
        "note = '''\n[part]\nx = [\n'''\n",
        'notes = [\n  "level = 2",  # ]\n  "[[part]]",\n]\n',
        'notes = ["""\nperiod_s = 3\n""", "]"]\n',
        '# level = "x" [\n',
        'note = "a # [ b"\n',
    ],
)
def test_what_stands_inside_a_value_or_comment_is_no_line_of_its_own(before: str) -> None:
    text = f'name = "a"\n{before}level = 3\n[[part]]\nperiod_s = 0\n'
    here = text.count("\n")
    assert refused(text).startswith(f"f.toml:{here - 2}: level: ")
    assert config_file.line_of(text, ("part", 0, "period_s")) == here


def test_a_key_that_is_not_there_is_looked_for_where_its_table_begins() -> None:
    text = '\nname = "a"\n[[part]]\n[[part]]\nperiod_s = 3\n'
    assert config_file.line_of(text, ("part", 1, "quantity")) == 4
    assert config_file.line_of(text, ("box", "kind")) == 1


def test_an_error_of_meaning_has_the_same_shape() -> None:
    error = config_file.error_at("[[part]]\nperiod_s = 3\n", "f.toml", ("part", 0, "period_s"), "too fast")
    assert str(error) == "f.toml:2: part[0].period_s: too fast"


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read: No such file or directory"):
        config_file.load(tmp_path / "none.toml", Document)
    (tmp_path / "latin").write_bytes(b'name = "\xe9"')
    with pytest.raises(ConfigError, match="latin: cannot be read: not UTF-8"):
        config_file.load(tmp_path / "latin", Document)


NAMES = st.sampled_from(["name", "part", "period_s", "note", "x y", "box", "kind"])
LINES = st.one_of(
    NAMES.map('"{}" = [1, ['.format),
    NAMES.map("[['{}']]".format),
    NAMES.map("[{}.part]".format),
    NAMES.map("{} = 3".format),
    NAMES.map('{} = """'.format),
    st.sampled_from(["]", "]]", '"""', "'''", "{", "}", "# ]", "", "= 3", "[", "\\"]),
    st.text(max_size=8),
)


@given(st.lists(LINES, max_size=12).map("\n".join))
def test_any_text_is_a_document_or_one_sentence(text: str) -> None:
    try:
        assert isinstance(config_file.parse(text, Document, "f.toml"), Document)
    except ConfigError as error:
        assert str(error).startswith("f.toml:")


@given(st.lists(st.sampled_from(["a", "b.c", '"d e"', "f-g"]), min_size=1, max_size=5), st.data())
def test_each_key_is_found_on_the_line_it_was_written(tables: list[str], data: st.DataObject) -> None:
    lines: list[str] = []
    for number, table in enumerate(tables):
        lines += [
            f"[[{table}]]",
            *data.draw(st.lists(st.sampled_from(["# x", "", "m = [", "1]"]), max_size=3)),
        ]
        lines += [f"key{number} = {number}"]
    text = "\n".join(lines)
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        return
    for number, table in enumerate(tables):
        path: tuple[str | int, ...] = (
            *(p.strip('"') for p in table.split(".")),
            tables[:number].count(table),
            f"key{number}",
        )
        assert config_file.line_of(text, path) == lines.index(f"key{number} = {number}") + 1
