"""What the gateway says of itself: the birth message from its configuration, the status from its counters."""

from importlib.metadata import version

from edge_agent.settings import Device, Plant
from wire.messages import (
    About,
    ChannelAbout,
    Clock,
    DeviceAbout,
    Learning,
    LinkStatus,
    OperatingMode,
    Presence,
    Status,
)


def about(plant: Plant, epoch: str, boot: str, started_ms: int) -> About:
    """The birth message: every device and channel with unit and limits."""
    return About(
        version=version("ulba"),
        epoch=epoch,
        boot=boot,
        site_class=plant.site_class,
        site_title=plant.site_title,
        site_titles=plant.site_titles,
        started_ms=started_ms,
        devices=tuple(_device(device) for device in plant.devices),
    )


def status(
    epoch: str,
    t_ms: int,
    clock: Clock,
    *,
    taken: int,
    silent: tuple[str, ...],
    links: tuple[LinkStatus, ...],
    mode: OperatingMode,
    mode_until_ms: int,
    learning: tuple[Learning, ...],
    config_version: int,
) -> Status:
    """How the gateway is; the publisher adds what it knows of the outbox."""
    return Status(
        state=Presence.ONLINE,
        epoch=epoch,
        t_ms=t_ms,
        clock=clock,
        readings_taken=taken,
        silent_devices=silent,
        links=links,
        mode=mode,
        mode_until_ms=mode_until_ms,
        learning=learning,
        config_version=config_version,
    )


def _device(device: Device) -> DeviceAbout:
    return DeviceAbout(
        name=device.name,
        profile=device.profile.name,
        model=f"{device.profile.vendor} {device.profile.model}",
        link=device.link,
        period_s=device.period_ms / 1000,
        channels=tuple(
            ChannelAbout(
                name=channel.name,
                quantity=str(channel.quantity),
                unit=channel.quantity.unit,
                low=channel.low,
                high=channel.high,
                title=channel.title,
                titles=channel.titles,
            )
            for channel in device.channels
        ),
    )
