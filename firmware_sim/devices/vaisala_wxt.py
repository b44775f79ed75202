"""Vaisala WXT weather transmitters, ASCII: `0R0` CR LF asks, a line of `Name=valueUnit` answers.

What the profile does not read is not in the message; a broken sensor has `#` for its unit. Source: Vaisala
WXT530 user's guide. Set-up commands (`0XU`, `0WU`, …) are not understood and so not answered.
"""

from collections.abc import Iterable, Iterator

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument
from firmware_sim.devices.written import decimal

_PLACES = {
    **dict.fromkeys(("Dn", "Dm", "Dx"), 0),
    **dict.fromkeys(("Sn", "Sm", "Sx", "Ta", "Tp", "Ua", "Pa"), 1),
    "Rc": 2,
    "Rd": 0,
    "Ri": 1,
    "Rp": 1,
    "Hc": 1,
    "Hd": 0,
    **dict.fromkeys(("Hi", "Hp", "Th", "Vh", "Vs"), 1),
    "Vr": 3,
}
"""In the order of the profile's frame."""
_DIRECTION_DIGITS = 3
_NUMBER_BYTES, _ITEM_BYTES = 4, 5
_ADDRESSES = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_REQUEST_BYTES = 5


def _items(image: bytes) -> Iterator[str]:
    for number, (name, places) in enumerate(_PLACES.items()):
        item = image[number * _ITEM_BYTES : (number + 1) * _ITEM_BYTES]
        if letter := item[_NUMBER_BYTES]:
            text = decimal(item[:_NUMBER_BYTES], places)
            digits = _DIRECTION_DIGITS if name[0] == "D" else 0
            yield f"{name}={text.zfill(digits)}{chr(letter)}"


def _build(unit: int, image: bytes) -> bytes:
    return ",".join([f"{_ADDRESSES[unit % len(_ADDRESSES)]}R0", *_items(image)]).encode() + b"\r\n"


def _is_request(data: bytes) -> bool:
    return chr(data[0]) in _ADDRESSES and data[1:] == b"R0\r\n"


_PROTOCOL = Protocol(
    lengths=(_REQUEST_BYTES,),
    is_request=_is_request,
    is_read=lambda _: True,
    unit_of=lambda data: _ADDRESSES.index(chr(data[0])),
    frame_bytes=lambda _: _ITEM_BYTES * len(_PLACES),
    build=_build,
    checksum_at=-1,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The transmitters of a line, told apart by address."""
    return FramedSpeaker(_PROTOCOL, instruments)
