"""A block's requests and the wait for their answers; the only place where a driver meets a port."""

import asyncio
from functools import partial

from edge_agent.drivers import (
    Ask,
    Driver,
    Framing,
    GarbledError,
    LinkDownError,
    NoAnswerError,
    Port,
    RefusedError,
    Session,
    Step,
    Steps,
)


async def exchange(
    port: Port, driver: Driver | Session, ask: Ask, timeout_s: float, gap_s: float = 0.0
) -> bytes:
    """Ask for a block and return its data bytes.

    Args:
        port: open.
        driver: how.
        ask: what.
        timeout_s: how long each answer is waited for.
        gap_s: silence between the exchanges of a session; before the first one the caller has kept it.

    Raises:
        NoAnswerError, GarbledError, BusyError, RefusedError: see their classes.
        LinkDownError: the stream is, or has just been, lost.
    """
    steps = steps_of(driver, ask)
    step: Step = next(steps)
    while True:
        if ask.framing is Framing.RTU:
            # With MBAP half of a late frame may be in there: clearing it would lose step.
            port.received.clear()
        try:
            following = partial(steps.send, await _answer(port, step, timeout_s))
        except RefusedError as refusal:
            following = partial(steps.throw, refusal)  # a session may know what to do about it
        try:
            step = following()
        except StopIteration as done:
            data: bytes = done.value
            return data
        await asyncio.sleep(gap_s)


def steps_of(driver: Driver | Session, ask: Ask) -> Steps:
    """The exchanges that bring a block; one, unless the protocol has sessions."""
    return driver.read(ask) if isinstance(driver, Session) else _single(driver, ask)


def _single(driver: Driver, ask: Ask) -> Steps:
    return (yield Step(driver.request(ask), partial(driver.take, ask)))


async def _answer(port: Port, step: Step, timeout_s: float) -> bytes:
    until = asyncio.get_running_loop().time() + timeout_s
    port.write(step.send)
    try:
        while (data := step.take(port.received)) is None:
            if not await port.more(until):
                raise _silence(port, timeout_s)
    except LinkDownError as error:
        port.reopen(str(error))
        raise
    return data


def _silence(port: Port, timeout_s: float) -> NoAnswerError:
    within = f"within {timeout_s:g} s"
    if port.received:
        return GarbledError(f"{len(port.received)} bytes {within}, none of them a frame")
    return NoAnswerError(f"no answer {within}")


async def quiet(port: Port, silence_s: float, at_most_s: float) -> None:
    """Listen and throw away until the line has been silent for so long, or is noisy for longer than allowed.

    Raises:
        LinkDownError: the stream was lost.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + at_most_s
    while await port.more(min(loop.time() + silence_s, end)) and loop.time() < end:
        port.received.clear()
    port.received.clear()
