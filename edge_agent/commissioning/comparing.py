"""Live readings of one channel of a configured device, for comparing it with a reference instrument."""

import asyncio

import msgspec

from edge_agent.commissioning import reader, reading
from edge_agent.commissioning.calibration import CalibrationError
from edge_agent.commissioning.configured import Here
from edge_agent.commissioning.line import Line, opened
from sensor_profiles.model import Channel


async def readings(here: Here, channel: Channel, count: int, every_s: float) -> tuple[float, ...]:
    """So many values of a channel without any correction; the line is open only meanwhile.

    Raises:
        CalibrationError: one of them is no number.
        OpenError, LinkDownError: the line cannot be opened, or is gone.
    """
    every_s = max(every_s, here.profile.timing.min_period_ms / 1000)
    taken: list[float] = []
    async with opened(here.where, here.setting, here.profile.timing.timeout_ms / 1000) as line:
        while len(taken) < count:
            if taken:
                await asyncio.sleep(every_s)
            taken.append(await _reading(line, here, channel))
    return tuple(taken)


async def _reading(line: Line, here: Here, channel: Channel) -> float:
    alone = msgspec.structs.replace(here.profile, channels=(channel,))
    answers = await reader.poll(line, here.device.unit, alone)
    (shown,) = reading.show(alone, reader.now(), answers)
    if not isinstance(shown.value, float | int):
        raise CalibrationError(
            f"{here.device.name}/{channel.name} gave no value ({shown.quality}): "
            "see with `edge-agent read` that it does, then calibrate again"
        )
    return float(shown.value)
