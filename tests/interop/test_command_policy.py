"""The example of docs/commands.md with real clients and a real server: what is refused never reaches the server."""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from ruamel.yaml import YAML

from tests.interop.lab import files
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import Balancer, running
from tests.interop.lab.clients.steps import Download, Upload
from tests.interop.lab.laboratory import CLIENTS, new_server, way_to
from tests.interop.lab.parts import REPOSITORY
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
PAGE = REPOSITORY / "docs" / "commands.md"


@dataclass(slots=True)
class Policies:
    """The services of the page, both before one server."""

    server: RealServer
    vips: dict[str, str]
    authority: Authority
    balancer: Balancer

    def session(self, name: str) -> RawClient:
        """Return a client that has logged in in clear text."""
        client = RawClient(self.vips[name], CONTROL_PORT)
        assert client.reply().startswith("220")
        client.log_in(self.server.user, self.server.password)
        return client


@pytest.fixture(scope="module")
def policies(lab_folder: Path, authority: Authority) -> Iterator[Policies]:
    folder = lab_folder / "policies"
    folder.mkdir()
    server = new_server(folder, authority, "vsftpd")
    found = re.search(r"```yaml\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    configuration = YAML(typ="safe").load(found[1])
    for each in configuration["virtual_services"].values():
        each["address"] = fresh_address()
        each["ports"] = f"{CONTROL_PORT},21000-21027"
        each["real_servers"] = {"SVR": {"address": server.address, "port": CONTROL_PORT}}
    vips = {name: each["address"] for name, each in configuration["virtual_services"].items()}
    server.start()
    try:
        with running(folder, configuration | {"workers": 2, "log": {"format": "json"}}) as balancer:
            yield Policies(server, vips, authority, balancer)
    finally:
        server.stop()


@pytest.mark.parametrize("client", list(CLIENTS))
def test_a_read_only_service_is_read_and_not_written(policies: Policies, client: str, tmp_path: Path) -> None:
    policies.server.put("there", files.fill("there", 100_000))
    local, back = tmp_path / "local", tmp_path / "back"
    files.fill("new", 100_000)(local)
    way = way_to(policies.vips["FTP_PUBLIC"], "clear", "1.3", policies.authority.ca, policies.server)
    steps = [Upload(local, "files/new"), Upload(local, "files/there"), Download("files/there", back)]
    outcomes = CLIENTS[client].run(way, steps)
    assert [outcome.is_done for outcome in outcomes] == [False, False, True]
    assert files.digest(back) == files.digest(policies.server.take("there"))
    assert not policies.server.take("new").exists()


@pytest.mark.parametrize(
    "line",
    [
        "DELE files/there",
        "RNFR files/there",
        "MKD files/x",
        "SITE CHMOD 777 files/there",
        "MDTM 20200101000000 files/there",
    ],
)
def test_no_refused_command_reaches_the_server(policies: Policies, line: str) -> None:
    path = policies.server.put("there", files.fill("there", 1000))
    before, mark = path.stat().st_mtime, policies.balancer.mark()
    with policies.session("FTP_PUBLIC") as client:
        assert client.ask(line).startswith("550 This service is read-only.")
        assert client.ask("MDTM files/there").startswith("213")
    (refused,) = policies.balancer.await_records("command refused", 1, mark)
    assert refused["verb"] == line.split(maxsplit=1)[0]
    assert (path.exists(), path.stat().st_mtime) == (True, before)
    assert line not in policies.server.log()


def test_the_other_service_refuses_by_name(policies: Policies) -> None:
    policies.server.put("there", files.fill("there", 1000))
    with policies.session("FTP_PARTNERS") as client:
        assert client.ask("DELE files/there").startswith("502")
        assert client.ask("XRMD files/x").startswith("502")
        assert client.ask("SITE EXEC ls").startswith("502")
        assert client.ask("SITE CHMOD 644 files/there")[:3] in {"200", "550", "500"}, "the server's own answer"
        assert "DELE" not in client.ask("HELP")
        assert client.ask("RNFR files/there").startswith("350")


def test_refusals_are_counted(policies: Policies) -> None:
    with policies.session("FTP_PUBLIC") as client:
        assert client.ask("STOU").startswith("550")
    sample = 'ftpair_commands_refused_total{service="FTP_PUBLIC",verb="STOU"} 1.0'
    deadline = time.monotonic() + 10
    while sample not in _metrics(policies.balancer):
        assert time.monotonic() < deadline, _metrics(policies.balancer)
        time.sleep(0.1)


def _metrics(balancer: Balancer) -> str:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(balancer.socket)), base_url="http://ftpair") as client:
        return client.get("/metrics").text
