"""The words of a login, sealed: what is kept of them is noise to who does not have the worker's key.

The key lies in one page of memory that is never swapped nor dumped, and ends with the process. Each line is kept in a
bytearray, mixed with a stream that SHAKE-256 makes of the key and a number used once, and zeroed in the end.
What Python cannot promise: a line is plain in memory while it passes, until what it took there is used anew.
"""

import ctypes
import hashlib
import mmap
import secrets

_LIBC = ctypes.CDLL(None, use_errno=True)
_KEY_BYTES = 32
_NONCE_BYTES = 16


class Seal:
    """The key of one worker."""

    def __init__(self) -> None:
        self._page = mmap.mmap(-1, mmap.PAGESIZE)
        self._page.madvise(mmap.MADV_DONTDUMP)
        self._page.madvise(mmap.MADV_DONTFORK)
        self.is_locked = self._lock()
        """Whether the key can never reach the swap; the limit of locked memory (`ulimit -l`) may be 0."""
        self._page[:_KEY_BYTES] = secrets.token_bytes(_KEY_BYTES)

    def _lock(self) -> bool:
        address = ctypes.addressof(ctypes.c_char.from_buffer(self._page))
        return not _LIBC.mlock(ctypes.c_void_p(address), ctypes.c_size_t(mmap.PAGESIZE))

    def mix(self, data: bytes | bytearray, nonce: bytes) -> bytes:
        """Seal, or open what was sealed with the same nonce."""
        stream = hashlib.shake_256()
        with memoryview(self._page) as page, page[:_KEY_BYTES] as key:
            stream.update(key)
        stream.update(nonce)
        mixed = int.from_bytes(data, "big") ^ int.from_bytes(stream.digest(len(data)), "big")
        return mixed.to_bytes(len(data), "big")


class Sealed:
    """The vault of one session."""

    __slots__ = ("_lines", "_seal")

    def __init__(self, seal: Seal) -> None:
        self._seal = seal
        self._lines: dict[str, tuple[bytes, bytearray]] = {}

    def keep(self, verb: str, line: bytes) -> None:
        """Keep a line of the login, in the place of a former one of its verb."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        _overwrite(self._lines.get(verb))
        self._lines[verb] = nonce, bytearray(self._seal.mix(line, nonce))

    def lines(self) -> tuple[bytes, ...]:
        """Return the lines in the order in which they came."""
        return tuple(self._seal.mix(line, nonce) for nonce, line in self._lines.values())

    def forget(self) -> None:
        """Overwrite and let go of them."""
        for kept in self._lines.values():
            _overwrite(kept)
        self._lines.clear()


def _overwrite(kept: tuple[bytes, bytearray] | None) -> None:
    if kept is not None:
        kept[1][:] = bytes(len(kept[1]))
