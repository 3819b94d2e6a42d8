"""Clients and servers that prove themselves by certificates; ciphers and curves of both legs."""

import ssl
import threading
from dataclasses import dataclass
from datetime import timedelta

import pytest

from ftpair.config import contexts
from ftpair.core.plan import Certificate, ClientCertificates, ClientTls, ServerTls
from ftpair.dataplane import tls
from ftpair.dataplane.bearers import name_of
from tests.interop.lab.authority import Authority, Identity

from .test_relay import pair
from .test_tls import VERSIONS, shaken


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def ann(authority) -> Identity:
    return authority.issue("ann")


@pytest.fixture(scope="module")
def own(authority) -> Certificate:
    return loaded(authority.issue("vip", "127.0.0.1"))


def loaded(identity: Identity) -> Certificate:
    return Certificate("own", identity.certificate.read_bytes(), identity.key.read_bytes(), 0.0)


def clients(authority: Authority, **keys) -> ClientCertificates:
    return ClientCertificates(authority.ca.read_bytes(), **keys)


def peer(authority: Authority, version: ssl.TLSVersion, identity: Identity | None = None) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(authority.ca)
    context.maximum_version = version
    if identity:
        context.load_cert_chain(identity.certificate, identity.key)
    return context


def refusal(context: ssl.SSLContext, client: ssl.SSLContext) -> str:
    """What our side says of a handshake that it refuses."""
    ours, theirs = pair()
    ours.settimeout(20)
    wrapped = tls.wrap_as_server(context, ours)

    def attempt() -> None:
        try:
            client.wrap_socket(theirs, server_hostname="127.0.0.1").recv(1)
        except OSError:
            theirs.close()

    attempting = threading.Thread(target=attempt)
    attempting.start()
    with pytest.raises(OSError) as raised:
        wrapped.do_handshake()
    reason = tls.reason_of(raised.value)
    wrapped.close()
    attempting.join()
    return reason


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("demand", ["optional", "require"])
def test_who_brings_a_certificate_is_known_by_its_common_name(authority, own, ann, version, demand):
    context = tls.server_context(ClientTls(own, client_certificate=clients(authority, demand=demand)))
    client = peer(authority, version, ann)
    ours, theirs = shaken(context, client, "127.0.0.1")
    assert tls.negotiated(ours).subject == "ann"
    ours.sendall(b"220 ready\r\n")
    assert theirs.recv(99)
    resumed, _data = shaken(context, client, "127.0.0.1", theirs.session)
    assert (tls.negotiated(resumed).resumed, tls.negotiated(resumed).subject) == (True, "ann")


@pytest.mark.parametrize("version", VERSIONS)
def test_who_brings_none_is_nobody_or_is_refused(authority, own, version):
    optional = tls.server_context(ClientTls(own, client_certificate=clients(authority)))
    ours, _theirs = shaken(optional, peer(authority, version), "127.0.0.1")
    assert tls.negotiated(ours).subject == ""
    demanding = tls.server_context(ClientTls(own, client_certificate=clients(authority, demand="require")))
    assert refusal(demanding, peer(authority, version)) == "peer did not return a certificate"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_certificate_of_a_foreign_ca_is_refused(authority, own, version, tmp_path):
    foreign = Authority(tmp_path).issue("ann")
    context = tls.server_context(ClientTls(own, client_certificate=clients(authority)))
    assert refusal(context, peer(authority, version, foreign)).startswith("certificate refused: ")


@pytest.mark.parametrize("version", VERSIONS)
def test_who_is_on_a_revocation_list_is_refused(authority, own, ann, version):
    bob = authority.issue("bob")
    listed = authority.revoke(ann).read_bytes()
    context = tls.server_context(ClientTls(own, client_certificate=clients(authority, crl_pem=listed)))
    assert refusal(context, peer(authority, version, ann)) == "certificate refused: certificate revoked"
    ours, _theirs = shaken(context, peer(authority, version, bob), "127.0.0.1")
    assert tls.negotiated(ours).subject == "bob"


