"""What can be measured, each with exactly one unit.

The set is closed: a new quantity is a new line here, and every program knows it. An instrument that counts in
another unit is converted by its profile's scale and offset.
"""

from enum import StrEnum
from typing import Self


class Quantity(StrEnum):
    """A measurable property; `.unit` is the only unit it travels in (UCUM case-sensitive codes)."""

    unit: str

    def __new__(cls, name: str, unit: str) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.unit = unit
        return member

    TEMPERATURE = "temperature", "Cel"
    PRESSURE = "pressure", "kPa"
    DRAUGHT = "draught", "Pa"
    VOLUME_FLOW = "volume_flow", "m3/h"
    MASS_FLOW = "mass_flow", "t/h"
    VOLUME = "volume", "m3"
    MASS = "mass", "t"
    LEVEL = "level", "%"
    DISTANCE = "distance", "mm"
    HEAT_POWER = "heat_power", "kW"
    HEAT = "heat", "MW.h"
    VOLTAGE = "voltage", "V"
    CURRENT = "current", "A"
    LOOP_CURRENT = "loop_current", "mA"
    POWER = "power", "W"
    REACTIVE_POWER = "reactive_power", "var"
    APPARENT_POWER = "apparent_power", "VA"
    ENERGY = "energy", "kW.h"
    POWER_FACTOR = "power_factor", "1"
    FREQUENCY = "frequency", "Hz"
    ROTATION = "rotation", "/min"
    DURATION = "duration", "s"
    PM1 = "pm1", "ug/m3"
    PM2_5 = "pm2_5", "ug/m3"
    PM4 = "pm4", "ug/m3"
    PM10 = "pm10", "ug/m3"
    PARTICLE_SIZE = "particle_size", "um"
    PARTICLE_COUNT = "particle_count", "/dL"
    SO2 = "so2", "mg/m3"
    NO2 = "no2", "mg/m3"
    NO = "no", "mg/m3"
    CO = "co", "mg/m3"
    H2S = "h2s", "mg/m3"
    O3 = "o3", "mg/m3"
    NH3 = "nh3", "mg/m3"
    CH2O = "ch2o", "mg/m3"
    CO2 = "co2", "[ppm]"
    HUMIDITY = "humidity", "%{RH}"
    AIR_PRESSURE = "air_pressure", "hPa"
    WIND_SPEED = "wind_speed", "m/s"
    WIND_DIRECTION = "wind_direction", "deg"
    PRECIPITATION = "precipitation", "mm"
    PRECIPITATION_RATE = "precipitation_rate", "mm/h"
    RADIATION = "radiation", "W/m2"
    ILLUMINANCE = "illuminance", "lx"
    SOUND = "sound", "dB"
    VOC = "voc", "[ppb]"
    RATIO = "ratio", "%"
    COUNT = "count", "1"
    STATE = "state", "1"
    TEXT = "text", ""
