"""Further real clients through ftpair to two servers: upload, download, list, in every way that the client knows."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.clients.prompts import FTP_SSL, TNFTP
from tests.interop.lab.clients.scripted import CommonsNet, NetFtp
from tests.interop.lab.clients.single import Folder, Ncftp, Rclone, Wget
from tests.interop.lab.clients.steps import Client, Download, Entrance, List, Step, Upload
from tests.interop.lab.laboratory import new_server, way_to
from tests.interop.lab.operations import Case
from tests.interop.lab.places import fresh_address
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
SERVERS = {"ProFTPD": "explicit", "vsftpd": "clear"}
EVERY_WAY = [(entrance, version) for entrance in ("explicit", "implicit") for version in ("1.2", "1.3")]
EXPLICIT = EVERY_WAY[:2]
CLEAR = [("clear", "1.3")]


@dataclass(frozen=True, slots=True)
class Guest:
    """A client and what it can: the ways in, and which steps."""

    client: Client
    ways: list[tuple[Any, Any]]
    can_upload: bool = True
    close_notify: str = "require"


GUESTS = [
    Guest(TNFTP, CLEAR),
    Guest(Ncftp(), CLEAR),
    # It ends uploads without close_notify.
    Guest(FTP_SSL, EXPLICIT, close_notify="ignore"),
    Guest(Wget(), [*EVERY_WAY, *CLEAR], can_upload=False),
    Guest(Rclone(), [*EVERY_WAY, *CLEAR]),
    Guest(NetFtp(), [*EVERY_WAY, *CLEAR]),
    Guest(CommonsNet(), [*EVERY_WAY, *CLEAR]),
    Guest(CommonsNet(verify=False), EVERY_WAY[:1]),
]
CASES = [(guest, way, server) for guest in GUESTS for way in guest.ways for server in SERVERS]


@dataclass(slots=True)
class House:
    """Two servers, each behind two services: one that demands close_notify of clients, one that does not."""

    servers: dict[str, RealServer]
    vips: dict[tuple[str, str], str]
    authority: Authority
    balancer: Balancer


@pytest.fixture(scope="module")
def house(lab_folder: Path, authority: Authority) -> Iterator[House]:
    folder = lab_folder / "more"
    folder.mkdir()
    servers = {make: new_server(folder, authority, make, tls) for make, tls in SERVERS.items()}
    vips = {(make, notify): fresh_address() for make in servers for notify in ("require", "ignore")}
    services = {
        f"{make}_{notify}": service(
            address,
            {"SVR": entry(servers[make].address, servers[make].site.tls, authority.ca)},
            tls={"clear_text": "allow", "data_protection": "allow", "close_notify": notify},
        )
        for (make, notify), address in vips.items()
    }
    try:
        for server in servers.values():
            server.start()
        with running(folder, settings(folder, authority, services)) as balancer:
            yield House(servers, vips, authority, balancer)
    finally:
        for server in servers.values():
            server.stop()


def _sentence(case: tuple[Guest, tuple[str, str], str]) -> str:
    guest, (entrance, version), server = case
    return f"{guest.client.name}-{entrance}-{version}-{server}".replace(" ", "_")


@pytest.mark.parametrize("case", CASES, ids=_sentence)
def test_a_client_moves_whole_files_and_lists(house: House, case: Any, tmp_path: Path) -> None:
    guest, (entrance, version), make = case
    server = house.servers[make]
    files_of = Case(tmp_path.name, 1_000_003, tmp_path, server)
    way = way_to(house.vips[make, guest.close_notify], entrance, version, house.authority.ca, server)
    mark = house.balancer.mark()
    try:
        outcomes = guest.client.run(way, _steps(guest, files_of))
        assert all(outcome.is_done for outcome in outcomes), outcomes
        assert f"{tmp_path.name}-0" in outcomes[-1].text
        _compare(guest, files_of)
    finally:
        server.clear()
    transfers = house.balancer.await_records("transfer ended", len(outcomes), mark)
    assert {transfer["result"] for transfer in transfers} == {"complete"}
    assert {transfer["client_tls"] for transfer in transfers} == {None if entrance == "clear" else f"TLSv{version}"}


def _steps(guest: Guest, case: Case) -> list[Step]:
    case.place(0)
    steps: list[Step] = [Download(case.remote(0), case.local(0)), List("files")]
    if guest.can_upload:
        steps[:0] = [Upload(case.local(1, case.name), case.remote(1)), Download(case.remote(1), case.local("back"))]
    return steps


def _compare(guest: Guest, case: Case) -> None:
    assert files.digest(case.local(0)) == files.digest(case.there(0))
    if guest.can_upload:
        assert files.digest(case.there(1)) == files.digest(case.local(1))
        assert files.digest(case.local("back")) == files.digest(case.local(1))


@pytest.mark.parametrize("guest", [guest for guest in GUESTS if guest.can_upload], ids=lambda guest: guest.client.name)
def test_a_client_hears_that_a_file_is_missing(house: House, guest: Guest, tmp_path: Path) -> None:
    entrance, version = guest.ways[0]
    server = house.servers["ProFTPD"]
    way = way_to(house.vips["ProFTPD", guest.close_notify], entrance, version, house.authority.ca, server)
    server.put("there", files.fill("there", 1000))
    steps = [Download("files/absent", tmp_path / "absent"), Download("files/there", tmp_path / "there")]
    try:
        assert [outcome.is_done for outcome in guest.client.run(way, steps)] == [False, True]
    finally:
        server.clear()


@pytest.mark.parametrize("entrance", ["explicit", "implicit"])
def test_rclone_copies_a_folder_there_and_back_over_eight_connections(
    house: House, entrance: Entrance, tmp_path: Path
) -> None:
    server = house.servers["ProFTPD"]
    here, back = tmp_path / "here", tmp_path / "back"
    here.mkdir()
    for number in range(24):
        files.fill(f"{entrance} {number}", number * 20_000)(here / f"file {number}")
    way = way_to(house.vips["ProFTPD", "require"], entrance, "1.3", house.authority.ca, server)
    try:
        for source, target in ((str(here), Folder("files")), (Folder("files"), str(back))):
            outcome = Rclone().copy(way, source, target)
            assert outcome.is_done, outcome
    finally:
        server.clear()
    assert {path.name: files.digest(path) for path in back.iterdir()} == {
        path.name: files.digest(path) for path in here.iterdir()
    }


def test_an_upload_without_close_notify_is_never_complete_unless_that_is_wanted(house: House, tmp_path: Path) -> None:
    server = house.servers["ProFTPD"]
    local = tmp_path / "local"
    files.fill("local", 50_000)(local)
    way = way_to(house.vips["ProFTPD", "require"], "explicit", "1.3", house.authority.ca, server)
    try:
        (outcome,) = FTP_SSL.run(way, [Upload(local, "files/cut")])
    finally:
        server.clear()
    assert not outcome.is_done
