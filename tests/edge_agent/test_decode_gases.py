"""ppm and ppb become mg/m³ with the air of the site; the numbers are reckoned by hand."""

from pathlib import Path

import pytest

from edge_agent.decode import Gases
from edge_agent.judging import Judging
from edge_agent.samples import Answer, Block, DecodedScan, Instant, RawScan
from edge_agent.settings import Plant
from sensor_profiles.gases import MOLAR_MASS, mg_per_m3
from sensor_profiles.model import Space
from tests.edge_agent.test_settings import SERIAL, device, plant_of, refused
from wire.messages import Clock, Quality
from wire.quantities import Quantity

GAS = '[device.channels.in1]\nname = "co"\nquantity = "co"\nmeasured_in = "ppm"\n'
WEATHER = (
    '[device.channels.temperature]\nname = "t_air"\n[device.channels.pressure]\nname = "p_air"\n'
    "[device.channels.wind_speed]\n"
)
MEASURED = '[air]\ntemperature = "meteo.t_air"\npressure = "meteo.p_air"\n'
ASSUMED = {0: Quality.UNCERTAIN_ASSUMED}
MINUTE = 60_000


def post(folder: Path, air: str = "", gas: str = GAS, more: str = "") -> Plant:
    devices = device("gas", more=gas) + device("meteo", profile="lufft_ws_umb", more=WEATHER + more)
    line = SERIAL + "baud = 9600\nparity = 'N'\n"
    return plant_of(folder, line + devices + air)


def gas_at(
    plant: Plant, value: float | None, *weather: tuple[int, float | None, float | None]
) -> DecodedScan:
    """What becomes of a value at minute 60, after scans of the weather station: minute, °C, hPa."""
    gases = Gases(plant.devices, plant.air)
    at = {channel.name: n for n, channel in enumerate(plant.devices[1].channels)}
    for minute, celsius, hpa in weather:
        row: list[float | str | None] = [None] * len(at)
        row[at["t_air"]], row[at["p_air"]] = celsius, hpa
        gases.convert(DecodedScan("meteo", Instant(0, minute * MINUTE), tuple(row), {}))
    return gases.convert(DecodedScan("gas", Instant(0, 60 * MINUTE), (value,), {}))


@pytest.mark.parametrize(
    ("gas", "celsius", "kpa", "mg"),
    [
        # 28.010 · 101.325 / (8.314462618 · 293.15) = 2838.113 / 2437.385
        (Quantity.CO, 20.0, 101.325, 1.164409),
        # The factor of many tables: M / 24.465.
        (Quantity.CO, 25.0, 101.325, 1.144882),
        (Quantity.NO2, 25.0, 101.325, 46.006 / 24.4654),
        # 64.064 · 102 / (8.314462618 · 243.15) = 6534.528 / 2021.662
        (Quantity.SO2, -30.0, 102.0, 3.232258),
    ],
)
def test_a_ppm_weighs_what_the_gas_law_says(gas: Quantity, celsius: float, kpa: float, mg: float) -> None:
    assert mg_per_m3(gas, "ppm", celsius, kpa) == pytest.approx(mg, rel=1e-5)
    assert mg_per_m3(gas, "ppb", celsius, kpa) == pytest.approx(mg / 1000, rel=1e-5)


def test_every_gas_that_is_stored_as_mg_has_a_molar_mass() -> None:
    assert {quantity for quantity in Quantity if quantity.unit == "mg/m3"} == set(MOLAR_MASS)


def test_without_a_word_about_the_air_it_has_20_degrees_and_one_atmosphere(tmp_path: Path) -> None:
    assert gas_at(post(tmp_path), 10.0).values == (11.6441,)


def test_fixed_air_is_what_the_site_says(tmp_path: Path) -> None:
    scan = gas_at(post(tmp_path, "[air]\ntemperature = 25\n"), 10.0)
    assert (scan.values, scan.faults) == ((11.4488,), {})


def test_measured_air_counts_and_hectopascals_are_kilopascals(tmp_path: Path) -> None:
    # 10 · 28.010 · 102.0 / (8.314462618 · 243.15) = 28570.2 / 2021.662
    scan = gas_at(post(tmp_path, MEASURED), 10.0, (59, -30.0, 1020.0))
    assert (scan.values, scan.faults) == ((14.132,), {})


@pytest.mark.parametrize(
    "weather",
    [
        [],
        [(40, -30.0, 1020.0)],
        [(59, None, 1020.0)],
        [(59, -30.0, None)],
        [(59, 850.0, 1020.0)],
        [(59, -30.0, 0.0)],
    ],
    ids=["none", "old", "no temperature", "no pressure", "absurd temperature", "absurd pressure"],
)
def test_air_that_is_not_known_is_assumed_and_the_gas_uncertain(
    weather: list[tuple[int, float | None, float | None]], tmp_path: Path
) -> None:
    scan = gas_at(post(tmp_path, MEASURED), 10.0, *weather)
    assert scan.faults == ASSUMED
    assert scan.values[0] is not None


def test_a_gas_without_a_value_stays_without(tmp_path: Path) -> None:
    scan = gas_at(post(tmp_path, MEASURED), None)
    assert (scan.values, scan.faults) == ((None,), {})


def test_limits_of_the_site_are_milligrams(tmp_path: Path) -> None:
    (channel,) = post(tmp_path, gas=GAS + "low = 0\nhigh = 50\n").devices[0].channels
    assert (channel.low, channel.high) == (0, 50)


def test_the_judging_of_a_poll_sees_milligrams(tmp_path: Path) -> None:
    judging = Judging(post(tmp_path))
    # An MV110 input: status 0, time stamp, f32 10.0 = 0x41200000.
    answer = Answer(Block(Space.HOLDING, 2, 4), bytes.fromhex("0000 0000 4120 0000"))
    scan, _ = judging.scan(RawScan("gas", Instant(0, 0), (answer,)), Clock.SYNCED)
    assert scan.values == (11.6441,)


@pytest.mark.parametrize(
    ("air", "gas", "sentence"),
    [
        ("[air]\ntemperature = 200\n", GAS, "air.temperature: 200 °C is no air; write -90 to 60"),
        ("[air]\npressure = 1013\n", GAS, "air.pressure: 1013 kPa is no air; write 50 to 110"),
        (
            '[air]\ntemperature = "meteo.t_ari"\n',
            GAS,
            "air.temperature: there is no channel `meteo.t_ari`; did you mean `meteo.t_air`?",
        ),
        (
            '[air]\npressure = "meteo.wind_speed"\n',
            GAS,
            "air.pressure: `meteo.wind_speed` is wind_speed; name a channel of pressure or air_pressure",
        ),
        (
            "",
            GAS.replace('"co"\nmeasured', '"humidity"\nmeasured'),
            (
                "measured_in: ppm becomes mg/m³ for so2, no2, no, co, h2s, o3, nh3, ch2o only, "
                "not for humidity; correct the quantity or remove measured_in"
            ),
        ),
    ],
)
def test_what_cannot_be_reckoned_is_refused(air: str, gas: str, sentence: str, tmp_path: Path) -> None:
    devices = device("gas", more=gas) + device("meteo", profile="lufft_ws_umb", more=WEATHER)
    assert refused(tmp_path, SERIAL + "baud = 9600\nparity = 'N'\n" + devices + air).endswith(sentence)
