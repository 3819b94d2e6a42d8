"""Guides, followed to the letter: what `ftpair guide` prints starts the real server, and files pass through the VIP."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.interop.lab import parts
from tests.interop.lab.authority import Authority, Identity
from tests.interop.lab.balancer import running, settings
from tests.interop.lab.clients.curl import Curl
from tests.interop.lab.clients.steps import Download, Entrance, Upload, Way
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import fresh_address
from tests.interop.lab.servers.credentials import cheap_hash
from tests.interop.lab.servers.pure_ftpd import user_database
from tests.interop.lab.servers.real_server import UID, Site

pytestmark = pytest.mark.interop
EXPLICIT, IMPLICIT = 2121, 990
USER, PASSWORD = "interop", "correct horse"


@dataclass(slots=True)
class Shop:
    """A service in TCP mode, and a server that is configured by its guide."""

    folder: Path
    vip: str
    address: str
    identity: Identity
    authority: Authority
    configuration: Path

    def guide(self, kind: str, part: str) -> str:
        """Return what `ftpair guide` prints."""
        words = ["guide", "S", "SVR", "--kind", kind, "--part", part, "--config", str(self.configuration)]
        done = subprocess.run(
            [sys.executable, "-m", "ftpair.cli.main", *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.replace("/etc/ssl/ftp/fullchain.pem", str(self.identity.certificate)).replace(
            "/etc/ssl/ftp/privkey.pem", str(self.identity.key)
        )

    @property
    def site(self) -> Site:
        """Return the server's folders and user."""
        return Site(self.address, "explicit", "1.3", self.identity, self.folder)


@pytest.fixture
def shop(lab_folder: Path, authority: Authority) -> Iterator[Shop]:
    address, vip = fresh_address(), fresh_address()
    folder = lab_folder / f"guide-{vip}"
    folder.mkdir()
    identity = authority.issue(f"guide-{vip}", vip)
    shop = Shop(folder, vip, address, identity, authority, folder / "ftpair.yaml")
    shop.site.prepare()
    yield shop


def carried(shop: Shop, *doors: str) -> Any:
    """Run ftpair before the server."""
    ports: dict[str, Any] = {"passive": "21000-21027"}
    ports |= {"explicit": EXPLICIT} if "explicit" in doors else {}
    ports |= {"implicit": IMPLICIT} if "implicit" in doors else {}
    service = {
        "mode": "tcp",
        "address": shop.vip,
        "ports": ports,
        "health": {"check": "off"},
        "real_servers": {"SVR": {"address": shop.address}},
    }
    return running(shop.folder, settings(shop.folder, shop.authority, {"S": service}))


def served(shop: Shop, doors: list[Entrance], user: str = USER) -> None:
    """Move a file there and back through the VIP, at each of its doors."""
    for door in doors:
        port = EXPLICIT if door == "explicit" else IMPLICIT
        way = Way(shop.vip, port, door, "1.2", shop.authority.ca, user, PASSWORD)
        here = shop.folder / f"{door}-{user}"
        here.write_bytes(door.encode() * 5000)
        steps = [Upload(here, f"files/{door}"), Download(f"files/{door}", shop.folder / f"{door}-back")]
        outcomes = Curl().run(way, steps)
        assert all(outcome.is_done for outcome in outcomes), outcomes
        assert (shop.folder / f"{door}-back").read_bytes() == here.read_bytes()


def started(daemon: Daemon, shop: Shop, port: int) -> Daemon:
    daemon.start()
    daemon.await_listening(shop.address, port)
    return daemon


def test_vsftpd(shop: Shop) -> None:
    with carried(shop, "explicit", "implicit"):
        daemons = []
        for part, port in (("vsftpd.conf", EXPLICIT), ("vsftpd-implicit.conf", IMPLICIT)):
            configuration = shop.folder / part
            own = [
                f"listen_address={shop.address}",
                "background=NO",
                "anonymous_enable=YES",
                "allow_anon_ssl=YES",
                "force_anon_logins_ssl=YES",
                "force_anon_data_ssl=YES",
                "ftp_username=daemon",
                f"anon_root={shop.site.home}",
                "write_enable=YES",
                "anon_upload_enable=YES",
                "anon_umask=022",
                "anon_world_readable_only=NO",
                f"secure_chroot_dir={shop.site.home / 'empty'}",
                "seccomp_sandbox=NO",
            ]
            configuration.write_text(shop.guide("vsftpd", part) + "\n".join(own) + "\n")
            daemon = Daemon([parts.server("vsftpd"), configuration], shop.folder / f"output-{port}")
            daemons.append(started(daemon, shop, port))
        try:
            served(shop, ["explicit", "implicit"], user="anonymous")
        finally:
            for daemon in daemons:
                daemon.terminate(patience_s=2)


