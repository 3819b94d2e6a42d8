"""TLS on both legs, with real clients and servers: names, certificates of both sides, renewal, CCC, `match`."""

import contextlib
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509

from tests.interop.lab import files, parts
from tests.interop.lab.authority import Authority, Identity
from tests.interop.lab.balancer import Balancer, entry, running, service, settings
from tests.interop.lab.laboratory import new_server
from tests.interop.lab.places import CONTROL_PORT, IMPLICIT_PORT, fresh_address
from tests.interop.lab.raw_client import RawClient
from tests.interop.lab.servers.real_server import RealServer

pytestmark = pytest.mark.interop
SIZE = 3_000_000
QUIET = {"health": {"check": "off"}, "retries": 0}


class Place:
    """One ftpair, its services, and the servers behind them."""

    def __init__(self, folder: Path, authority: Authority) -> None:
        self.folder, self.authority = folder, authority
        own = {"client_ca": authority.ca}
        self.servers = {
            "plain": new_server(folder, authority, "pyftpdlib"),
            "vsftpd": new_server(folder, authority, "vsftpd", "explicit", "1.2", **own),
            "ProFTPD": new_server(folder, authority, "ProFTPD", "explicit", "1.3", **own),
            "both": new_server(folder, authority, "ProFTPD", "explicit", demands_tls=False),
        }
        self.listed = authority.revoke(label="clients")
        self.vips = {
            name: fresh_address() for name in ("names", "known", "vsftpd", "ProFTPD", "match", "strict", "revoked")
        }
        self.settings = settings(folder, authority, {name: self._service(name) for name in self.vips})
        for label, *hosts in (("second", "ftp.example.org"), ("wild", "*.example.net"), ("own", "ftpair")):
            identity = authority.issue(f"tls-{label}", *hosts)
            self.settings["certificates"][label] = paths(identity)
        self.balancer: Balancer

    def _service(self, name: str) -> dict[str, Any]:
        ca = str(self.authority.ca)
        plain = {"SVR": entry(self.servers["plain"].address)}
        demanded = {"ca": ca, "crl": str(self.listed), "demand": "require", "user": "common-name"}
        tls: dict[str, dict[str, Any]] = {
            "names": {"certificates": ["second", "wild"], "ccc": "allow", "auth_ssl": "refuse"},
            "known": {"client_certificate": demanded},
            "match": {"clear_text": "allow", "data_protection": "allow"},
            "strict": {"data_protection": "allow"},
        }
        pools = {"names": plain, "known": plain, "match": self._pool("both", server_tls="match")}
        revoked = self.authority.revoke(self.servers["ProFTPD"].site.identity, label="servers")
        pools |= {make: self._pool(make, server_certificate="own") for make in ("vsftpd", "ProFTPD")}
        pools["strict"] = self._pool("ProFTPD", server_tls="match", server_certificate="own")
        pools["revoked"] = self._pool("ProFTPD", server_certificate="own", server_crl=str(revoked))
        return service(self.vips[name], pools[name], tls=tls.get(name, {}), **QUIET)

    def _pool(self, server: str, **more: str) -> dict[str, Any]:
        return {"SVR": entry(self.servers[server].address, "explicit", self.authority.ca) | more}

    def client(self, name: str, port: int = CONTROL_PORT) -> RawClient:
        return RawClient(self.vips[name], port, self.authority.ca)

    def curl(self, url: str, *words: str, **options: str | Path) -> subprocess.CompletedProcess[str]:
        given = {"cacert": str(self.authority.ca), "max-time": "30"} | options
        user = () if any(word == "--user" for word in words) else ("--user", "interop:correct horse")
        flags = [text for key, value in given.items() for text in (f"--{key.replace('_', '-')}", str(value))]
        command = [parts.program("curl"), "--disable", "--silent", "--show-error", "--ssl-reqd", *user, *flags, *words]
        return subprocess.run([*command, url], check=False, capture_output=True, text=True, timeout=60)

    def url(self, name: str, path: str = "", scheme: str = "ftp", host: str = "") -> str:
        port = CONTROL_PORT if scheme == "ftp" else IMPLICIT_PORT
        return f"{scheme}://{host or self.vips[name]}:{port}/{path}"


def paths(identity: Identity) -> dict[str, str]:
    return {"certificate": str(identity.certificate), "key": str(identity.key)}


def serial_of(identity: Identity) -> int:
    return x509.load_pem_x509_certificate(identity.certificate.read_bytes()).serial_number


