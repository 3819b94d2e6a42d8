"""docs/first-tcp-service.md, walked literally: its file, commands and answers; only the addresses are others."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.interop.lab import parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.daemon import Daemon
from tests.interop.lab.places import fresh_address
from tests.interop.test_bad_days import eventually

pytestmark = pytest.mark.interop
PAGE = Path(__file__).parents[2] / "docs" / "first-tcp-service.md"
PASSWORD = "correct horse"


@dataclass(slots=True)
class Walk:
    """Where the page's machines are."""

    folder: Path
    names: dict[str, str]
    """What stands on the page, and what stands in its place here."""

    def said(self, text: str) -> str:
        """Return a text of the page as it is here."""
        for there, here in self.names.items():
            text = text.replace(there, here)
        return text

    def blocks(self, kind: str) -> list[str]:
        """Return the blocks of a kind."""
        return [self.said(block) for block in re.findall(rf"```{kind}\n(.*?)```", PAGE.read_text(), re.DOTALL)]

    def run(self, command: str) -> str:
        """Run a command of the page; return what it says."""
        environment = os.environ | {
            "FTPAIR_CONFIG": str(self.folder / "ftpair.yaml"),
            "FTPAIR_SOCKET": str(self.folder / "run" / "ftpair.sock"),
            "LFTP_HOME": str(self.folder),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        done = subprocess.run(
            ["sh", "-c", command], env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout


@pytest.fixture
def walk(lab_folder: Path, authority: Authority) -> Iterator[Walk]:
    folder = lab_folder / "walk"
    folder.mkdir()
    vip, first, second = (fresh_address() for _ in range(3))
    names = {
        "/etc/ftpair/ftpair.yaml": str(folder / "ftpair.yaml"),
        "192.0.2.10": vip,
        "ftp.example.org": vip,
        "10.0.0.11": first,
        "10.0.0.12": second,
        "-u probe ": f"-u 'anonymous,{PASSWORD}' ",
        "user: probe": "user: anonymous",
    }
    shutil.copy(authority.ca, folder / "ca.pem")
    (folder / "probe-password").write_text(PASSWORD)
    (folder / "probe-password").chmod(0o600)
    (folder / "rc").write_text(f"set ssl:ca-file {authority.ca}\nset net:timeout 10\nset net:max-retries 1\n")
    home = folder / "home"
    for name in ("files", "empty"):
        (home / name).mkdir(parents=True)
    (home / "files").chmod(0o777)
    (home / "files" / "here").write_text("content")
    authority.issue("walk", vip)
    yield Walk(folder, names)


@contextlib.contextmanager
def vsftpd(walk: Walk, authority: Authority, server: str, address: str) -> Iterator[None]:
    """Run both daemons of a server as its guide has them; what is the machine's own is added."""
    identity = authority.issue(f"walk-{server}", walk.names["192.0.2.10"])
    own = f"""listen_address={address}
background=NO
anonymous_enable=YES
allow_anon_ssl=YES
force_anon_logins_ssl=YES
force_anon_data_ssl=YES
ftp_username=daemon
anon_root={walk.folder / "home"}
write_enable=YES
anon_upload_enable=YES
anon_other_write_enable=YES
anon_umask=022
anon_world_readable_only=NO
secure_chroot_dir={walk.folder / "home" / "empty"}
seccomp_sandbox=NO
"""
    commands = [line[2:] for line in walk.blocks("console")[1].splitlines()]
    with contextlib.ExitStack() as ends:
        for command, port in zip(commands, (21, 990), strict=True):
            said = walk.run(command.replace("FTP_SVR1", server))
            said = said.replace("/etc/ssl/ftp/fullchain.pem", str(identity.certificate))
            configuration = walk.folder / f"{server}-{port}.conf"
            configuration.write_text(said.replace("/etc/ssl/ftp/privkey.pem", str(identity.key)) + own)
            daemon = Daemon([parts.server("vsftpd"), configuration], walk.folder / f"{server}-{port}.output")
            ends.callback(daemon.terminate, 2)
            daemon.start()
            daemon.await_listening(address, port)
        yield


def test_the_page_can_be_walked(walk: Walk, authority: Authority) -> None:
    (text,) = walk.blocks("yaml")
    paths = f"paths: {{runtime: {walk.folder}/run, state: {walk.folder}/state}}\n"
    (walk.folder / "ftpair.yaml").write_text(paths + text)
    check, _guides, start, doctor, clients, drain = walk.blocks("console")
    _answered(walk, check)
    with contextlib.ExitStack() as ends:
        for server, there in (("FTP_SVR1", "10.0.0.11"), ("FTP_SVR2", "10.0.0.12")):
            ends.enter_context(vsftpd(walk, authority, server, walk.names[there]))
        words = [sys.executable, "-m", "ftpair.cli.main", "serve", "--config", walk.folder / "ftpair.yaml"]
        ftpair = Daemon(words, walk.folder / "log")  # In the place of systemctl start.
        ends.callback(ftpair.terminate, 30)
        ftpair.start()
        status = start.splitlines()[1].removeprefix("$ ")
        assert eventually((walk.folder / "run" / "ftpair.sock").exists, 20)
        assert eventually(lambda: walk.run(status).count("up: login accepted") == 2, 20), walk.run(status)
        _answered(walk, doctor)
        for line in clients.splitlines():
            assert "here" in walk.run(line.removeprefix("$ "))
        _answered(walk, drain)


def _answered(walk: Walk, block: str) -> None:
    """Run the commands of a block; where the page shows an answer, it is the answer."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, answer = part.partition("\n")
        said = walk.run(command)
        assert not answer or said == answer, command
