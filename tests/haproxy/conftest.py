"""Two servers that greet as FTP servers do, and a folder for HAProxy."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.haproxy.greeter import Greeter
from tests.interop.lab.places import fresh_address


@pytest.fixture
def greeters() -> Iterator[dict[str, Greeter]]:
    both = {name: Greeter(name, fresh_address()) for name in ("A", "B")}
    yield both
    for each in both.values():
        each.close()


@pytest.fixture
def vip() -> str:
    return fresh_address()


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short path (a socket's may have 107 characters) that HAProxy's user may enter."""
    made = Path(tempfile.mkdtemp(prefix="ftpair-haproxy-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)