def test_proftpd(shop: Shop) -> None:
    users = shop.folder / "passwd"
    users.write_text(f"{USER}:{cheap_hash(PASSWORD)}:{UID}:{UID}::{shop.site.home}:/bin/false\n")
    users.chmod(0o600)
    login = (
        f"AuthOrder mod_auth_file.c\nAuthUserFile {users}\nRequireValidShell off\nDefaultRoot ~\nAllowOverwrite on\n"
    )
    own = f"""\
ModulePath {parts.UNPACKED}/usr/lib/proftpd
LoadModule mod_tls.c
ServerType standalone
DefaultAddress {shop.address}
SocketBindTight on
User nobody
Group nogroup
UseIPv6 off
UseReverseDNS off
WtmpLog off
SystemLog {shop.folder}/server.log
TransferLog none
PidFile {shop.folder}/pid
ScoreboardFile {shop.folder}/scoreboard
{login}"""
    with carried(shop, "explicit", "implicit"):
        # Its key is an ECDSA one, and the users of a virtual host are its own: as the guide's steps and ProFTPD say.
        said = shop.guide("proftpd", "ftpair.conf").replace("TLSRSACertificate", "TLSECCertificate")
        said = said.replace("</VirtualHost>", f"{login}</VirtualHost>")
        configuration = shop.folder / "proftpd.conf"
        configuration.write_text(own + said)
        daemon = Daemon([parts.server("proftpd"), "--nodaemon", "--config", configuration], shop.folder / "output")
        started(daemon, shop, EXPLICIT)
        try:
            served(shop, ["explicit", "implicit"])
        finally:
            daemon.terminate(patience_s=2)


def pure_ftpd_options(shop: Shop) -> list[str]:
    """Return what Debian's wrapper makes of the files in /etc/pure-ftpd; here they lie in a folder of the test."""
    own = shop.folder / "pure-ftpd"
    for name in ("conf", "auth"):
        (own / name).mkdir(parents=True)
    for line in shop.guide("pure-ftpd", "options").splitlines():
        name, _, value = line.partition(" ")
        (own / "conf" / name).write_text(f"{value}\n")
    wrapper = shop.folder / "pure-ftpd-wrapper"
    said = parts.server("pure-ftpd-wrapper").read_text()
    wrapper.write_text(said.replace("/etc/pure-ftpd", str(own)))
    shown = subprocess.run(["perl", wrapper, "--show-options"], capture_output=True, text=True, check=True)
    assert shown.stderr == "", "it knows every file"
    return shown.stdout.split()


def test_pure_ftpd(shop: Shop) -> None:
    with carried(shop, "explicit"):
        certificate = ["-2", str(shop.identity.both)]  # In the place of /etc/ssl/private/pure-ftpd.pem.
        own = [f"puredb:{user_database(shop.site)}", "-E", "-A", "-4", "-H", "-g", str(shop.folder / "pid")]
        command = [parts.server("pure-ftpd"), *pure_ftpd_options(shop), *certificate, "-l", *own]
        daemon = Daemon(command, shop.folder / "output")
        started(daemon, shop, EXPLICIT)
        try:
            served(shop, ["explicit"])
        finally:
            daemon.terminate(patience_s=2)


def test_pyftpdlib(shop: Shop) -> None:
    with carried(shop, "explicit"):
        script = shop.folder / "server.py"
        said = shop.guide("pyftpdlib", "server.py").replace("/etc/ssl/private/ftp.pem", str(shop.identity.both))
        users = f'USERS = {{"{USER}": ("{PASSWORD}", "{shop.site.home}")}}'
        script.write_text(said.replace('USERS = {"user": ("password", "/srv/ftp")}', users))
        daemon = Daemon([sys.executable, script], shop.folder / "output")
        started(daemon, shop, EXPLICIT)
        try:
            served(shop, ["explicit"])
        finally:
            daemon.terminate(patience_s=2)
