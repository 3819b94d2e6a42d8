"""The web UI's own certificate: made once, kept for its owner alone, made anew when it is old or broken."""

import datetime
import ssl
import stat

import pytest

from ftpair.app.own_certificate import FILE, own_certificate, whole_fingerprint
from ftpair.certs import self_signed
from ftpair.config.certificates import read_certificates
from ftpair.config.contexts import load_chain


def names_in(certificate):
    own = read_certificates(certificate.chain_pem)[0]
    return own.extensions.get_extension_for_class(self_signed.x509.SubjectAlternativeName).value


def test_it_is_made_once_and_kept_for_its_owner_alone(tmp_path):
    said = []
    made = own_certificate(tmp_path, "192.0.2.10", said.append)
    assert own_certificate(tmp_path, "192.0.2.10", said.append) == made
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    load_chain(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), made)
    assert {str(name.value) for name in names_in(made)} >= {"localhost", "127.0.0.1", "::1", "192.0.2.10"}
    assert len(whole_fingerprint(made).split(":")) == 32
    assert said == []


def test_one_that_soon_expires_is_made_anew(tmp_path):
    then = datetime.datetime.now(datetime.UTC) - self_signed.VALID + datetime.timedelta(days=20)
    chain, key = self_signed.make(("localhost",), ("127.0.0.1",), then)
    (tmp_path / FILE).write_bytes(key + chain)
    made = own_certificate(tmp_path, "127.0.0.1", pytest.fail)
    assert made.chain_pem != chain


def test_a_broken_file_is_set_aside_and_told(tmp_path):
    (tmp_path / FILE).write_text("nonsense")
    said = []
    own_certificate(tmp_path, "0.0.0.0", said.append)
    assert "set aside as web.pem.broken, and a new certificate is made" in said[0]
    assert own_certificate(tmp_path, "0.0.0.0", pytest.fail)
