"""Two servers that greet as FTP servers do, and a folder for HAProxy."""

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
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "h"  # A socket's path may have 107 characters.
    made.mkdir()
    return made
