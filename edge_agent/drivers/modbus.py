"""Modbus: reads of all four tables, MBAP on TCP and RTU on serial lines and serial servers.

pymodbus' framers wrap and unwrap; everything that decides whether a frame answers *this* request is here.
The framers are only given slices that are exactly one frame, because given more they swallow whatever
follows an answer, drop a true answer behind garbage that looks like a header, and wait for ever behind a
foreign protocol number.

An answer counts when unit, function, byte count and (MBAP) transaction number fit. Other valid frames are
taken out and forgotten: the wait goes on until the deadline. Limits: Modbus application protocol V1.1b3,
§6.1–6.4, §7.
"""

import struct

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU

from edge_agent.drivers import (
    Ask,
    BusyError,
    DriverError,
    Framing,
    LinkDownError,
    NoAnswerError,
    RefusedError,
)
from edge_agent.samples import Block
from sensor_profiles.model import REGISTERS, Space

FUNCTIONS = {Space.COIL: 1, Space.DISCRETE: 2, Space.HOLDING: 3, Space.INPUT: 4}
_REFUSAL = 0x80
_REFUSAL_BYTES = 5
_BUSY = frozenset({5, 6})
_GATEWAY_SAYS_DEAD = frozenset({10, 11})
_MBAP = struct.Struct(">HHH")
_MBAP_LENGTHS = range(3, 255)
_PDU = struct.Struct(">BHH")

_rtu = FramerRTU(DecodePDU(is_server=False))
_socket = FramerSocket(DecodePDU(is_server=False))


def data_bytes(block: Block) -> int:
    """How many data bytes the answer to a block carries."""
    return 2 * block.count if block.space in REGISTERS else (block.count + 7) // 8


def refusal(code: int) -> DriverError:
    """What an exception code means for the caller.

    5 and 6: alive but busy. 10 and 11: a gateway says that its device is silent. All others: refused.
    """
    if code in _BUSY:
        return BusyError(f"busy (exception {code})")
    if code in _GATEWAY_SAYS_DEAD:
        return NoAnswerError(f"the gateway got no answer (exception {code})")
    return RefusedError(code)


class _Modbus:
    """Both framings; which one, the ask says."""

    numbered = True

    def request(self, ask: Ask) -> bytes:
        block = ask.block
        framer = _socket if ask.framing is Framing.MBAP else _rtu
        return framer.encode(
            _PDU.pack(FUNCTIONS[block.space], block.start, block.count), ask.unit, ask.transaction
        )

    def take(self, ask: Ask, received: bytearray) -> bytes | None:
        take = _take_mbap if ask.framing is Framing.MBAP else _take_rtu
        while (frame := take(received)) is not None:
            unit, transaction, pdu = frame
            if unit == ask.unit and transaction == ask.transaction * (ask.framing is Framing.MBAP):
                data = _answer(ask.block, pdu)
                if data is not None:
                    return data
        return None

    def resync(self, blocks: tuple[Block, ...]) -> Block | None:
        """The same first register, but so many that no planned read of this table has as long an answer."""
        first = blocks[0]
        taken = {data_bytes(block) for block in blocks if block.space is first.space}
        step = 1 if first.space in REGISTERS else 8
        counts = (Block(first.space, first.start, 1 + n * step) for n in range(len(taken) + 1))
        return next(block for block in counts if data_bytes(block) not in taken)


def _answer(block: Block, pdu: bytes) -> bytes | None:
    """The data, when this PDU answers a read of the block.

    Raises:
        DriverError: it is an exception to it.
    """
    function = FUNCTIONS[block.space]
    if pdu[0] == function | _REFUSAL and len(pdu) == 2:  # noqa: PLR2004  function, code
        raise refusal(pdu[1])
    expected = data_bytes(block)
    if pdu[0] == function and pdu[1] == expected == len(pdu) - 2:
        return pdu[2:]
    return None


def _take_mbap(received: bytearray) -> tuple[int, int, bytes] | None:
    """The next frame: unit, transaction number, PDU.

    Raises:
        LinkDownError: this is no MBAP header, so nothing after it can be trusted.
    """
    if len(received) < _MBAP.size:
        return None
    _, protocol, length = _MBAP.unpack_from(received)
    if protocol or length not in _MBAP_LENGTHS:
        raise LinkDownError("what came is not Modbus TCP; is the endpoint a serial server (rtu_over_tcp)?")
    end = _MBAP.size + length
    if len(received) < end:
        return None
    _, unit, transaction, pdu = _socket.decode(bytes(received[:end]))
    del received[:end]
    return unit, transaction, pdu


def _take_rtu(received: bytearray) -> tuple[int, int, bytes] | None:
    """The next valid answer to a read, wherever it begins, with what stood before it."""
    for start in range(len(received) - _REFUSAL_BYTES + 1):
        size = _rtu_size(received, start)
        if not size or start + size > len(received):
            continue
        _, unit, _, pdu = _rtu.decode(bytes(received[start : start + size]))
        if pdu:
            del received[: start + size]
            return unit, 0, pdu
    return None


def _rtu_size(received: bytearray, start: int) -> int:
    """The length a read's answer would have if one began here; 0 when none does."""
    function = received[start + 1]
    if 1 <= function <= 4:  # noqa: PLR2004  the four reads
        return 5 + received[start + 2]
    return _REFUSAL_BYTES if 1 <= function - _REFUSAL <= 4 else 0  # noqa: PLR2004


DRIVER = _Modbus()
