"""Files with known content: different for every label, so that a checksum also tells whose file it is."""

import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

_BLOCK = 1 << 20


def fill(label: str, size: int) -> Callable[[Path], None]:
    """Return what writes `size` bytes that belong to this label into a path."""
    return lambda path: _write(path, label, size)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or a word when there is none."""
    if not path.exists():
        return "absent"
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def sparse(path: Path, size: int) -> Path:
    """Make a file of zeros that takes no room on the disk."""
    with path.open("wb") as target:
        target.truncate(size)
    return path


def _write(path: Path, label: str, size: int) -> None:
    block = _block(label)
    with path.open("wb") as target:
        for start in range(0, size, _BLOCK):
            target.write(block[: min(_BLOCK, size - start)])


@functools.cache
def _block(label: str) -> bytes:
    # An odd stride: a block that is lost or doubled changes the file.
    return hashlib.shake_256(label.encode()).digest(_BLOCK - 1) + b"\n"
