"""Sessions of real programs survive their real servers: three makes that share their files, killed in the middle."""

import contextlib
import ftplib
import random
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.scenario import Kind, Run
from tests.chaos.site import PASSWORD, USER, Site, site
from tests.dataplane import stage as stages
from tests.dataplane.killable import killable_servers
from tests.dataplane.raw_client import RawClient
from tests.dataplane.stage import server_plan, service_plan, stage
from tests.interop.lab import files, parts
from tests.interop.lab.authority import Authority
from tests.interop.lab.places import CONTROL_PORT
from tests.living import living

pytestmark = pytest.mark.interop
SIZE, SLOW = 40 << 20, 16 << 20
"""Bytes of the file, and how many a program takes of it in a second."""
PATIENCE_S = 120


@pytest.fixture(scope="module", params=["ftp", "ftps"])
def node(request: pytest.FixtureRequest, lab_folder: Path, authority: Authority) -> Iterator[Site]:
    """Three makes of servers, and an ftpair that rescues."""
    kind: Kind = request.param
    run = Run(kind, lab_folder / f"rescue-{kind}", authority, 1, 1, random.Random(6))
    with site(run, rescue="transfers", health={"check": "off"}) as built:
        files.fill("big", SIZE)(built.files / "big")
        yield built


@contextlib.contextmanager
def killed(node: Site) -> Iterator[None]:
    """Kill the server of the one session there is; start it again behind the block."""
    (session,) = node.balancer.sessions()
    server = node.servers[session["server"]]
    server.kill()
    yield
    server.start()


def command(node: Site, program: str, target: Path) -> list[str]:
    """Return the command by which a program fetches the file slowly."""
    if program == "curl":
        tls = ["--ssl-reqd", "--cacert", str(node.authority.ca)] if node.is_secured else []
        words = ["--silent", "--show-error", "--limit-rate", str(SLOW), "--user", f"{USER}:{PASSWORD}", *tls]
        return [
            parts.program("curl"),
            "--disable",
            *words,
            "-o",
            str(target),
            f"ftp://{node.vip}:{CONTROL_PORT}/files/big",
        ]
    secured = "true" if node.is_secured else "false"
    settings = {"net:limit-rate": SLOW, "net:max-retries": 1, "ssl:ca-file": node.authority.ca}
    settings |= dict.fromkeys(("ftp:ssl-allow", "ftp:ssl-force", "ftp:ssl-protect-data"), secured)
    script = "".join(f'set {key} "{value}"; ' for key, value in settings.items())
    script += f'open -u "{USER},{PASSWORD}" -p {CONTROL_PORT} {node.vip}; get files/big -o {target}'
    return [parts.program("lftp"), "--norc", "-c", script]


@pytest.mark.parametrize("program", ["curl", "lftp"])
def test_a_download_survives_its_server(node: Site, program: str, tmp_path: Path) -> None:
    target, since = tmp_path / "big", node.balancer.mark()
    fetching = subprocess.Popen(command(node, program, target), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + PATIENCE_S
    while not target.exists() or target.stat().st_size < 2 << 20:
        assert fetching.poll() is None, fetching.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    with killed(node):
        said = fetching.communicate(timeout=PATIENCE_S)
        assert fetching.returncode == 0, said
    assert files.digest(target) == files.digest(node.files / "big")
    kinds = [record["kind"] for record in node.balancer.await_records("rescued", 2, since)]
    assert kinds == ["session", "transfer"]


def test_a_session_survives_its_server_between_two_commands(node: Site) -> None:
    client = ftplib.FTP_TLS(timeout=PATIENCE_S) if node.is_secured else ftplib.FTP(timeout=PATIENCE_S)
    client.connect(node.vip, CONTROL_PORT)
    client.login(USER, PASSWORD)
    if isinstance(client, ftplib.FTP_TLS):
        client.prot_p()
    client.cwd("files")
    for _ in range(3):
        client.voidcmd("TYPE I")
        folder = client.pwd()
        with killed(node):
            assert client.size("big") == SIZE
            assert client.pwd() == folder
            assert "big" in client.nlst()
        (session,) = node.balancer.sessions()
        assert session["rescued_from"]
    client.quit()


def test_s24_the_words_of_a_login_are_kept_sealed_and_only_while_the_session_lives(tmp_path: Path) -> None:
    with killable_servers(tmp_path, 1) as (server,):
        for rescue in ("off", "sessions"):
            plan = service_plan(server_plan(server.address), rescue=rescue)
            with stage(plan) as running, RawClient() as client:
                client.log_in()
                (driver,) = running.call(lambda running=running: tuple(running.worker._drivers.values()))
                vault = driver.session._talk.vault
                if rescue == "off":
                    assert vault.lines() == ()
                    continue
                ((_nonce, sealed),) = vault._lines.values()
                assert vault.lines() == (b"PASS secret",)
                assert b"secret" not in sealed
                assert client.ask("QUIT").startswith("221 ")
                running.wait(running.is_at_rest)
                assert sealed == bytes(len(b"PASS secret"))
                assert vault.lines() == ()


@pytest.mark.parametrize("rescue", ["off", "sessions"])
def test_s24_a_password_that_was_answered_is_held_by_no_living_object(tmp_path: Path, rescue: str) -> None:
    with killable_servers(tmp_path, 1) as (server,):
        plan = service_plan(server_plan(server.address), rescue=rescue)
        with stage(plan) as running, RawClient() as client:
            assert client.reply().startswith("220 ")
            literals = living(b"PASS secret")
            assert client.ask(f"USER {stages.USER}").startswith("331 ")
            assert client.ask(f"PASS {stages.PASSWORD}").startswith("230 ")
            assert running.call(lambda: living(b"PASS secret")) == literals