def test_an_expired_revocation_list_refuses_everybody(authority, own, ann):
    old = authority.revoke(label="old", next_update=timedelta(days=-1)).read_bytes()
    context = tls.server_context(ClientTls(own, client_certificate=clients(authority, crl_pem=old)))
    assert refusal(context, peer(authority, VERSIONS[1], ann)) == "certificate refused: CRL has expired"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_server_gets_our_certificate_and_may_be_revoked_itself(authority, own, ann, version):
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    identity = authority.issue("server", "127.0.0.1")
    server.load_cert_chain(identity.certificate, identity.key)
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(authority.ca)
    server.maximum_version = version
    trusted = {"ca_pem": authority.ca.read_bytes(), "certificate": loaded(ann)}
    towards = contexts.client_context(ServerTls("explicit", **trusted, crl_pem=authority.revoke().read_bytes()))
    theirs, ours = shaken(server, towards, "127.0.0.1")
    assert name_of(theirs.getpeercert()["subject"]) == "ann"
    ours.close()
    revoked = authority.revoke(identity, label="server").read_bytes()
    refusing = contexts.client_context(ServerTls("explicit", **trusted, crl_pem=revoked))
    with pytest.raises(ssl.SSLCertVerificationError, match="certificate revoked"):
        shaken_by_us(server, refusing)


@dataclass(frozen=True)
class Chain:
    """A root, an intermediate below it, whom that has signed, and both CAs in one text."""

    root: Authority
    middle: Authority
    leaf: Identity

    @property
    def cas(self) -> bytes:
        return self.root.ca.read_bytes() + self.middle.ca.read_bytes()

    def lists(self, of_root=(), of_middle=()) -> bytes:
        made = self.root.revoke(*of_root, label="of-root"), self.middle.revoke(*of_middle, label="of-middle")
        return b"".join(path.read_bytes() for path in made)


@pytest.fixture
def tower(authority, tmp_path) -> Chain:
    middle = Authority(tmp_path, above=authority)
    return Chain(authority, middle, middle.issue("leaf", "127.0.0.1"))


def revocations(tower) -> dict[str, tuple[bytes, str | None]]:
    """Lists, and what is said of the leaf by them."""
    return {
        "nobody": (tower.lists(), None),
        "the leaf": (tower.lists(of_middle=[tower.leaf]), "certificate revoked"),
        "the intermediate": (tower.lists(of_root=[tower.middle]), "certificate revoked"),
        "a list is missing": (tower.middle.revoke().read_bytes(), "unable to get certificate CRL"),
    }


CASES = ("nobody", "the leaf", "the intermediate", "a list is missing")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_lists_are_asked_for_the_whole_chain_of_a_client(authority, own, tower, version, case):
    lists, said = revocations(tower)[case]
    context = tls.server_context(ClientTls(own, client_certificate=ClientCertificates(tower.cas, crl_pem=lists)))
    client = peer(authority, version, tower.leaf)
    if said:
        assert refusal(context, client) == f"certificate refused: {said}"
    else:
        ours, _theirs = shaken(context, client, "127.0.0.1")
        assert tls.negotiated(ours).subject == "leaf"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", CASES)
def test_lists_are_asked_for_the_whole_chain_of_a_server(tower, version, case):
    lists, said = revocations(tower)[case]
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(tower.leaf.certificate, tower.leaf.key)
    server.maximum_version = version
    towards = contexts.client_context(ServerTls("explicit", ca_pem=tower.cas, crl_pem=lists))
    if said:
        with pytest.raises(ssl.SSLCertVerificationError, match=said):
            shaken_by_us(server, towards)
    else:
        assert shaken(server, towards, "127.0.0.1")


def shaken_by_us(server: ssl.SSLContext, towards: ssl.SSLContext) -> None:
    ours, theirs = pair()
    theirs.settimeout(20)
    ours.settimeout(20)

    def serve() -> None:
        try:
            server.wrap_socket(theirs, server_side=True)
        except OSError:
            theirs.close()

    serving = threading.Thread(target=serve)
    serving.start()
    try:
        tls.wrap_as_client(towards, ours, "127.0.0.1").do_handshake()
    finally:
        ours.close()
        serving.join()


def test_ciphers_and_curves_are_those_that_are_wanted(authority, own):
    context = tls.server_context(ClientTls(own, ciphers="ECDHE+CHACHA20", curves=("P-384",)))
    ours, _theirs = shaken(context, peer(authority, VERSIONS[0]), "127.0.0.1")
    assert tls.negotiated(ours).cipher == "ECDHE-ECDSA-CHACHA20-POLY1305"
    other = peer(authority, VERSIONS[1])
    other.set_ecdh_curve("prime256v1")
    assert refusal(context, other) == "no suitable key share"
    strict = contexts.client_context(ServerTls("explicit", verify=False, ciphers="ECDHE+AES256", curves=("P-256",)))
    strict.maximum_version = VERSIONS[0]
    ours, _theirs = shaken(tls.server_context(ClientTls(own)), strict, "127.0.0.1")
    assert tls.negotiated(ours).cipher == "ECDHE-ECDSA-AES256-GCM-SHA384"
