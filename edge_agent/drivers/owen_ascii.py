"""OWEN instruments in OWEN's own protocol: the older TRM, MVA and SI, which know no Modbus. Serial 9600 8N1.

Requests and answers are bytes, written as two letters each, G for 0 … V for 15, between `#` and CR:

    address  10  hash                  crc      the request: 10 says that it reads
    address  0L  hash  L bytes of data  crc      the answer

The hash stands for a parameter's name; the CRC has the polynomial 0x8F57 and is sent high byte first. An
address above 255 is one of 11 bits, its last three bits in front of the second byte (so 11-bit addresses
below 256 cannot be asked).

An item is 256 times a place in `PARAMETERS`, plus how far the channel's address is above the instrument's: an
instrument of several channels has as many addresses. Its seven bytes: the data from the first byte on (f32
and a u16 time stamp; f32; f24; decimals in six bytes) and FF for what there is none of, then 0, or the code
by which the instrument says that it has no value:

    F0 wrong for sure  F6 not ready  F7 sensor off  FA too high  FB too low  FD break  FF calibration lost

Sources: RAA80/python-owen, owen/owen/protocol.py and converter.py; two more public drivers (TOwen; Tcl).
"""

from functools import partial
from typing import Final

from edge_agent.drivers import Ask, RefusedError
from edge_agent.drivers._checksums import crc16_owen
from edge_agent.drivers._dialogue import Dialogue
from edge_agent.drivers._text import take_line

PARAMETERS: Final = ("rEAd", "PV", "LuPV", "SP", "dCnt", "dSPd")
"""Measured value with time stamp, measured value, value of the calculator, set point; counter, its rate."""
DECIMALS: Final = frozenset({"dCnt", "dSPd"})
"""Those that are sent as packed decimals; all others are floating-point numbers."""
_CHARACTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_/ "
_LETTERS: Final = b"GHIJKLMNOPQRSTUV"
_DIGITS: Final = bytes.maketrans(_LETTERS, b"0123456789ABCDEF")
_VALUE_BYTES: Final = 6
_FLOAT_BYTES: Final = frozenset({3, 4, 6})
_NOTHING: Final = b"\xff"
_READS, _SIZE = 0x10, 0x0F
_AROUND: Final = 6
"""Address and size, hash, CRC: two bytes each."""
_BYTE: Final = 0xFF
_NO_SUCH_ADDRESS: Final = 2


def hash_of(name: str) -> bytes:
    """The two bytes for a parameter's name of at most four characters, which points may follow."""
    codes: list[int] = []
    for character in name.upper():
        if character == ".":
            codes[-1] += 1
        else:
            codes.append(2 * _CHARACTERS.index(character))
    padded = bytes(codes).ljust(4, bytes((2 * _CHARACTERS.index(" "),)))
    return crc16_owen(padded, bits=7).to_bytes(2, "big")


_HASHES: Final = {name: hash_of(name) for name in PARAMETERS}
_NETWORK_ERROR: Final = hash_of("n.Err")


def _parameter(ask: Ask) -> str:
    place = ask.block.start >> 8
    if place >= len(PARAMETERS):
        raise RefusedError(_NO_SUCH_ADDRESS)
    return PARAMETERS[place]


def _address(ask: Ask) -> tuple[int, int]:
    unit = ask.unit + (ask.block.start & _BYTE)
    return (unit, 0) if unit <= _BYTE else (unit >> 3 & _BYTE, (unit & 7) << 5)


def _question(ask: Ask) -> bytes:
    first, second = _address(ask)
    body = bytes((first, second | _READS)) + _HASHES[_parameter(ask)]
    whole = (body + crc16_owen(body).to_bytes(2, "big")).hex().upper().encode()
    return b"#" + whole.translate(bytes.maketrans(b"0123456789ABCDEF", _LETTERS)) + b"\r"


def _answer(ask: Ask, received: bytearray) -> bytes | None:
    return take_line(received, partial(_meaning, ask), end=b"\r")


def _meaning(ask: Ask, line: bytes) -> bytes | None:
    frame, name, first = _decoded(line), _parameter(ask), _address(ask)
    if frame is None or (frame[0], frame[1] & ~_SIZE) != first:
        return None
    told, data = frame[2:4], frame[4:-2]
    if told == _NETWORK_ERROR and data[1:] == _HASHES[name]:
        raise RefusedError(data[0])
    return _delivered(name, data, ask.block.count) if told == _HASHES[name] else None


def _decoded(line: bytes) -> bytes | None:
    """The bytes of a whole, valid frame; None when it is none."""
    _, found, letters = line.rpartition(b"#")
    if not found or len(letters) % 2 or letters.translate(None, _LETTERS):
        return None
    frame = bytes.fromhex(letters.translate(_DIGITS).decode())
    if len(frame) < _AROUND or frame[1] & _SIZE != len(frame) - _AROUND or crc16_owen(frame):
        return None
    return frame


def _delivered(name: str, data: bytes, count: int) -> bytes | None:
    """The item's bytes; what has no place for a code is refused by it."""
    if name in DECIMALS and data.hex().isdecimal() and len(data) <= _VALUE_BYTES:
        return (data.rjust(_VALUE_BYTES, b"\0") + b"\0")[:count]
    if name not in DECIMALS and len(data) in _FLOAT_BYTES:
        return (data.ljust(_VALUE_BYTES, _NOTHING) + b"\0")[:count]
    if len(data) != 1:
        return None
    if count <= _VALUE_BYTES:
        raise RefusedError(data[0])
    return _NOTHING * _VALUE_BYTES + data


DRIVER = Dialogue(question=_question, answer=_answer)
