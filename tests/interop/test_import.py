"""A reverse proxy of ProFTPD that serves real clients is imported, and ftpair serves them the same at its address."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.interop.lab import files, parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.balancer import running
from tests.interop.lab.clients.steps import Download, Entrance
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.laboratory import CLIENTS, new_server, way_to
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
ENTRANCES: tuple[Entrance, ...] = ("explicit", "implicit")

# With every policy but PerUser, mod_proxy 0.9.3 greets clients with implicit TLS in clear text.
MOD_PROXY = """\
ModulePath {modules}
LoadModule mod_tls.c
LoadModule mod_proxy.c
ServerName "The files"
ServerType standalone
DefaultAddress {vip}
SocketBindTight on
Port {explicit}
User nobody
Group nogroup
UseIPv6 off
UseReverseDNS off
WtmpLog off
AuthOrder mod_auth_file.c
TransferLog none
SystemLog {folder}/proxy.log
PidFile {folder}/proxy.pid
ScoreboardFile {folder}/proxy.scoreboard
ProxyTables {folder}/tables
Include {folder}/tls.conf
<Global>
  PassivePorts 22000 22999
  <IfModule mod_proxy.c>
    ProxyEngine on
    ProxyRole reverse
    ProxyReverseConnectPolicy PerUser
    ProxyReverseServers ftp://{servers[0].address}:{explicit} \\
      ftps://{servers[1].address}:{explicit}
    ProxyTLSEngine on
    ProxyTLSCACertificateFile {ca}
  </IfModule>
</Global>
<VirtualHost {vip}>
  Port {implicit}
  TLSOptions UseImplicitSSL NoSessionReuseRequired
</VirtualHost>
"""
TLS = """\
<Global>
  TLSEngine on
  TLSRequired on
  TLSProtocol TLSv1.2 TLSv1.3
  TLSOptions NoSessionReuseRequired
  TLSECCertificateFile {certificate}
  TLSECCertificateKeyFile {key}
</Global>
"""


@dataclass(frozen=True, slots=True)
class Proxy:
    """ProFTPD with mod_proxy before two servers, TLS on both legs."""

    folder: Path
    configuration: Path
    vip: str
    daemon: Daemon
    servers: list[RealServer]

    def serve(self) -> None:
        """Begin to serve."""
        self.daemon.start()
        for port in (CONTROL_PORT, IMPLICIT_PORT):
            self.daemon.await_listening(self.vip, port)


@pytest.fixture
def proxy(lab_folder: Path, authority: Authority) -> Iterator[Proxy]:
    """Start the servers, write the files of the proxy."""
    folder, vip = lab_folder / "import", fresh_address()
    (folder / "tables").mkdir(parents=True, mode=0o700)
    servers = [new_server(folder, authority, "ProFTPD", "explicit") for _ in range(2)]
    identity = authority.issue("proxy", vip)
    (folder / "tls.conf").write_text(TLS.format(certificate=identity.certificate, key=identity.key))
    configuration = folder / "proftpd.conf"
    configuration.write_text(
        MOD_PROXY.format(
            modules=parts.UNPACKED / "usr/lib/proftpd",
            folder=folder,
            vip=vip,
            ca=authority.ca,
            servers=servers,
            explicit=CONTROL_PORT,
            implicit=IMPLICIT_PORT,
        )
    )
    command = [parts.server("proftpd"), "--nodaemon", "--quiet", "--config", configuration]
    daemon = Daemon(command, folder / "proxy.out")
    with contextlib.ExitStack() as ends:
        for server in servers:
            ends.callback(server.stop)
            server.start()
            server.put("big", files.fill("big", 3_000_000))
        ends.callback(daemon.terminate)
        yield Proxy(folder, configuration, vip, daemon, servers)


def downloads(proxy: Proxy, ca: Path, whose: str) -> set[bytes]:
    """Download the file by both entrances; return what came."""
    came = set()
    for entrance in ENTRANCES:
        local = proxy.folder / f"{whose}-{entrance}"
        way = way_to(proxy.vip, entrance, "1.3", ca, proxy.servers[0])
        (outcome,) = CLIENTS["curl"].run(way, [Download("files/big", local)])
        assert outcome.is_done, (whose, entrance, outcome)
        came.add(local.read_bytes())
    return came


def test_what_mod_proxy_served_is_served_by_what_its_file_becomes(proxy: Proxy, authority: Authority) -> None:
    proxy.serve()
    before = downloads(proxy, authority.ca, "mod_proxy")
    proxy.daemon.terminate()
    command = [sys.executable, "-m", "ftpair.cli.main", "import", "proftpd", proxy.configuration]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    assert len(made.stderr.splitlines()) == 1, "everything was carried"
    with running(proxy.folder / "ftpair", YAML(typ="safe").load(made.stdout)) as balancer:
        assert downloads(proxy, authority.ca, "ftpair") == before
        ends = balancer.await_records("session ended", 2)
    assert {end["service"] for end in ends} == {"The_files"}
    assert {end["server"] for end in ends} <= {server.address for server in proxy.servers}
    assert before == {proxy.servers[0].take("big").read_bytes()}
