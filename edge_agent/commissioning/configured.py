"""A configured device as the commands of commissioning read it. Pure.

Gases stay in what the instrument counts (the air may be measured on another line), limits with them.
"""

import msgspec
from msgspec import Struct

from edge_agent.commissioning.plan import Endpoint, LineSetting, end_of
from edge_agent.settings import Device, Plant
from edge_agent.settings.air import counted
from sensor_profiles.model import Channel, Profile
from wire.config_file import ConfigError, nearest


class Here(Struct, frozen=True, kw_only=True):
    """One device of a plant."""

    device: Device
    where: Endpoint
    setting: LineSetting | None
    profile: Profile
    """As the site has it: its channels before any calibration, its password, its patience."""
    corrected: tuple[Channel, ...]
    """The same channels with their calibrations; empty: none has one."""


def named(plant: Plant, name: str, file: str) -> Here:
    """A device by its name; `file` stands for the configuration in errors.

    Raises:
        ConfigError: there is none.
        SecretError: its password is not there.
    """
    devices = {one.name: one for one in plant.devices}
    if name not in devices:
        raise ConfigError(f"{file}: there is no device `{name}`{nearest(name, devices)}")
    device = devices[name]
    where, setting = end_of({link.name: link for link in plant.links}[device.link])
    return Here(
        device=device,
        where=where,
        setting=setting,
        profile=_profile(device),
        corrected=tuple(map(counted, device.channels)) if device.calibrations else (),
    )


def _profile(device: Device) -> Profile:
    return msgspec.structs.replace(
        device.profile,
        channels=tuple(map(counted, device.instrument or device.channels)),
        timing=msgspec.structs.replace(device.profile.timing, timeout_ms=device.timeout_ms),
        password=device.plain_password().hex() or None,
    )
