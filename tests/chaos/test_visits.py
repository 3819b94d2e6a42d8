"""The client that judges: it sees wrong files, and takes nothing for wrong that its server called lost."""

import dataclasses
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.contents import DOWNLOADS, content
from tests.chaos.ledger import Ledger, LostError
from tests.chaos.scenario import Run
from tests.chaos.site import Site, site
from tests.chaos.visits import Visit
from tests.interop.lab.authority import Authority

pytestmark = pytest.mark.interop
LABEL, SIZE = "small-0", DOWNLOADS["small-0"]


@pytest.fixture(scope="module")
def node(lab_folder: Path, authority: Authority) -> Iterator[Site]:
    run = Run("ftp", lab_folder / "visits", authority, 0, 1, random.Random(1))
    with site(run, ("pyftpdlib",)) as node:
        yield node


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def visit(node: Site, ledger: Ledger) -> Iterator[Visit]:
    visit = Visit(node, ledger, "client", next(node.place.clients))
    yield visit
    visit.leave()


def test_files_that_are_right_are_not_wrong(node: Site, ledger: Ledger, visit: Visit) -> None:
    (node.files / LABEL).write_bytes(content(LABEL, SIZE))
    visit.download(LABEL, SIZE)
    visit.upload(LABEL, SIZE)
    assert ledger.wrong == []


@pytest.mark.parametrize("other", [content(LABEL, SIZE)[:-1], content("small-1", SIZE), b""])
def test_a_download_with_other_bytes_is_wrong(node: Site, ledger: Ledger, visit: Visit, other: bytes) -> None:
    (node.files / LABEL).write_bytes(other)
    visit.download(LABEL, SIZE)
    assert len(ledger.wrong) == 1
    assert ledger.wrong[0].startswith(f"download of {LABEL}: {len(other)} bytes")


def test_an_upload_that_is_not_on_the_disk_is_wrong(node: Site, ledger: Ledger) -> None:
    visit = Visit(dataclasses.replace(node, files=node.files / "elsewhere"), ledger, "client", next(node.place.clients))
    visit.upload(LABEL, SIZE)
    visit.leave()
    assert [f": 0 of {SIZE} bytes" in each for each in ledger.wrong] == [True]


def test_a_download_that_is_refused_is_lost_and_not_wrong(ledger: Ledger, visit: Visit) -> None:
    with pytest.raises(LostError, match=r"^550"):
        visit.download("missing", 1)
    assert ledger.wrong == []
