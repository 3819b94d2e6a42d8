"""A disk of a few KiB for those who are started on it; nobody else ever sees it."""

import ctypes
import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from tests.interop.lab import parts

_LIBC = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x20000
_Done = TypeVar("_Done")


def on_small_disk(folder: Path, kib: int, doing: Callable[[], _Done]) -> _Done:
    """Do something in a thread that sees this folder as a disk of so many KiB, as do the processes that it starts."""

    def alone() -> _Done:
        if _LIBC.unshare(_CLONE_NEWNS):
            raise OSError(ctypes.get_errno(), f"no mount namespace ({os.strerror(ctypes.get_errno())}): run as root")
        _mount("--make-rprivate", "/")
        _mount("-t", "tmpfs", "-o", f"size={kib}k,mode=0777", "tmpfs", str(folder))
        return doing()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result()


def _mount(*arguments: str) -> None:
    subprocess.run([parts.program("mount"), *arguments], check=True, capture_output=True)
