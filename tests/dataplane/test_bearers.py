"""Whom a client's certificate names: in its subject, in its further names, and what follows from it."""

import contextlib
import ftplib
import io
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from ftpair.core.facts import NO_NAMES, CertificateNames, ServerChosen, SessionEnded
from ftpair.core.plan import ClientCertificates, ClientTls, NameRule
from ftpair.core.routing import Route
from ftpair.dataplane import tls
from ftpair.dataplane.bearers import MOST_NAMES, name_of
from tests.core.subjects import SAMPLES, certificate_of, upn_of
from tests.core.subjects import name_of as subject_of

from .certificates import client_tls
from .stage import EXPLICIT, PASSWORD, USER, VIP, client_context, real_server, server_plan, service_plan, stage
from .test_tls import VERSIONS, peer_context, shaken

OPS = subject_of(
    {NameOID.COUNTRY_NAME: "DE"},
    {NameOID.ORGANIZATION_NAME: "Example"},
    {NameOID.ORGANIZATIONAL_UNIT_NAME: "Ops"},
    {NameOID.COMMON_NAME: "Doe, Jane"},
)
LIAR = subject_of({NameOID.ORGANIZATION_NAME: "Example"}, {NameOID.COMMON_NAME: "x,OU=Ops"})
ANN = x509.RFC822Name(f"{USER}@example.org")
FILE = bytes(range(256)) * 1000


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        (((("commonName", "anna"),),), "anna"),
        (((("organizationName", "Example"),), (("commonName", "anna"),)), "anna"),
        (((("organizationName", "Example"),),), "O=Example"),
        (((("commonName", "anna"),), (("commonName", "root"),)), "CN=root,CN=anna"),
        (((("commonName", ""),),), "CN="),
        ((), "no subject"),
    ],
)
def test_a_bearer_is_known_by_the_one_common_name_or_the_whole_subject(subject, said):
    assert name_of(subject) == said


class Bearing:
    """A certificate of a client, and contexts of both ends that go by it."""

    def __init__(self, folder: Path, subject: x509.Name, *names: x509.GeneralName, raw: bytes = b"") -> None:
        self.pem, key = certificate_of(subject, *names, raw=raw)
        self.file = folder / "client.pem"
        self.file.write_bytes(self.pem + key)

    def wanted(self, user: NameRule = "none") -> ClientTls:
        return client_tls(client_certificate=ClientCertificates(self.pem, user=user))

    def shaken(self, version: ssl.TLSVersion) -> ssl.SSLSocket:
        peers = peer_context(version)
        peers.load_cert_chain(self.file)
        ours, _theirs = shaken(tls.server_context(self.wanted()), peers, "localhost")
        return ours

    @contextlib.contextmanager
    def session(self, user: str = USER) -> Iterator[ftplib.FTP_TLS]:
        """Log in with it."""
        context = client_context(ssl.TLSVersion.TLSv1_3)
        context.load_cert_chain(self.file)
        with ftplib.FTP_TLS(context=context, timeout=20) as client:
            client.connect(VIP, EXPLICIT)
            client.login(user, PASSWORD)
            client.prot_p()
            yield client


@pytest.mark.parametrize("version", VERSIONS)
def test_subject_and_further_names_are_told(version: ssl.TLSVersion, tmp_path: Path):
    names = x509.DNSName("a.example"), ANN, upn_of(b"ann@corp\x00.evil"), x509.UniformResourceIdentifier("spiffe://e/a")
    ours = Bearing(tmp_path, OPS, *names).shaken(version)
    told = tls.negotiated(ours, with_names=True)
    assert told.subject == "Doe, Jane"
    assert told.names == CertificateNames(
        r"CN=Doe\, Jane,OU=Ops,O=Example,C=DE",
        ("dns:a.example", f"email:{USER}@example.org", "uri:spiffe://e/a", "upn:ann@corp\x00.evil"),
    )
    assert tls.negotiated(ours).names is NO_NAMES, "nobody asks on data connections"


