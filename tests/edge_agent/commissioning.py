"""Simulated lines for the tests of commissioning, and our commands run beside them."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from firmware_sim.devices import Instrument
from sensor_profiles import loader
from sensor_profiles.model import Channel, Profile
from tests.firmware_sim.test_profiles_are_served import plausible
from tests.programs import script
from wire.messages import Value

COMMAND_S = 100.0


class Done(Struct, frozen=True):
    """A command that has ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.out, self.err
        return json.loads(self.out)

    @property
    def json_lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


async def edge_agent(*words: str, answers: str | None = None) -> Done:
    """Run `edge-agent` to its end while the loop goes on serving instruments."""
    process = await asyncio.create_subprocess_exec(
        script("edge-agent"),
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    given = None if answers is None else answers.encode()
    try:
        out, err = await asyncio.wait_for(process.communicate(given), COMMAND_S)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


def instrument(
    profile: str | Profile, unit: int, values: Mapping[str, Value] | None = None, **more: Any
) -> Instrument:
    """One of the library's instruments (or a profile's of your own), showing plausible values."""
    of = loader.find(profile) if isinstance(profile, str) else profile
    shown = {channel.name: _shown(channel) for channel in of.channels} | dict(values or {})
    return Instrument(
        site="bh-07", name=f"{of.name}-{unit}", profile=of, values=lambda: shown, unit=unit, **more
    )


def _shown(channel: Channel) -> Value:
    return plausible(channel)
