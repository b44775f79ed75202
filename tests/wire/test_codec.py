"""Every message survives the wire; whatever else arrives is a DecodeError and nothing worse."""

import json
import zlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.wire.strategies import batches, messages
from wire import codec
from wire.messages import About, Batch, Quality, Receipt, Row, Status, Table

KINDS = [Batch, Receipt, About, Status]
SMALL = Batch(
    epoch="0123456789abcdef",
    seq=7,
    boot="b",
    site_class="boiler_house",
    tables=(Table(device="mv110", channels=("t_supply",), rows=(Row(1_700_000_000_000, (71.5,)),)),),
)


@given(messages)
def test_what_is_decoded_is_what_was_encoded(message: codec.Message) -> None:
    assert codec.decode(type(message), codec.encode(message)) == message


@given(st.binary(max_size=200), st.sampled_from(KINDS))
def test_any_bytes_give_a_message_or_a_decode_error(payload: bytes, kind: type[Batch]) -> None:
    try:
        assert isinstance(codec.decode(kind, payload), kind)
    except codec.DecodeError as error:
        assert str(error)


@given(batches, st.integers(0, 10_000), st.binary(min_size=1, max_size=4))
def test_a_damaged_message_gives_a_message_or_a_decode_error(batch: Batch, at: int, junk: bytes) -> None:
    payload = codec.encode(batch)
    at %= len(payload)
    try:
        codec.decode(Batch, payload[:at] + junk + payload[at + len(junk) :])
    except codec.DecodeError as error:
        assert str(error)


@given(st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(
    st.sampled_from(["v", "epoch", "seq", "tables", "rows"]), inner)))  # fmt: skip
def test_any_json_gives_a_message_or_a_decode_error(value: object) -> None:
    try:
        codec.decode(Batch, json.dumps(value).encode())
    except codec.DecodeError as error:
        assert str(error)


def test_an_unknown_field_is_tolerated() -> None:
    tree = msgspec.to_builtins(SMALL) | {"added_in_2031": 1}
    assert codec.decode(Batch, json.dumps(tree).encode()) == SMALL


def test_an_unknown_version_is_refused_by_name() -> None:
    tree = msgspec.to_builtins(SMALL) | {"v": 2, "tables": "of another shape"}
    with pytest.raises(codec.UnsupportedVersionError, match="schema version 2; this program knows 1"):
        codec.decode(Batch, json.dumps(tree).encode())


def test_a_quality_this_program_does_not_know_is_kept() -> None:
    row = Row(1, (1.0,), {0: "uncertain.invented_later"})
    batch = msgspec.structs.replace(SMALL, tables=(Table(device="d", channels=("c",), rows=(row,)),))
    assert codec.decode(Batch, codec.encode(batch)) == batch


def test_a_good_reading_carries_no_quality() -> None:
    assert b"good" not in msgspec.json.encode(SMALL)
    assert all(q.startswith(("bad.", "uncertain.")) for q in Quality)


def test_deflating_is_used_only_when_it_is_smaller() -> None:
    assert codec.encode(SMALL)[:1] == b"x"
    assert codec.encode(Receipt(epoch="0" * 16, ranges=((1, 1),)))[:1] == b"{"


def test_a_zip_bomb_stops_at_the_limit() -> None:
    bomb = zlib.compress(b" " * (codec.MAX_BYTES + 1))
    with pytest.raises(codec.DecodeError, match="inflates to more than"):
        codec.decode(Batch, bomb)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([[1, [1.0, 2.0]]], "a row has 2 values for 1 channels"),
        ([[1, [1.0], {"1": "bad.sentinel"}]], "quality of a channel that is not in the table"),
        ([[1, [1.0], {"0": "good"}]], "matching regex"),
        ([[-1, [1.0]]], ">= 0"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(rows: list[object], said: str) -> None:
    tree = msgspec.to_builtins(SMALL)
    tree["tables"][0]["rows"] = rows
    with pytest.raises(codec.DecodeError, match=said):
        codec.decode(Batch, json.dumps(tree).encode())
