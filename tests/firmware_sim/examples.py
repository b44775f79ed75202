"""Profiles written by hand for these tests, and instruments that measure what a test says."""

from collections.abc import Mapping
from typing import Any

from firmware_sim.devices import Instrument, Served
from sensor_profiles.model import Channel, Encoding, Field, Order, Profile, Source, Space, StatusField
from wire.messages import Value
from wire.quantities import Quantity

SOURCES = (Source(title="a test", where="here"),)


def field(encoding: Encoding, address: int = 0, space: Space = Space.HOLDING, **more: Any) -> Field:
    return Field(space=space, address=address, encoding=encoding, **more)


def channel(name: str, place: Field, **more: Any) -> Channel:
    return Channel(name=name, quantity=more.pop("quantity", Quantity.TEMPERATURE), field=place, **more)


def profile(*channels: Channel, statuses: tuple[StatusField, ...] = (), **more: Any) -> Profile:
    given = {
        "name": "test",
        "vendor": "ACME",
        "model": "T-1",
        "title": "Test",
        "grade": "A",
        "protocol": "modbus",
    }
    return Profile(channels=channels, statuses=statuses, sources=SOURCES, **(given | more))


def trm138() -> Profile:
    """Eight times decimal point, integer, status, f32; the first two are not named."""
    meanings = {"0": "measured", "11": "sensor break"}
    places = {n + 1: 5 * n + 2 for n in range(8)}
    return profile(
        *(
            channel(f"t{n}", field(Encoding.F32, at + 1, Space.INPUT), status=f"s{n}")
            for n, at in places.items()
        ),
        statuses=tuple(
            StatusField(name=f"s{n}", field=field(Encoding.U16, at, Space.INPUT), meanings=meanings)
            for n, at in places.items()
        ),
        max_hole=2,
        unit=24,
        vendor="OWEN",
        model="TRM138",
    )


def generic(count: int = 20) -> Profile:
    """`count` f32 in a row of holding registers."""
    return profile(*(channel(f"v{n}", field(Encoding.F32, 2 * n)) for n in range(count)))


def renke_direction() -> Profile:
    return profile(
        channel("sector", field(Encoding.U16, 0), quantity=Quantity.STATE),
        channel("direction", field(Encoding.U16, 1), quantity=Quantity.WIND_DIRECTION),
    )


def lls() -> Profile:
    place = {"space": Space.FRAME}
    return profile(
        channel("temperature", field(Encoding.I8, 3, **place)),
        channel("level", field(Encoding.U16, 4, order=Order.LITTLE, **place), quantity=Quantity.COUNT),
        channel("frequency", field(Encoding.U16, 6, order=Order.LITTLE, **place), quantity=Quantity.COUNT),
        protocol="omnicomm_lls",
        frame_bytes=9,
    )


def sds011() -> Profile:
    little: dict[str, Any] = {"space": Space.FRAME, "order": Order.LITTLE}
    return profile(
        channel("pm2_5", field(Encoding.U16, 2, **little), quantity=Quantity.PM2_5, scale=0.1),
        channel("pm10", field(Encoding.U16, 4, **little), quantity=Quantity.PM10, scale=0.1),
        protocol="nova_sds011",
        frame_bytes=10,
    )


def pms5003() -> Profile:
    return profile(
        channel("pm1", field(Encoding.U16, 10, Space.FRAME), quantity=Quantity.PM1),
        channel("pm2_5", field(Encoding.U16, 12, Space.FRAME), quantity=Quantity.PM2_5),
        channel("pm10", field(Encoding.U16, 14, Space.FRAME), quantity=Quantity.PM10),
        protocol="plantower_pms",
        frame_bytes=32,
    )


class Bench:
    """An instrument on the bench: `values` may be changed, `served` is what it reported."""

    def __init__(self, of: Profile, values: Mapping[str, Value], **more: Any) -> None:
        self.values = dict(values)
        self.served: list[Served] = []
        self.asked = 0
        self.instrument = Instrument(
            site="bh-01",
            name=more.pop("name", "probe"),
            profile=of,
            values=self._measure,
            on_served=self.served.append,
            **more,
        )

    def _measure(self) -> Mapping[str, Value]:
        self.asked += 1
        return self.values
