"""Everything about a boiler house that an instrument could measure."""

from collections.abc import Mapping

from firmware_sim.plant.variables import Variable
from firmware_sim.plant.water import BRANCHES
from wire.quantities import Quantity

MOST_BOILERS = 4

_EACH_BOILER = {
    f"t_boiler_{n}": Variable(Quantity.TEMPERATURE, -40, 150, f"Boiler {n} outlet")
    for n in range(1, MOST_BOILERS + 1)
} | {
    f"boiler_{n}_on": Variable(Quantity.STATE, 0, 1, f"Boiler {n} is lit") for n in range(1, MOST_BOILERS + 1)
}
_EACH_BRANCH = {
    f"flow_branch_{n}": Variable(Quantity.MASS_FLOW, 0, 1500, f"Flow of branch {n}")
    for n in range(1, len(BRANCHES) + 1)
} | {
    f"t_branch_{n}": Variable(Quantity.TEMPERATURE, -60, 150, f"Return of branch {n}")
    for n in range(1, len(BRANCHES) + 1)
}

VARIABLES: Mapping[str, Variable] = {
    "t_outdoor": Variable(Quantity.TEMPERATURE, -60, 60, "Outdoor temperature"),
    "t_setpoint": Variable(Quantity.TEMPERATURE, 0, 150, "Supply by schedule"),
    "t_supply": Variable(Quantity.TEMPERATURE, 0, 150, "Supply temperature"),
    "t_return": Variable(Quantity.TEMPERATURE, 0, 150, "Return temperature"),
    "t_hall": Variable(Quantity.TEMPERATURE, -40, 60, "Boiler hall"),
    "p_supply": Variable(Quantity.PRESSURE, 0, 1600, "Supply pressure"),
    "p_return": Variable(Quantity.PRESSURE, 0, 1000, "Return pressure"),
    "dp_pump": Variable(Quantity.PRESSURE, 0, 600, "Network pump head"),
    "flow_supply": Variable(Quantity.MASS_FLOW, 0, 3000, "Supply flow"),
    "flow_return": Variable(Quantity.MASS_FLOW, 0, 3000, "Return flow"),
    "flow_make_up": Variable(Quantity.MASS_FLOW, 0, 100, "Make-up flow"),
    "heat_power": Variable(Quantity.HEAT_POWER, 0, 200_000, "Heat to the network"),
    "heat_taps": Variable(Quantity.HEAT_POWER, 0, 50_000, "Heat to hot water"),
    "heat_total": Variable(Quantity.HEAT, 0, 1e9, "Heat counter"),
    "pump_1_on": Variable(Quantity.STATE, 0, 1, "Network pump 1 runs"),
    "pump_2_on": Variable(Quantity.STATE, 0, 1, "Network pump 2 runs"),
    "pump_1_current": Variable(Quantity.CURRENT, 0, 2000, "Network pump 1 current"),
    "pump_2_current": Variable(Quantity.CURRENT, 0, 2000, "Network pump 2 current"),
    "draught": Variable(Quantity.DRAUGHT, -200, 100, "Furnace draught"),
    "t_flue": Variable(Quantity.TEMPERATURE, 0, 400, "Flue gas temperature"),
    "co_flue": Variable(Quantity.CO, 0, 12_000, "Flue gas CO"),
    "co_hall": Variable(Quantity.CO, 0, 500, "CO in the boiler hall"),
    "fuel_rate": Variable(Quantity.MASS_FLOW, 0, 100, "Fuel burnt"),
    "fuel_stock": Variable(Quantity.MASS, 0, 50_000, "Fuel stock"),
    "fuel_level": Variable(Quantity.LEVEL, 0, 100, "Fuel level"),
    "t_tank": Variable(Quantity.TEMPERATURE, -60, 120, "Fuel tank temperature"),
    "u_l1": Variable(Quantity.VOLTAGE, 0, 300, "Voltage L1"),
    "u_l2": Variable(Quantity.VOLTAGE, 0, 300, "Voltage L2"),
    "u_l3": Variable(Quantity.VOLTAGE, 0, 300, "Voltage L3"),
    "i_l1": Variable(Quantity.CURRENT, 0, 5000, "Current L1"),
    "i_l2": Variable(Quantity.CURRENT, 0, 5000, "Current L2"),
    "i_l3": Variable(Quantity.CURRENT, 0, 5000, "Current L3"),
    "power": Variable(Quantity.POWER, 0, 4e6, "Electric power"),
    "power_factor": Variable(Quantity.POWER_FACTOR, -1, 1, "Power factor"),
    "frequency": Variable(Quantity.FREQUENCY, 0, 55, "Mains frequency"),
    "energy_total": Variable(Quantity.ENERGY, 0, 1e9, "Electricity counter"),
    "ups_on_battery": Variable(Quantity.STATE, 0, 1, "UPS lives on its battery"),
    "ups_charge": Variable(Quantity.RATIO, 0, 100, "UPS battery"),
    **_EACH_BOILER,
    **_EACH_BRANCH,
}
"""A house has all of them, whatever number of boilers and branches it was built with."""