def test_several_common_names_and_many_letters_are_told_whole(tmp_path: Path):
    told = tls.negotiated(Bearing(tmp_path, SAMPLES[2]).shaken(VERSIONS[1]), with_names=True)
    assert told.subject == told.names.subject == r"CN=\ one,UID=u2+CN=two"
    told = tls.negotiated(Bearing(tmp_path, SAMPLES[1]).shaken(VERSIONS[1]), with_names=True)
    assert (told.subject, told.names.subject[:21]) == ("#Ännchen = 李", r"CN=\#Ännchen = 李,O=Do")


def test_no_more_names_count_than_a_rule_can_ask_about(tmp_path: Path):
    names = [x509.DNSName(f"host{number}.example") for number in range(MOST_NAMES + 1)]
    told = tls.negotiated(Bearing(tmp_path, OPS, *names).shaken(VERSIONS[1]), with_names=True)
    assert told.names.alternative == tuple(f"dns:host{number}.example" for number in range(MOST_NAMES))


def test_without_a_certificate_there_are_no_names(tmp_path: Path):
    context = tls.server_context(Bearing(tmp_path, OPS).wanted())
    ours, _theirs = shaken(context, peer_context(VERSIONS[1]), "localhost")
    told = tls.negotiated(ours, with_names=True)
    assert (told.subject, told.names) == ("", NO_NAMES)


@pytest.mark.parametrize("version", VERSIONS)
def test_names_that_cannot_be_read_are_nobodys(version: ssl.TLSVersion, tmp_path: Path):
    told = tls.negotiated(Bearing(tmp_path, OPS, raw=b"\x30\x04\x82\x02\xff\xfe").shaken(version), with_names=True)
    assert (told.subject, told.names) == ("somebody whose names cannot be read", NO_NAMES)


@pytest.mark.parametrize(
    ("subject", "names", "pool"),
    [
        (OPS, (), "ops"),
        (LIAR, (), "default"),
        (LIAR, (ANN,), "mail"),
        (LIAR, (x509.RFC822Name("ann@elsewhere.test"), x509.DNSName("example.org")), "default"),
    ],
)
def test_routes_go_by_subject_and_further_names(
    tmp_path: Path, subject: x509.Name, names: tuple[x509.GeneralName, ...], pool: str
):
    bearing = Bearing(tmp_path, subject, *names)
    files = tmp_path / "files"
    files.mkdir()
    (files / "a.bin").write_bytes(FILE)
    rules = (
        Route("ops", certificate_subject="*,OU=Ops,O=Example,*"),
        Route("mail", certificate_san="email:*@example.org"),
    )
    with real_server(files) as address:
        servers = [server_plan(address, slot, pool=each) for slot, each in enumerate(("default", "ops", "mail"), 1)]
        with stage(service_plan(*servers, routes=rules, tls=bearing.wanted())) as running:
            with bearing.session() as client:
                taken = io.BytesIO()
                client.retrbinary("RETR a.bin", taken.write)
            assert taken.getvalue() == FILE
            assert [fact.pool for fact in running.facts_of(ServerChosen)] == [pool]
            (ended,) = running.facts_of(SessionEnded)
            assert ended.tls.names.subject.endswith("O=Example" if subject is LIAR else "O=Example,C=DE")


def test_who_must_log_in_by_a_mail_address_does(tmp_path: Path):
    bearing = Bearing(tmp_path, OPS, x509.RFC822Name("other@example.org"), x509.RFC822Name(USER))
    with real_server(tmp_path) as address:
        with stage(service_plan(server_plan(address), tls=bearing.wanted("san-email"))):
            with bearing.session() as client:
                assert client.pwd() == "/"
            with pytest.raises(ftplib.error_perm, match=f"530 .* other@example.org or {USER}: log in by such a name"):
                with bearing.session("Doe, Jane"):
                    pass
