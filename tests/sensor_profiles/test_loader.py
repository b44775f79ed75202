"""A profile's file is loaded whole or refused with one sentence for each fault."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensor_profiles import loader, tables
from sensor_profiles.model import Encoding, Order, SerialDefaults, Space
from wire.config_file import ConfigError

HEAD = """\
name = "acme_t1"
vendor = "ACME"
model = "T1"
title = "ACME T1"
grade = "A"
protocol = "modbus"
space = "holding"
"""
SOURCE = """\
[[source]]
title = "manual"
where = "p. 3"
"""
ONE = """\
[[channel]]
name = "t1"
quantity = "temperature"
address = 0
encoding = "i16"
"""


def written(folder: Path, text: str, name: str = "acme_t1") -> Path:
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return file


def channel(**keys: object) -> str:
    """A second channel at register 10, changed by `keys`; None leaves a key out."""
    table = {"name": "t2", "quantity": "temperature", "address": 10, "encoding": "u16", **keys}
    lines = (f"{key} = {_toml(value)}" for key, value in table.items() if value is not None)
    return "\n".join(("[[channel]]", *lines, ""))


def _toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def status(**keys: object) -> str:
    return channel(**{"name": "s1", "quantity": None, "address": 20, **keys}).replace(
        "[[channel]]", "[[status]]"
    )


def test_a_flat_file_becomes_a_profile_with_its_repetitions_and_defaults(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'order = "word_swap"\nserial = { baud = 4800, parity = "E" }\n'
        + SOURCE
        + channel(name="in{n}", title="Input {n}", encoding="f32", repeat=3, step=6, status="s{n}", low=-50)
        + channel(name="word", quantity="count", address=2)
        + status(name="s{n}", address=100, repeat=3, step=1, space="input")
    )
    profile = loader.load(written(tmp_path, text))
    assert [(c.name, c.title, c.field.address, c.status) for c in profile.channels] == [
        ("in1", "Input 1", 10, "s1"),
        ("in2", "Input 2", 16, "s2"),
        ("in3", "Input 3", 22, "s3"),
        ("word", "", 2, None),
    ]
    assert [(s.name, s.field.address, s.field.space) for s in profile.statuses] == [
        (f"s{n}", 99 + n, Space.INPUT) for n in (1, 2, 3)
    ]
    assert [c.field.order for c in profile.channels] == [Order.WORD_SWAP] * 3 + [Order.BIG]
    assert (profile.channels[0].low, profile.channels[0].field.encoding) == (-50, Encoding.F32)
    assert profile.serial == SerialDefaults(baud=4800, parity="E")


def test_the_bits_of_a_word_are_written_once(tmp_path: Path) -> None:
    text = HEAD + SOURCE + channel(name="di{n}", encoding="bit", bit=2, repeat=3, bit_step=2)
    fields = [c.field for c in loader.load(written(tmp_path, text)).channels]
    assert [(f.address, f.bit) for f in fields] == [(10, 2), (10, 4), (10, 6)]


SHARED = "correct an address, or give both a bit or mask"
BROKEN = [
    (channel(name="t1"), "channel[1].name: a second channel `t1`; give each its own name"),
    (status() + status(address=21), "status[1].name: a second status `s1`; give each its own name"),
    (
        channel(address=0),
        "channel[1].address: `t2` reads the same bytes as `t1`; " + SHARED,
    ),
    (
        channel(encoding="f32", address=4) + channel(name="t3", address=5, mask=1),
        "channel[2].address: `t3` reads the same bytes as `t2`; " + SHARED,
    ),
    (
        channel(name="x{n}", encoding="f32", repeat=2, step=1),
        "channel[1].address: `x2` reads the same bytes as `x1`; " + SHARED,
    ),
    (
        status(name="fault") + channel(status="falt"),
        "channel[1].status: there is no [[status]] `falt`; did you mean `fault`?",
    ),
    (channel(status="s1"), "channel[1].status: there is no [[status]] `s1`; known: none"),
    (channel(encoding="bcd"), "channel[1]: bcd needs `size`, its length in bytes"),
    (channel(encoding="string", quantity="text"), "channel[1]: string needs `size`, its length in bytes"),
    (channel(size=2), "channel[1].size: u16 has a size of its own; remove `size`"),
    (
        channel(encoding="f32", bit=1),
        'channel[1].bit: `bit` is for encoding = "bit", not f32; use `mask` for some bits',
    ),
    (channel(encoding="f32", mask=1), "channel[1].mask: `mask` is for integers, not f32; remove it"),
    (channel(mask=0x10000), "channel[1].mask: 0x10000 has more bits than u16 of 2 bytes"),
    (
        channel(encoding="bit"),
        "channel[1]: a bit of a register or byte needs `bit`, 0 being the least significant",
    ),
    (channel(encoding="bit", bit=16), "channel[1].bit: 16 is beyond a register (0–15)"),
    (
        channel(encoding="bit", bit=1, byte=1),
        "channel[1].byte: a bit is counted over the whole register; remove `byte`",
    ),
    (
        channel(encoding="bit", bit=1, space="coil"),
        "channel[1].bit: the space coil is addressed by bit; remove `bit`",
    ),
    (channel(space="discrete"), 'channel[1].encoding: the space discrete holds bits; write encoding = "bit"'),
    (
        channel(encoding="f32", address=65535),
        "channel[1].address: ends at 65536, beyond the last address 65535",
    ),
    (
        channel(name="x{n}", address=65530, repeat=4, step=2),
        "channel[1].address: ends at 65536, beyond the last address 65535",
    ),
    (
        channel(space="frame"),
        "channel[1]: fields in the space frame and `frame_bytes` at the top of the file go together",
    ),
    (channel(low=5, high=5), "channel[1].low: 5 is not below high = 5; correct one of them"),
    (channel(scale=0), "channel[1].scale: scale and offset must be finite and scale not 0"),
    (
        channel(scale="nan").replace('"nan"', "nan"),
        "channel[1].scale: scale and offset must be finite and scale not 0",
    ),
    (
        channel(encoding="u8"),
        "channel[1]: an odd size (1) in registers: add `byte`, 0 for the high byte, 1 for the low one",
    ),
    (
        channel(encoding="u8", byte=2),
        "channel[1].byte: 2 is beyond its register (0, 1); raise `address` by 1 for every 2",
    ),
    (
        channel(encoding="bcd", size=3),
        "channel[1]: an odd size (3) in registers: add `byte`, 0 for the high byte, 1 for the low one",
    ),
    (
        channel(order="word_swap"),
        "channel[1].order: word_swap is no order of u16 of 2 bytes; allowed: big, little",
    ),
    (
        channel(encoding="u24", byte=0, order="byte_swap"),
        "channel[1].order: byte_swap is no order of u24 of 3 bytes; allowed: big, little",
    ),
    (
        channel(encoding="u8", byte=1, order="little"),
        "channel[1].order: little is no order of u8 of 1 byte; allowed: big",
    ),
    (
        channel(encoding="string", quantity="text", size=3, order="byte_swap"),
        "channel[1].order: byte_swap is no order of string of 3 bytes; allowed: big",
    ),
    (
        channel(encoding="i16", sentinels=[0x7FFF, 0xFFFF]),
        "channel[1].sentinels: 65535 never comes: i16 holds -32768 to 32767",
    ),
    (channel(sentinels=[0.5]), "channel[1].sentinels: 0.5 never comes: u16 holds 0 to 65535"),
    (channel(mask=0xF0, sentinels=[16]), "channel[1].sentinels: 16 never comes: u16 holds 0 to 15"),
    (
        channel(encoding="bcd", size=2, sentinels=[10000]),
        "channel[1].sentinels: 10000 never comes: bcd holds 0 to 9999",
    ),
    (
        channel(encoding="string", quantity="text", size=4, sentinels=[0]),
        "channel[1].sentinels: a string has no sentinels; remove them",
    ),
    (
        channel(encoding="string", size=4),
        "channel[1].quantity: a string has the quantity text, and nothing else has it",
    ),
    (
        channel(quantity="text"),
        "channel[1].quantity: a string has the quantity text, and nothing else has it",
    ),
    (
        channel(encoding="string", quantity="text", size=4, charset="cp9"),
        "channel[1].charset: `cp9` is no character set, e.g. ascii, cp866, cp1251, utf-8",
    ),
    (channel(repeat=2, step=2), "channel[1].repeat: a repeated name needs `{n}`, or all would have the same"),
    (channel(name="t{n}", repeat=2), "channel[1].repeat: `repeat` needs `step` beside it"),
    (channel(step=2), "channel[1].step: `step` needs `repeat` beside it"),
    (channel(encoding="bit", bit=0, bit_step=1), "channel[1].bit_step: `bit_step` needs `repeat` beside it"),
    (
        channel(name="t{n}", repeat=2, bit_step=1),
        "channel[1].bit_step: `bit_step` counts on from `bit`, which is missing; write it",
    ),
    (
        channel(name="di{n}", encoding="bit", bit=8, repeat=9, bit_step=1),
        "channel[1].bit: 16 is beyond a register (0–15)",
    ),
    (
        channel(name="t{n}"),
        "channel[1].name: `{n}` stands for nothing without `repeat`; add `repeat` and `step`",
    ),
    (
        channel(title="Input {n}"),
        "channel[1]: `{n}` stands for nothing without `repeat`; add `repeat` and `step`",
    ),
    (channel(name="t{m}"), "channel[1].name: braces may only stand as `{n}`"),
    (status(encoding="f32"), "status[0].encoding: a status is an integer, a bit or bcd, not f32"),
    (status(good=[70000]), "status[0].good: 70000 never comes: u16 holds 0 to 65535"),
    (
        status() + '[status.meanings]\n0x10 = "a"\nzero = "b"\n',
        "status[0].meanings.zero: `zero` is no number; write a decimal or 0x… value",
    ),
    (channel(encoding="f33"), "channel[1].encoding: `f33` is not known; did you mean `f32`?"),
    (channel(sacle=2), "channel[1].sacle: unknown key; did you mean `scale`?"),
    (channel(address=None), "channel[1]: the key `address` is missing"),
]


@pytest.mark.parametrize(("wrong", "sentence"), BROKEN)
def test_a_fault_gets_one_sentence_with_its_line(wrong: str, sentence: str, tmp_path: Path) -> None:
    text = HEAD + SOURCE + ONE + wrong
    file = written(tmp_path, text)
    (found,) = loader.problems(file)
    place, _, said = found.partition(": ")
    assert said == sentence
    assert place == f"{file}:{_line(text, sentence.partition(':')[0])}"
    with pytest.raises(ConfigError) as caught:
        loader.load(file)
    assert str(caught.value) == found


def _line(text: str, key: str) -> int:
    """Where `channel[1].low` stands, found another way than by the code under test."""
    table, _, rest = key.partition(".")
    kind, _, index = table.rstrip("]").partition("[")
    lines = text.splitlines()
    start = [n for n, line in enumerate(lines) if line == f"[[{kind}]]"][int(index)]
    word = rest.rpartition(".")[2]
    return (
        start + 1 if not rest else next(n for n in range(start, len(lines)) if lines[n].startswith(word)) + 1
    )


FRAMED = HEAD.replace('"holding"', '"frame"\nframe_bytes = 9')
FILE = [
    (
        HEAD.replace("acme_t1", "acme_t2") + SOURCE + ONE,
        '1: name: `acme_t2` is not the file\'s name; write name = "acme_t1" or rename the file',
    ),
    (HEAD + ONE, "1: file: no [[source]]: name at least one public document the facts come from"),
    (HEAD + SOURCE, "1: file: no [[channel]]: a profile needs at least one"),
    (
        HEAD.replace('space = "holding"\n', "") + SOURCE + ONE,
        "10: channel[0]: the key `space` is missing, here and at the top of the file; write one of them",
    ),
    (
        FRAMED + SOURCE + ONE.replace("address = 0", "address = 8"),
        "15: channel[0].address: ends at byte 9, but the frame has 9 bytes from 0",
    ),
    (
        FRAMED + SOURCE + ONE + "byte = 1\n",
        "17: channel[0].byte: `byte` is for registers; count it into `address`",
    ),
    (
        FRAMED + SOURCE + channel(encoding="bit", bit=8, address=3),
        "17: channel[0].bit: 8 is beyond a byte (0–7)",
    ),
    (HEAD.replace('"A"', '"D"') + SOURCE + ONE, "5: grade: `D` is not known; known: A, B, C"),
    (HEAD.replace("title", "titel") + SOURCE + ONE, "4: titel: unknown key; did you mean `title`?"),
]


@pytest.mark.parametrize(("text", "sentence"), FILE)
def test_a_fault_of_the_whole_file_gets_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    assert loader.problems(file) == (f"{file}:{sentence}",)


def test_all_faults_are_told_at_once_and_each_once(tmp_path: Path) -> None:
    wrong = channel(name="a{n}", low=5, high=1, repeat=8, step=1) + channel(name="b", address=40, size=2)
    found = loader.problems(written(tmp_path, HEAD + wrong))
    assert [said.split(": ")[1] for said in found] == ["file", "channel[0].low", "channel[1].size"]


def test_bits_and_masks_may_share_a_register(tmp_path: Path) -> None:
    text = HEAD + SOURCE + channel(name="a", mask=0xFF00) + channel(name="b", encoding="bit", bit=0)
    assert len(loader.load(written(tmp_path, text)).channels) == 2


def test_a_byte_and_the_word_behind_it_may_share_a_register(tmp_path: Path) -> None:
    text = HEAD + SOURCE + channel(name="a", encoding="i8", byte=0) + channel(name="b", byte=1)
    assert [c.field.byte for c in loader.load(written(tmp_path, text)).channels] == [0, 1]


def test_the_users_folders_win_and_the_first_of_them_most(tmp_path: Path) -> None:
    mine, other = tmp_path / "mine", tmp_path / "other"
    for folder in (mine, other):
        folder.mkdir()
        written(folder, HEAD + SOURCE + ONE)
        written(folder, "name = 1", "owen_trm138")
    known = loader.library((mine, other))
    assert (known["acme_t1"], known["owen_trm138"]) == (mine / "acme_t1.toml", mine / "owen_trm138.toml")
    assert known["omnicomm_lls"] == loader.SHIPPED / "omnicomm_lls.toml"
    assert loader.find("acme_t1", (mine, other)).vendor == "ACME"


def test_an_unknown_profile_or_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no profile `owen_trm183`; did you mean `owen_trm138`\?"):
        loader.find("owen_trm183")
    with pytest.raises(
        ConfigError, match="nowhere: no such folder of profiles; correct `profiles` or create it"
    ):
        loader.library((tmp_path / "nowhere",))


VALUES = st.one_of(
    st.integers(-2, 70000),
    st.floats(),
    st.sampled_from(["u16", "f32", "bit", "coil", "frame", "{n}", "text", "cp866"]),
)
KEYS = st.sampled_from(sorted(tables.ChannelTable.__struct_fields__))


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_any_channel_is_loaded_or_refused_in_one_line(keys: dict[str, object]) -> None:
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        file = written(Path(folder), HEAD + SOURCE + ONE + channel(**keys))
        for sentence in loader.problems(file):
            assert sentence.startswith(f"{file}:")
            assert "\n" not in sentence


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ('address = 0\nencoding = "f32"', "serial_number: a serial number is a whole number or text"),
        ('address = 0\nencoding = "u32"\nsize = 4', "serial_number.size: u32 has a size of its own"),
        (
            'address = 65535\nencoding = "u32"',
            "serial_number.address: ends at 65536, beyond the last address",
        ),
        (
            'address = 0\nencoding = "u16"\nrepeat = 2',
            "serial_number.repeat: `repeat` needs `step` beside it",
        ),
    ],
)
def test_a_serial_number_that_cannot_be_is_refused_with_its_line(
    number: str, sentence: str, tmp_path: Path
) -> None:
    source = (loader.SHIPPED / "wirenboard_wb_ms_v2.toml").read_text(encoding="utf-8")
    own = source.replace('address = 270\nencoding = "u32"', number)
    (tmp_path / "wirenboard_wb_ms_v2.toml").write_text(own, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"wirenboard_wb_ms_v2\.toml:\d+: ") as error:
        loader.load(tmp_path / "wirenboard_wb_ms_v2.toml")
    assert sentence in str(error.value)
