"""What is alive in this process: all bytes that can be reached, those that the collector does not track included."""

import gc
from collections.abc import Iterable, Iterator
from types import FunctionType, MethodType, ModuleType

FOREIGN = (type, FunctionType, MethodType, ModuleType)
"""From these all of the process can be reached."""


def bytes_of(roots: Iterable[object]) -> Iterator[bytes]:
    """Yield the bytes that objects keep alive."""
    todo, seen = list(roots), set[int]()
    while todo:
        found = todo.pop()
        if id(found) in seen or isinstance(found, FOREIGN):
            continue
        seen.add(id(found))
        if isinstance(found, bytes | bytearray):
            yield bytes(found)
        todo += gc.get_referents(found)


def living(word: bytes) -> int:
    """Return how many living bytes have a word in them."""
    return sum(word in found for found in bytes_of(gc.get_objects()))
