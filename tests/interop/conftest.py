"""The laboratory as fixtures: a folder with a short path, an authority, and everything started once."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.laboratory import Laboratory


@pytest.fixture(scope="session")
def lab_folder() -> Iterator[Path]:
    """A folder with a short path (a socket's may have 107 characters) that the servers' users may enter."""
    folder = Path(tempfile.mkdtemp(prefix="ftpair-lab-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def authority(lab_folder: Path) -> Authority:
    """An authority of this run."""
    return Authority(lab_folder)


@pytest.fixture(scope="session")
def laboratory(lab_folder: Path, authority: Authority) -> Iterator[Laboratory]:
    """Every real server, and one ftpair in front of them."""
    folder = lab_folder / "matrix"
    folder.mkdir()
    running = Laboratory(folder, authority)
    try:
        running.start()
        yield running
    finally:
        running.stop()