@pytest.fixture(scope="module")
def place(lab_folder: Path, authority: Authority) -> Iterator[Place]:
    folder = lab_folder / "tls"
    folder.mkdir()
    place = Place(folder, authority)
    with contextlib.ExitStack() as ends:
        for server in place.servers.values():
            ends.callback(server.stop)
            server.start()
        place.balancer = ends.enter_context(running(folder, place.settings))
        yield place


@pytest.fixture
def plain(place: Place) -> RealServer:
    server = place.servers["plain"]
    server.clear()
    server.put("a.bin", files.fill("tls", SIZE))
    return server


@pytest.fixture
def ann(authority: Authority) -> Identity:
    """A certificate for the user of the laboratory's servers."""
    return authority.issue("interop")


def ended_at(place: Place, service: str, since: int) -> dict[str, Any]:
    """The line of the one session of a service that ended since then."""
    deadline = time.monotonic() + 30
    while not (
        found := [each for each in place.balancer.records("session ended", since) if each["service"] == service]
    ):
        assert time.monotonic() < deadline, f"no session of {service} has ended"
        time.sleep(0.02)
    (ended,) = found
    return ended


# Names.


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
@pytest.mark.parametrize("host", ["ftp.example.org", "files.example.net"])
def test_curl_gets_the_certificate_of_the_name_on_control_and_data(
    place: Place, plain: RealServer, tmp_path: Path, scheme: str, host: str
) -> None:
    """curl verifies the name of the control connection and of each data connection."""
    port, since, fetched = (CONTROL_PORT if scheme == "ftp" else IMPLICIT_PORT), place.balancer.mark(), tmp_path / "a"
    resolved = f"{host}:{port}:{place.vips['names']}"
    url = place.url("names", "files/a.bin", scheme, host)
    got = place.curl(url, resolve=resolved, output=fetched)
    assert got.returncode == 0, got.stderr
    assert files.digest(fetched) == files.digest(plain.take("a.bin"))
    ended = ended_at(place, "names", since)
    assert ended["tls_sni"] == host
    (transfer,) = place.balancer.records("transfer ended", since)
    assert (transfer["result"], transfer["client_tls_sni"], transfer["client_tls_resumed"]) == ("complete", host, True)


def test_an_unknown_name_gets_the_default_certificate(place: Place) -> None:
    resolved = f"else.example.com:{CONTROL_PORT}:{place.vips['names']}"
    refused = place.curl(place.url("names", host="else.example.com"), resolve=resolved)
    assert refused.returncode == 60, "the default certificate is for the address"
    assert place.curl(place.url("names", "files/")).returncode == 0


def test_auth_ssl_is_refused_where_it_is_not_wanted(place: Place) -> None:
    with place.client("names") as client:
        client.reply()
        assert client.ask("AUTH SSL").startswith("504 ")
        assert client.ask("AUTH TLS").startswith("234 ")


# Certificates of clients.


@pytest.mark.parametrize("scheme", ["ftp", "ftps"])
def test_curl_logs_in_with_its_certificate(
    place: Place, plain: RealServer, ann: Identity, tmp_path: Path, scheme: str
) -> None:
    since, upload = place.balancer.mark(), tmp_path / "up.bin"
    files.fill("up", SIZE)(upload)
    given = {"cert": ann.certificate, "key": ann.key}
    sent = place.curl(place.url("known", "files/up.bin", scheme), upload_file=upload, **given)
    assert sent.returncode == 0, sent.stderr
    assert files.digest(plain.take("up.bin")) == files.digest(upload)
    ended = ended_at(place, "known", since)
    assert (ended["user"], ended["tls_subject"]) == ("interop", "interop")


def test_a_certificate_is_good_for_its_own_name_only(place: Place, ann: Identity) -> None:
    given = {"cert": ann.certificate, "key": ann.key}
    refused = place.curl(place.url("known"), "--user", "other:correct horse", **given)
    assert refused.returncode == 67, refused.stderr
    assert "530" in refused.stderr


def test_nobody_comes_in_without_a_certificate(place: Place, tmp_path: Path) -> None:
    assert place.curl(place.url("known")).returncode != 0
    (tmp_path / "foreign").mkdir()
    foreign = Authority(tmp_path / "foreign").issue("interop")
    assert place.curl(place.url("known"), cert=foreign.certificate, key=foreign.key).returncode != 0


