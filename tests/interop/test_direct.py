"""What works without ftpair: the ground on which the other tests stand, and the reason why ftpair exists."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.interop.lab.authority import Authority
from tests.interop.lab.clients.steps import TlsVersion, Way
from tests.interop.lab.laboratory import CLIENTS, PROGRAMS, new_server
from tests.interop.lab.operations import OPERATIONS, Case
from tests.interop.lab.places import CONTROL_PORT
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
STRICT = [make for make, program in PROGRAMS.items() if program.demands_resumption]


@pytest.fixture(scope="module", params=["1.2", "1.3"])
def servers(request: pytest.FixtureRequest, lab_folder: Path, authority: Authority) -> Iterator[dict[str, RealServer]]:
    """A server of every make with explicit TLS, no ftpair before it."""
    folder = lab_folder / f"direct-{request.param}"
    servers = {make: new_server(folder, authority, make, "explicit", request.param) for make in PROGRAMS}
    try:
        for server in servers.values():
            server.start()
        yield servers
    finally:
        for server in servers.values():
            server.stop()


def way_to(server: RealServer, authority: Authority) -> Way:
    version: TlsVersion = server.site.version
    return Way(server.address, CONTROL_PORT, "explicit", version, authority.ca, server.user, server.password)


@pytest.mark.parametrize("make", list(PROGRAMS))
def test_a_client_that_resumes_is_served_by_every_server(
    servers: dict[str, RealServer], authority: Authority, make: str, tmp_path: Path
) -> None:
    case = Case(tmp_path.name, 16385, tmp_path, servers[make])
    outcomes = CLIENTS["lftp"].run(way_to(servers[make], authority), OPERATIONS["STOR"].steps(case))
    OPERATIONS["STOR"].check(case, outcomes)


@pytest.mark.parametrize("make", STRICT)
def test_a_client_that_cannot_resume_is_refused_by_a_strict_server(
    servers: dict[str, RealServer], authority: Authority, make: str, tmp_path: Path
) -> None:
    case = Case(tmp_path.name, 16385, tmp_path, servers[make])
    outcomes = CLIENTS["ftplib"].run(way_to(servers[make], authority), OPERATIONS["STOR"].steps(case)[:1])
    assert not outcomes[0].is_done
    assert not case.there(1).exists() or case.there(1).stat().st_size == 0
