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


def crc16_modbus(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 0x8005 reflected, start 0xFFFF (MODBUS over Serial Line V1.02, §6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


def sum8_negated(data: bytes) -> int:
    """What makes the sum a whole multiple of 256 (Winsen, without the first byte; Honeywell HPM)."""
    return -sum(data) & 0xFF


def crc16_ccitt(data: bytes) -> int:
    """CRC-16/CCITT: polynomial 0x1021, start 0; over a packet and its own CRC, high byte first, 0 (Davis)."""
    return _crc16_high_bit_first(data, 0x1021, 8)


def crc16_owen(data: bytes, bits: int = 8) -> int:
    """CRC-16 of OWEN: polynomial 0x8F57, start 0, of the lower `bits` of each byte.

    Over a frame and its own CRC, high byte first, it is 0; of names 7 bits a character are taken.
    """
    return _crc16_high_bit_first(data, 0x8F57, bits)


def _crc16_high_bit_first(data: bytes, polynomial: int, bits: int) -> int:
    crc = 0
    for byte in data:
        crc ^= byte << (16 - bits)
        for _ in range(bits):
            crc = (crc << 1) ^ polynomial if crc & 0x8000 else crc << 1
    return crc & 0xFFFF