def test_who_is_revoked_is_refused_from_the_next_handshake_on(place: Place, authority: Authority) -> None:
    bob = authority.issue("interop")
    given = {"cert": bob.certificate, "key": bob.key}
    assert place.curl(place.url("known", "files/"), **given).returncode == 0
    since = place.balancer.mark()
    authority.revoke(bob, label="clients")
    place.balancer.await_records("applied", 1, since)
    assert place.curl(place.url("known", "files/"), **given).returncode != 0
    kept = authority.issue("interop")
    assert place.curl(place.url("known", "files/"), cert=kept.certificate, key=kept.key).returncode == 0


# Certificates towards servers.


@pytest.mark.parametrize("make", ["vsftpd", "ProFTPD"])
def test_a_server_that_demands_a_certificate_gets_it(place: Place, make: str, tmp_path: Path) -> None:
    server = place.servers[make]
    server.put("a.bin", files.fill(make, SIZE))
    fetched, upload = tmp_path / "a", tmp_path / "up.bin"
    files.fill("up", SIZE)(upload)
    given = ("--user", f"{server.user}:{server.password}")
    got = place.curl(place.url(make, "files/a.bin"), *given, output=fetched)
    assert got.returncode == 0, got.stderr + server.log()
    assert files.digest(fetched) == files.digest(server.take("a.bin"))
    sent = place.curl(place.url(make, "files/up.bin"), *given, upload_file=upload)
    assert sent.returncode == 0, sent.stderr + server.log()
    assert files.digest(server.take("up.bin")) == files.digest(upload)


def test_a_server_whose_certificate_is_revoked_gets_no_password(place: Place) -> None:
    since = place.balancer.mark()
    with place.client("revoked") as client:
        client.auth()
        assert client.ask("USER interop").startswith("421 ")
    (failed,) = place.balancer.await_records("server failed", 1, since)
    assert failed["reason"] == "TLS handshake: certificate refused: certificate revoked"


# Renewal.


def presented(place: Place, name: str) -> int:
    """The serial number of the certificate that a new client is shown."""
    context = ssl.create_default_context(cafile=str(place.authority.ca))
    with socket.create_connection((place.vips[name], IMPLICIT_PORT), timeout=10) as sock:
        with context.wrap_socket(sock, server_hostname=place.vips[name]) as secured:
            shown = secured.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def test_a_certificate_is_swapped_while_a_transfer_runs(place: Place, plain: RealServer) -> None:
    plain.put("big.bin", files.fill("big", 30_000_000))
    with place.client("names") as client:
        client.auth()
        client.log_in()
        data = client.begin("RETR files/big.bin")
        received = len(data.recv(65536))
        since, pids = place.balancer.mark(), place.balancer.worker_pids()
        renewed = place.authority.issue(f"vip-{place.folder.name}-names", place.vips["names"])
        place.balancer.await_records("applied", 1, since)
        assert presented(place, "names") == serial_of(renewed)
        while piece := data.recv(1 << 20):
            received += len(piece)
        data.unwrap()
        data.close()
        assert client.reply().startswith("226 ")
        assert received == 30_000_000
        again = client.begin("RETR files/a.bin")
        while again.recv(1 << 20):
            pass
        again.close()
        assert client.reply().startswith("226 ")
    assert place.balancer.worker_pids() == pids


def test_a_pair_that_does_not_fit_is_not_used(place: Place, tmp_path: Path) -> None:
    files_of = place.settings["certificates"]["names"]
    before, since = presented(place, "names"), place.balancer.mark()
    shutil.copy(files_of["certificate"], tmp_path / "certificate")
    shutil.copy(place.authority.ca, files_of["certificate"])
    deadline = time.monotonic() + 20
    while "does not fit the certificate" not in place.balancer.log()[since:]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert presented(place, "names") == before
    shutil.copy(tmp_path / "certificate", files_of["certificate"])
    assert presented(place, "names") == before
    assert place.balancer.ask("/status")["last_apply_successful"]


# CCC.


# lftp (ftp:ssl-use-ccc) takes the server's close_notify for the end of the connection, directly at ProFTPD, too.
@pytest.mark.parametrize("mode", ["passive", "active"])
def test_curl_clears_its_control_connection(place: Place, plain: RealServer, tmp_path: Path, mode: str) -> None:
    since, fetched = place.balancer.mark(), tmp_path / "a"
    url = place.url("names", "files/a.bin")
    got = place.curl(url, "--ftp-ssl-ccc", "--ftp-ssl-ccc-mode", mode, "--verbose", output=fetched)
    assert got.returncode == 0, got.stderr
    assert "200 The control connection is clear from here on." in got.stderr
    assert files.digest(fetched) == files.digest(plain.take("a.bin"))
    (transfer,) = place.balancer.await_records("transfer ended", 1, since)
    assert (transfer["result"], transfer["client_tls"]) == ("complete", "TLSv1.3")


