"""Every client through ftpair to every server: every pair of factors; marked `full`, the whole product."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab.laboratory import CLIENTS, PROGRAMS, SERVER_LEGS, Laboratory, service_name
from tests.interop.lab.operations import OPERATIONS, Case
from tests.interop.lab.pairwise import Row, pairwise, product
from tests.interop.lab.servers.real_server import Site

FACTORS: dict[str, list[Any]] = {
    "client": list(CLIENTS),
    "entrance": ["explicit", "implicit"],
    "version": ["1.2", "1.3"],
    "server": list(PROGRAMS),
    "leg": list(SERVER_LEGS),
    "size": [0, 1, 16383, 16384, 16385, 100 << 20],
    "operation": list(OPERATIONS),
}
PAIRS = pairwise(FACTORS)
REST = [row for row in product(FACTORS) if row not in PAIRS]

pytestmark = pytest.mark.interop


def _sentence(row: Row) -> str:
    return (
        f"{row['client']}-{row['entrance']}-{row['version']}-"
        f"{row['server']}-{row['leg']}-{row['size']}-{row['operation']}".replace(" ", "_")
    )


@pytest.mark.parametrize("row", PAIRS, ids=_sentence)
def test_a_session_moves_whole_files(row: Row, laboratory: Laboratory, tmp_path: Path) -> None:
    play(row, laboratory, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("row", REST, ids=_sentence)
def test_every_session_moves_whole_files(row: Row, laboratory: Laboratory, tmp_path: Path) -> None:
    play(row, laboratory, tmp_path)


def play(row: Row, laboratory: Laboratory, here: Path) -> None:
    """Let one client do one operation in one session, then look at the disks on both sides and into the log."""
    server = laboratory.servers[row["server"], row["leg"]]
    case = Case(here.name, row["size"], here, server)
    operation = OPERATIONS[row["operation"]]
    way = laboratory.way(row["server"], row["leg"], row["entrance"], row["version"])
    mark = laboratory.balancer.mark()
    try:
        outcomes = CLIENTS[row["client"]].run(way, operation.steps(case))
        operation.check(case, outcomes)
    finally:
        server.clear()
        shutil.rmtree(here)
    # The end of a killed transfer of the row before may be told late; a row knows its own by the service.
    name = service_name(row["server"], row["leg"])
    for transfer in laboratory.balancer.await_records("transfer ended", 1, mark, name):
        check_record(row, transfer, server.site)


def check_record(row: Row, transfer: dict[str, Any], site: Site) -> None:
    """Compare what ftpair logged about a transfer with what was asked for."""
    if transfer["result"] != "complete":
        return
    assert transfer["client_tls"] == f"TLSv{row['version']}"
    if site.tls != "clear":
        assert transfer["server_tls"] == f"TLSv{site.version}"
        assert transfer["server_tls_resumed"] is (site.version in PROGRAMS[row["server"]].resumes)
