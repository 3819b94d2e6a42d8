"""What is in the files: bytes that belong to a label, so that a checksum also tells whose file it is."""

import functools
import hashlib

SMALL, BIG = 10_000, 12 << 20
"""Bytes: a file that is over at once, and one that a fault finds on its way."""
_BLOCK = (1 << 20) - 1  # An odd stride: a block that is lost or doubled changes the file.


@functools.cache
def content(label: str, size: int) -> bytes:
    """Return the bytes of a label; few labels, for they are kept."""
    block = hashlib.shake_256(label.encode()).digest(_BLOCK)
    return (block * (size // _BLOCK + 1))[:size]


@functools.cache
def checksum(label: str, size: int) -> str:
    """Return the SHA-256 of the bytes of a label."""
    return hashlib.sha256(content(label, size)).hexdigest()


DOWNLOADS = {f"{kind}-{number}": size for kind, size in (("small", SMALL), ("big", BIG)) for number in range(3)}
"""The files that servers have, by name, which is their label too, with their sizes."""
