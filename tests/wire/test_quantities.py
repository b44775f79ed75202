"""Each quantity has one unit."""

from wire.quantities import Quantity


def test_every_quantity_has_a_unit_and_only_text_has_none() -> None:
    assert [q for q in Quantity if not q.unit] == [Quantity.TEXT]


def test_a_quantity_is_its_name() -> None:
    assert Quantity["TEMPERATURE"] is Quantity.TEMPERATURE
    assert Quantity.TEMPERATURE.unit == "Cel"
    assert f"{Quantity.PM2_5}" == "pm2_5"
