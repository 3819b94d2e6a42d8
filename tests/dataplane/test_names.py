"""Several certificates in one service, chosen by the name that the client asks for (SNI)."""

import socket
import ssl
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest

from ftpair.config.certificates import names_of
from ftpair.core.plan import Certificate, ClientTls
from ftpair.dataplane import tls
from ftpair.dataplane.bearers import name_of
from tests.interop.lab.authority import Authority

from .test_tls import VERSIONS, shaken


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


def certificate(authority: Authority, label: str, *hosts: str) -> Certificate:
    identity = authority.issue(label, *hosts)
    chain = identity.certificate.read_bytes()
    return Certificate(label, chain, identity.key.read_bytes(), 0.0, names_of(chain))


@pytest.fixture(scope="module")
def wanted(authority) -> ClientTls:
    return ClientTls(
        certificate(authority, "first", "ftp.example.org", "127.0.0.1"),
        certificates=(
            certificate(authority, "second", "FTP.example.net"),
            certificate(authority, "wild", "*.example.net", "*.example.org"),
        ),
    )


def peers(authority: Authority, version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.ca)
    context.maximum_version = version
    context.check_hostname = False
    context.set_alpn_protocols(["ftp"])
    return context


def shown_to(sock: ssl.SSLSocket) -> str:
    return name_of(sock.getpeercert()["subject"])


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ftp.example.org", "first"),
        ("FTP.EXAMPLE.NET", "second"),
        ("ftp.example.net.", "second"),
        ("files.example.net", "wild"),
        ("files.example.org", "wild"),
        ("a.files.example.net", "first"),
        ("example.net", "first"),
        ("elsewhere.test", "first"),
        (None, "first"),
    ],
)
def test_a_client_gets_the_certificate_of_the_name_that_it_asks_for(authority, wanted, version, name, shown):
    ours, theirs = shaken(tls.server_context(wanted), peers(authority, version), name)
    assert shown_to(theirs) == shown
    assert theirs.selected_alpn_protocol() == "ftp"
    assert tls.negotiated(ours).sni == (name or "")


@pytest.mark.parametrize("version", VERSIONS)
def test_data_resume_control_whatever_certificate_was_chosen(authority, wanted, version):
    context, client = tls.server_context(wanted, tls.named_contexts(wanted)), peers(authority, version)
    ours, theirs = shaken(context, client, "files.example.net")
    ours.sendall(b"220 ready\r\n")
    assert theirs.recv(99)
    _ours, data = shaken(context, client, "files.example.net", theirs.session)
    assert data.session_reused


def test_a_certificate_that_openssl_refuses_is_refused_among_the_further_ones(wanted, authority):
    other = certificate(authority, "other", "other.example.org")
    broken = msgspec.structs.replace(wanted, certificates=(msgspec.structs.replace(other, key_pem=b"nothing"),))
    with pytest.raises(ssl.SSLError):
        tls.server_context(broken)


def test_a_certificate_for_addresses_alone_has_no_names(authority: Authority, tmp_path: Path):
    assert certificate(authority, "address", "127.0.0.1").names == ()


def test_a_name_that_is_no_ascii_fails_the_handshake_and_says_nothing_on_stderr(wanted, capfd):
    context, told = tls.server_context(wanted), []
    tls.pass_over_odd_names(told.append)
    try:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            where = f"127.0.0.1:{listener.getsockname()[1]}"
            command = ["openssl", "s_client", "-connect", where, "-servername", b"\xff\xfe.example.org"]
            with subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ):
                sock, _peer = listener.accept()
                sock.settimeout(10)
                with tls.wrap_as_server(context, sock) as ours, pytest.raises(ssl.SSLError, match="CALLBACK_FAILED"):
                    ours.do_handshake()
        assert told == []
        assert capfd.readouterr().err == ""
    finally:
        sys.unraisablehook = sys.__unraisablehook__


def test_other_errors_that_nobody_can_raise_are_told():
    told = []
    tls.pass_over_odd_names(told.append)
    try:
        sys.unraisablehook(SimpleNamespace(exc_value=ValueError()))
        sys.unraisablehook(SimpleNamespace(exc_value=UnicodeDecodeError("ascii", b"\xff", 0, 1, "no")))
    finally:
        sys.unraisablehook = sys.__unraisablehook__
    assert len(told) == 1
