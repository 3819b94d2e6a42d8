"""What a child does before it begins: read into memory all that it will ever read, then give the files up."""

import importlib
import mimetypes
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import structlog

from ftpair.config.authorities import system_authorities
from ftpair.dataplane.confinement import PROBER, WORKER, Needs, confine

log = structlog.get_logger("ftpair")

LAZY = (
    *("encodings.ascii", "encodings.idna", "encodings.latin_1", "encodings.punycode", "encodings.unicode_escape"),
    *("concurrent.futures.thread", "stringprep", "tokenize", "traceback", "unicodedata"),
)
"""What Python and its libraries import when they first need it: with the files gone it must be there already."""


def confine_worker() -> str:
    """Confine this process as a worker: no file, TCP as it likes. Returns what the kernel does about files."""
    _read_all()
    return _confined(WORKER)


def confine_prober() -> str:
    """Confine this process as the prober: no file, TCP as it likes."""
    _read_all()
    return _confined(PROBER)


def confine_examiner() -> str:
    """Confine this process as the doctor's: it reads its own program, guides among it, and opens TCP as it likes."""
    _read_all()
    return _confined(Needs(readable=tuple(program())))


def confine_api() -> str:
    """Confine this process as the API: it reads its own program, and opens no TCP port and no connection."""
    _import_all()
    mimetypes.init()
    return _confined(Needs(readable=tuple(program()), tcp=False))


def program() -> Iterable[Path]:
    """Return the folders that Python imports from; a child is started without the working folder among them (-P)."""
    return (folder for folder in map(Path, sys.path) if folder.is_absolute() and folder.is_dir())


def _read_all() -> None:
    _import_all()
    system_authorities()


def _import_all() -> None:
    for name in LAZY:
        importlib.import_module(name)
    time.tzset()


def _confined(needs: Needs) -> str:
    confinement = confine(needs)
    if confinement == "none":
        log.warning("this kernel has no Landlock: the process may open what its user may; boot with lsm=landlock,...")
    return confinement
