"""One request and the wait for its answer; the only place where a driver meets a port."""

import asyncio

from edge_agent.drivers import Ask, Driver, Framing, GarbledError, LinkDownError, NoAnswerError, Port


async def exchange(port: Port, driver: Driver, ask: Ask, timeout_s: float) -> bytes:
    """Ask for a block and return its data bytes.

    Raises:
        NoAnswerError, GarbledError, BusyError, RefusedError: see their classes.
        LinkDownError: the stream is, or has just been, lost.
    """
    until = asyncio.get_running_loop().time() + timeout_s
    if ask.framing is Framing.RTU:
        port.received.clear()  # with MBAP half of a late frame may be in there: clearing it would lose step
    port.write(driver.request(ask))
    try:
        while (data := driver.take(ask, port.received)) is None:
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
