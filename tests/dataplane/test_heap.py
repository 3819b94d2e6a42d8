"""Free memory goes back to the kernel, not too often and not in vain."""

import ctypes
import mmap
from pathlib import Path

from ftpair.dataplane.heap import TRIM_S, Heap


def test_the_heap_is_trimmed_once_sessions_have_ended_and_at_rest_for_a_while_after_it() -> None:
    trims: list[int] = []
    heap = Heap(trims.append)
    heap.tick(100.0)
    assert trims == []
    heap.session_ended()
    heap.tick(101.0)
    assert trims == [0]
    heap.session_ended()
    heap.tick(101.0 + TRIM_S - 1)
    assert trims == [0]
    heap.tick(101.0 + TRIM_S)
    heap.tick(200.0 + TRIM_S)
    assert trims == [0, 0]


def test_what_lies_free_between_living_pieces_goes_back_to_the_kernel() -> None:
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    libc.free.argtypes = [ctypes.c_void_p]
    pieces = [libc.malloc(64 << 10) for _ in range(400)]
    for piece in pieces:
        ctypes.memset(piece, 1, 64 << 10)
    for number, piece in enumerate(pieces):
        if number % 16:
            libc.free(piece)
    before = _resident_bytes()
    heap = Heap()
    heap.session_ended()
    heap.tick(1.0)
    freed = before - _resident_bytes()
    for piece in pieces[::16]:
        libc.free(piece)
    assert freed > 16 << 20


def _resident_bytes() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE
