"""What this process has open, and how it is when nothing more can be opened."""

import contextlib
import gc
import os
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path


def count() -> int:
    """Count open sockets and pipes; pyftpdlib leaves an epoll behind for every thread."""
    return sum(_target(path).startswith(("socket:", "pipe:")) for path in Path("/proc/self/fd").iterdir())


def _target(path: Path) -> str:
    try:
        return str(path.readlink())
    except FileNotFoundError:
        return ""


def returns_to(number: int, most_s: float = 8.0) -> bool:
    """Wait until not more than that many are open."""
    until = time.monotonic() + most_s
    while time.monotonic() < until:
        gc.collect()
        if count() <= number:
            return True
        time.sleep(0.05)
    return False


@contextlib.contextmanager
def only(free: int) -> Iterator[Callable[[], None]]:
    """Leave only that many descriptors; the yielded function gives all back early."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    held: list[int] = []

    def give_back() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        while held:
            os.close(held.pop())

    highest = max(int(path.name) for path in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + 64, hard))
    try:
        for _ in range(10):  # What others leave behind is collected late.
            gc.collect()
            time.sleep(0.02)
            with contextlib.suppress(OSError):
                while True:
                    held.append(os.open("/dev/null", os.O_RDONLY))
        for _ in range(free):
            os.close(held.pop())
        yield give_back
    finally:
        give_back()
