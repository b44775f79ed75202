"""Many rows at once say the same as the byte image says row by row."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_sim.devices.image import Layout
from firmware_sim.devices.quantise import Quantiser
from firmware_sim.library import profiles
from sensor_profiles.model import Encoding, Profile
from tests.firmware_sim import examples

LIBRARY = profiles()
NUMBERS = st.one_of(st.floats(-300, 70_000), st.floats(-1e-3, 1e-3), st.floats(allow_nan=True, width=32))


def by_image(profile: Profile, values: dict[str, float]) -> dict[str, float]:
    served = Layout(profile).served(values)
    return {name: value if isinstance(value, float) else math.nan for name, value in served.items()}


@pytest.mark.parametrize("name", sorted(LIBRARY))
@settings(max_examples=15)
@given(data=st.data())
def test_every_profile_says_the_same_as_its_image(name: str, data: st.DataObject) -> None:
    profile = LIBRARY[name]
    names = [c.name for c in profile.channels if c.field.encoding is not Encoding.STRING]
    rows = [{channel: data.draw(NUMBERS) for channel in names} for _ in range(data.draw(st.integers(1, 4)))]
    columns = {channel: np.array([row[channel] for row in rows]) for channel in names}
    served = Quantiser(profile).served(columns)
    for n, row in enumerate(rows):
        expected = by_image(profile, row)
        assert {c: served[c][n] for c in names} == pytest.approx(
            {c: expected[c] for c in names}, rel=0, abs=0, nan_ok=True
        )


def test_a_scale_too_fine_for_a_double_is_reckoned_exactly() -> None:
    profile = examples.profile(
        examples.channel(
            "t", examples.field(Encoding.I16), scale=0.05555555555555555, offset=-17.77777777777778
        )
    )
    served = Quantiser(profile).served({"t": np.array([0.0])})
    assert served["t"][0] == by_image(profile, {"t": 0.0})["t"]


def test_a_sentinel_that_is_measured_is_no_value() -> None:
    profile = examples.profile(
        examples.channel("t", examples.field(Encoding.I16), scale=0.1, sentinels=(-32768, 32767))
    )
    served = Quantiser(profile).served({"t": np.array([21.26, 3276.7, -5000.0, math.nan])})
    assert served["t"][0] == 21.3
    assert np.isnan(served["t"][1:]).all()


def test_values_that_only_their_neighbours_break_are_found_row_by_row() -> None:
    served = Quantiser(LIBRARY["owen_trm138"]).served(
        {"in1": np.array([20.5, 21.5]), "in2": np.array([math.nan, 1.0])}
    )
    assert served["in1"].tolist() == [20.5, 21.5]
    assert np.isnan(served["in2"]).tolist() == [True, False]
