"""Vaisala AQT530 air quality transmitters: a line of values and their names each second.

Time and uptime in the line stand still: nobody's reading depends on them. A sensor that is broken or not
fitted is missing in both lists. Source of the form: jrobrien91/waggle-aqt.
"""

from collections.abc import Iterable

from firmware_sim.devices.framed import FramedSpeaker, Protocol
from firmware_sim.devices.instrument import Instrument
from firmware_sim.devices.written import decimal, is_number

_PLACES = {
    "T": 1,
    "H": 1,
    "P": 1,
    "NO2": 3,
    "NO": 3,
    "CO": 3,
    "O3": 3,
    "SO2": 3,
    "H2S": 3,
    "PM1": 1,
    "PM2.5": 1,
    "PM10": 1,
}
"""In the order of the profile's frame."""
_NUMBER_BYTES = 4


def _build(_: int, image: bytes) -> bytes:
    raws = [image[at : at + _NUMBER_BYTES] for at in range(0, len(image), _NUMBER_BYTES)]
    fitted = [(name, raw) for name, raw in zip(_PLACES, raws, strict=True) if is_number(raw)]
    values = ",".join(decimal(raw, _PLACES[name]) for name, raw in fitted)
    names = ":".join(name for name, _ in fitted)
    return f"2026-01-26T00:00:00,{values},{names},60\r\n".encode()


_PROTOCOL = Protocol(
    lengths=(),
    is_request=lambda _: False,
    is_read=lambda _: False,
    unit_of=lambda _: None,
    frame_bytes=lambda _: _NUMBER_BYTES * len(_PLACES),
    build=_build,
    checksum_at=-1,
    streams=True,
)


def speaker(instruments: Iterable[Instrument]) -> FramedSpeaker:
    """The transmitter of a line."""
    return FramedSpeaker(_PROTOCOL, instruments)
