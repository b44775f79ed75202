"""The checksums of the serial protocols, each over the bytes it is given."""


def _crc8_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0x8C if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC8 = _crc8_table()


def crc8_maxim(data: bytes) -> int:
    """CRC-8 Dallas/Maxim: polynomial 0x31 reflected, start 0 (Maxim application note 27; Omnicomm LLS)."""
    crc = 0
    for byte in data:
        crc = _CRC8[crc ^ byte]
    return crc


def sum8(data: bytes) -> int:
    """The low byte of the sum (Nova SDS011, over the bytes from the third up to the checksum)."""
    return sum(data) & 0xFF


def sum16(data: bytes) -> int:
    """The sum in 16 bits (Plantower: over everything before it, sent high byte first)."""
    return sum(data) & 0xFFFF
