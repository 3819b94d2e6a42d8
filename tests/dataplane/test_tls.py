"""What OpenSSL says is told apart and told in words."""

import errno
import os
import socket
import ssl
import threading

import msgspec
import pytest

from ftpair.dataplane import tls

from .certificates import client_tls, self_signed
from .test_relay import pair, peer_context

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def secured(version: ssl.TLSVersion) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """A pair with TLS: (ftpair's end, the peer's end)."""
    ours, peer = pair()
    ours.settimeout(20)
    wrapped = tls.wrap_as_server(tls.server_context(client_tls()), ours)
    shaking = threading.Thread(target=wrapped.do_handshake)
    shaking.start()
    theirs = peer_context(version).wrap_socket(peer, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
    shaking.join()
    wrapped.settimeout(0)
    return wrapped, theirs


def failure(sock: ssl.SSLSocket) -> OSError:
    sock.settimeout(5)
    with pytest.raises(OSError) as raised:
        sock.recv(1)
    return raised.value


@pytest.mark.parametrize("version", VERSIONS)
def test_a_bare_fin_is_not_a_reset(version: ssl.TLSVersion):
    ours, peer = secured(version)
    socket.socket.shutdown(peer, socket.SHUT_WR)
    error = failure(ours)
    assert tls.is_bare_fin(error)
    assert tls.reason_of(error) == "closed without close_notify"
    ours, peer = secured(version)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    peer.close()
    error = failure(ours)
    assert not tls.is_bare_fin(error)
    assert tls.reason_of(error) == "connection reset"


@pytest.mark.parametrize("version", VERSIONS)
def test_what_was_agreed_on_is_told(version: ssl.TLSVersion):
    ours, peer = secured(version)
    agreed = tls.negotiated(ours)
    assert agreed.version == peer.version() == version.name.replace("v1_", "v1.")
    assert agreed.cipher == peer.cipher()[0]
    assert not agreed.resumed


@pytest.mark.parametrize("version", VERSIONS)
def test_our_end_is_said_even_to_a_peer_that_still_talks(version: ssl.TLSVersion):
    ours, peer = secured(version)
    peer.sendall(b"more commands")
    assert not tls.end(ours)
    assert peer.recv(1) == b""
    ours, peer = secured(version)
    assert not tls.end(ours)
    assert peer.recv(1) == b""


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(errno.ECONNREFUSED, "x"), "connect refused"),
        (ConnectionResetError(errno.ECONNRESET, "x"), "connection reset"),
        (BrokenPipeError(errno.EPIPE, "x"), "connection reset"),
        (OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH)), "network is unreachable"),
        (OSError(), "connection failed"),
    ],
)
def test_an_error_is_told_in_words(error: OSError, words: str):
    assert tls.reason_of(error) == words


def test_a_key_that_does_not_fit_is_refused():
    wrong = msgspec.structs.replace(self_signed(), key_pem=self_signed(days=60).key_pem)
    with pytest.raises(ssl.SSLError, match=r"(?i)mismatch"):
        tls.server_context(client_tls(certificate=wrong))


@pytest.mark.parametrize("minimum", ["1.2", "1.3"])
def test_older_versions_are_refused(minimum: str):
    context = tls.server_context(client_tls(minimum_version=minimum))
    ours, peer = pair()
    ours.settimeout(20)
    wrapped = tls.wrap_as_server(context, ours)
    told: list[str] = []

    def shake() -> None:
        try:
            wrapped.do_handshake()
        except OSError as error:
            told.append(tls.reason_of(error))

    shaking = threading.Thread(target=shake)
    shaking.start()
    old = ssl.create_default_context(cadata=self_signed().chain_pem.decode())
    old.check_hostname = False
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1 if minimum == "1.2" else ssl.TLSVersion.TLSv1_2
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        old.wrap_socket(peer)
    shaking.join()
    assert told == ["unsupported protocol"]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_name_that_a_client_asked_for_is_told(version: ssl.TLSVersion):
    context = tls.server_context(client_tls())
    ours, peer = shaken(context, peer_context(version), "localhost")
    assert tls.negotiated(ours).sni == "localhost"
    assert tls.negotiated(peer).sni == ""
    unnamed = peer_context(version)
    unnamed.check_hostname = False
    ours, _peer = shaken(context, unnamed, None)
    assert (tls.negotiated(ours).sni, tls.negotiated(ours).subject) == ("", "")


def shaken(
    context: ssl.SSLContext, peers: ssl.SSLContext, name: str | None, session: ssl.SSLSession | None = None
) -> tuple[ssl.SSLSocket, ssl.SSLSocket]:
    """A pair with TLS by these contexts: (ftpair's end, the peer's end)."""
    ours, peer = pair()
    ours.settimeout(20)
    wrapped = tls.wrap_as_server(context, ours)
    shaking = threading.Thread(target=wrapped.do_handshake)
    shaking.start()
    theirs = peers.wrap_socket(peer, server_hostname=name, suppress_ragged_eofs=False, session=session)
    shaking.join()
    return wrapped, theirs