def test_s4_after_ccc_no_secret_travels_in_clear_text(place: Place) -> None:
    with place.client("names") as client:
        client.auth()
        client.log_in()
        assert client.ask("CCC").startswith("200 ")
        assert isinstance(client.sock, ssl.SSLSocket)
        client.sock = client.sock.unwrap()
        for line in ("PBSZ 0", "PROT C", "AUTH TLS"):
            assert client.ask(line).startswith("503 ")
        for line in ("USER interop", "PASS correct horse"):
            assert client.ask(line).startswith("530 ")
        assert client.ask("PWD").startswith("257 ")


# Match.


@pytest.mark.parametrize("scheme", ["clear", "ftp", "ftps"])
def test_a_server_has_the_tls_of_its_client(place: Place, tmp_path: Path, scheme: str) -> None:
    server = place.servers["both"]
    server.put("a.bin", files.fill("both", SIZE))
    since, fetched = place.balancer.mark(), tmp_path / "a"
    url = place.url("match", "files/a.bin", "ftps" if scheme == "ftps" else "ftp")
    words = ["--no-ssl", "--no-ssl-reqd"] if scheme == "clear" else []
    got = place.curl(url, *words, output=fetched)
    assert got.returncode == 0, got.stderr
    assert files.digest(fetched) == files.digest(server.take("a.bin"))
    ended = ended_at(place, "match", since)
    (transfer,) = place.balancer.records("transfer ended", since)
    legs = {bool(told[key]) for told in (ended,) for key in ("tls", "server_tls")}
    legs |= {bool(transfer[key]) for key in ("client_tls", "server_tls")}
    assert legs == {scheme != "clear"}


def test_a_matched_server_that_demands_protection_is_not_asked_for_clear_data(place: Place) -> None:
    with place.client("strict") as client:
        client.auth()
        client.log_in()
        assert client.ask("PBSZ 0").startswith("200 ")
        assert client.ask("PROT C").startswith("534 ")
        assert client.ask("PROT P").startswith("200 ")


def test_data_connections_of_both_legs_are_as_prot_has_them(place: Place) -> None:
    server = place.servers["both"]
    server.put("a.bin", files.fill("both", SIZE))
    with place.client("match") as client:
        client.auth()
        client.log_in()
        since = place.balancer.mark()
        for level in ("C", "P"):
            assert client.ask(f"PROT {level}").startswith("200 ")
            data = client.connect_data(client.passive())
            assert client.ask("RETR files/a.bin").startswith("150 ")
            data = client.secure_data(data) if level == "P" else data
            while data.recv(1 << 20):
                pass
            data.close()
            assert client.reply().startswith("226 ")
    clear, protected = place.balancer.await_records("transfer ended", 2, since)
    assert (clear["client_tls"], clear["server_tls"]) == (None, None)
    assert protected["client_tls"] and protected["server_tls"]


# Renegotiation.


@pytest.mark.parametrize("entrance", ["explicit", "implicit"])
def test_s17_renegotiation_is_refused(place: Place, entrance: str) -> None:
    port = CONTROL_PORT if entrance == "explicit" else IMPLICIT_PORT
    starttls = ["-starttls", "ftp"] if entrance == "explicit" else []
    before, since = handshakes(place), place.balancer.mark()
    command = ["openssl", "s_client", "-connect", f"{place.vips['names']}:{port}", *starttls, "-tls1_2"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as peer:
        assert peer.stdin is not None and peer.stdout is not None
        peer.stdin.write(b"NOOP\n")
        peer.stdin.flush()
        said = b""
        while b"200 NOOP ok." not in said:
            said += peer.stdout.readline()
        peer.stdin.write(b"R\n")
        peer.stdin.flush()
        said += peer.stdout.read()
    assert b"RENEGOTIATING" in said
    assert b"no renegotiation" in said
    ended_at(place, "names", since)
    assert handshakes(place) == before + 1, "a second handshake was made on the same connection"


def handshakes(place: Place) -> float:
    """How many handshakes of clients have succeeded."""
    time.sleep(1.2)  # Workers report every second.
    text = place.balancer.metrics()
    found = re.findall(r'^ftpair_tls_handshakes_total\{[^}]*leg="client"[^}]*\} (\S+)$', text, re.MULTILINE)
    return sum(map(float, found))
