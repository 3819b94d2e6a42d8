"""TCP mode with real clients and real servers: one VIP for control ports and passive range, TLS untouched."""

import contextlib
import itertools
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, running, settings
from tests.interop.lab.clients.steps import Entrance
from tests.interop.lab.laboratory import CLIENTS, way_to
from tests.interop.lab.operations import OPERATIONS, Case
from tests.interop.lab.pairwise import Row, pairwise, product
from tests.interop.lab.places import fresh_address
from tests.interop.lab.servers.real_server import RealServer, ServerTls
from tests.interop.lab.tcp_house import Engine, Pairing, pair, started, tcp_service

pytestmark = pytest.mark.interop
ENGINES: list[Engine] = ["haproxy", "builtin"]
PAIRINGS: list[Pairing] = ["source", "port"]
LEGS: dict[str, tuple[str, ServerTls]] = {
    "vsftpd-clear": ("vsftpd", "clear"),
    "vsftpd-explicit": ("vsftpd", "explicit"),
    "vsftpd-implicit": ("vsftpd", "implicit"),
    "ProFTPD-explicit": ("ProFTPD", "explicit"),
    "ProFTPD-implicit": ("ProFTPD", "implicit"),
    "Pure-FTPd-explicit": ("Pure-FTPd", "explicit"),
    "pyftpdlib-explicit": ("pyftpdlib", "explicit"),
}
FACTORS: dict[str, list[Any]] = {
    "client": [name for name in CLIENTS if name != "ftplib"],  # It cannot resume, which these servers demand.
    "leg": list(LEGS),
    "version": ["1.2", "1.3"],
    "operation": list(OPERATIONS),
    "engine": ENGINES,
    "pairing": PAIRINGS,
    "size": [0, 16385, 5_000_011],
}


@dataclass(slots=True)
class Street:
    """Every make of server, in pairs, behind services of every engine and pairing."""

    authority: Authority
    balancer: Balancer
    pairs: dict[tuple[str, Engine, Pairing], tuple[RealServer, RealServer]] = field(default_factory=dict)
    vips: dict[tuple[str, Engine, Pairing], str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def street(lab_folder: Path, authority: Authority) -> Iterator[Street]:
    folder = lab_folder / "tcp"
    folder.mkdir()
    keys = list(itertools.product(LEGS, ENGINES, PAIRINGS))
    vips = {key: fresh_address() for key in keys}
    pairs = {key: pair(folder, authority, *LEGS[key[0]], vips[key], key[2]) for key in keys}
    more = {"server_ca": str(authority.ca), "health": {"interval_s": 10}}  # There are many of them.
    services = {"_".join(key): tcp_service(vips[key], pairs[key], key[1], key[2], **more) for key in keys}
    with contextlib.ExitStack() as ends:
        ends.enter_context(started(*itertools.chain(*pairs.values())))
        balancer = ends.enter_context(running(folder, settings(folder, authority, services)))
        yield Street(authority, balancer, pairs, vips)


def _works_directly(row: Row) -> bool:
    """Whether client and server can do it without anything between them: TLS passes as it is, faults of theirs too."""
    # curl 7.88 offers a ticket of TLS 1.3 once, and may hang up before it has read the next: strict servers refuse it.
    uploads = row["operation"] in {"STOR", "APPE"}
    spends_it = "vsftpd" in row["leg"] or (uploads and ("ProFTPD" in row["leg"] or "pyftpdlib" in row["leg"]))
    is_offered_once = row["client"] == "curl" and row["version"] == "1.3" and spends_it
    # ProFTPD closes the data connection without TLS when there is nothing to list.
    is_broken_off = row["operation"].startswith("NLST") and "ProFTPD" in row["leg"]
    # basic-ftp may end a data connection in the middle of its handshake when it has nothing to send.
    is_cut_short = row["client"] == "basic-ftp" and row["size"] == 0
    return not is_offered_once and not is_broken_off and not is_cut_short


def _name(row: Row) -> str:
    return "-".join(str(row[factor]) for factor in FACTORS).replace(" ", "_")


PAIRS = [row for row in pairwise(FACTORS) if _works_directly(row)]
REST = [row for row in product(FACTORS) if _works_directly(row) and row not in PAIRS]


@pytest.mark.parametrize("row", PAIRS, ids=_name)
def test_a_session_moves_whole_files(row: Row, street: Street, tmp_path: Path) -> None:
    play(row, street, tmp_path)


@pytest.mark.full
@pytest.mark.parametrize("row", REST, ids=_name)
def test_every_session_moves_whole_files(row: Row, street: Street, tmp_path: Path) -> None:
    play(row, street, tmp_path)


def play(row: Row, street: Street, here: Path) -> None:
    """Let one client do one operation in one session, then look at the disks on both sides."""
    key = (row["leg"], row["engine"], row["pairing"])
    entrance: Entrance = LEGS[row["leg"]][1]
    first, _second = street.pairs[key]
    case = Case(here.name, row["size"], here, first)
    operation = OPERATIONS[row["operation"]]
    way = way_to(street.vips[key], entrance, row["version"], street.authority.ca, first)
    try:
        outcomes = CLIENTS[row["client"]].run(way, operation.steps(case))
        operation.check(case, outcomes)
    finally:
        first.clear()
        shutil.rmtree(here)
