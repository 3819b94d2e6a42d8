"""CRC32C (Castagnoli), which headers of the PROXY protocol may carry (RFC 4960, appendix B)."""

_POLYNOMIAL = 0x82F63B78
"""Reflected."""


def _row(number: int) -> int:
    for _ in range(8):
        number = number >> 1 ^ (_POLYNOMIAL if number & 1 else 0)
    return number


_TABLE = tuple(map(_row, range(256)))


def crc32c(data: bytes) -> int:
    """Return the checksum of the bytes."""
    register = 0xFFFFFFFF
    for byte in data:
        register = register >> 8 ^ _TABLE[(register ^ byte) & 0xFF]
    return register ^ 0xFFFFFFFF
