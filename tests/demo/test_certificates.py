import datetime
import hashlib
import ssl

import pytest
from cryptography import x509

from ftpair.demo.certificates import issue
from ftpair.demo.client import context_for


def shake_hands(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return ends[0].version()


@pytest.fixture
def papers(tmp_path):
    return issue(tmp_path / "tls", "127.0.0.10", "127.0.0.20")


@pytest.fixture
def server(papers):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(papers.certificate, papers.key)
    return context


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_trusts_the_ca_speaks_the_version_it_was_told(papers, server, version):
    spoken = shake_hands(server, context_for(papers.ca, version), "127.0.0.10")
    assert spoken == version.name.replace("_", ".")


def test_a_service_that_one_makes_oneself_can_show_it_too(papers, server):
    assert shake_hands(server, context_for(papers.ca, ssl.TLSVersion.TLSv1_3), "127.0.0.20") == "TLSv1.3"


def test_the_certificate_is_for_the_vips_and_nothing_else(papers, server):
    with pytest.raises(ssl.SSLCertVerificationError, match=r"not valid for '127\.0\.0\.99'"):
        shake_hands(server, context_for(papers.ca, ssl.TLSVersion.TLSv1_3), "127.0.0.99")


def test_another_ca_is_not_trusted(tmp_path, server):
    other = issue(tmp_path / "other", "127.0.0.10")
    with pytest.raises(ssl.SSLCertVerificationError):
        shake_hands(server, context_for(other.ca, ssl.TLSVersion.TLSv1_3), "127.0.0.10")


def test_nobody_else_reads_the_key(papers):
    assert papers.key.stat().st_mode & 0o077 == 0


def test_the_fingerprint_is_the_certificate_s(papers):
    der = ssl.PEM_cert_to_DER_cert(papers.certificate.read_text())
    assert papers.fingerprint.replace(":", "") == hashlib.sha256(der).hexdigest()


def test_the_certificates_are_valid_long_enough_that_nobody_is_warned(papers):
    for file in (papers.ca, papers.certificate):
        end = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
        assert end - datetime.datetime.now(datetime.UTC) > datetime.timedelta(days=89)
