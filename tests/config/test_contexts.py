"""Tests of ftpair.config.contexts."""

import ssl

import pytest

from ftpair.config.contexts import (
    INTERMEDIATE,
    client_context,
    may_choose,
    narrow,
    server_context,
    set_curves,
    words_of,
)
from ftpair.core.plan import Certificate, ClientCertificates, ClientTls, ServerTls


def client_tls(pair, **keys):
    return ClientTls(Certificate("files", pair.pem, pair.key_pem(), 0.0), **keys)


@pytest.mark.parametrize(("written", "meant"), [("1.2", ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3)])
def test_both_legs_speak_no_older_version_than_allowed(leaf, written, meant):
    assert server_context(client_tls(leaf, minimum_version=written)).minimum_version == meant
    assert client_context(ServerTls("explicit", minimum_version=written)).minimum_version == meant


def test_both_legs_refuse_renegotiation_and_tell_a_cut_from_an_end(leaf, ca):
    for context in (server_context(client_tls(leaf)), client_context(ServerTls("explicit", ca_pem=ca.pem))):
        assert context.options & ssl.OP_NO_RENEGOTIATION
        assert not context.options & ssl.OP_IGNORE_UNEXPECTED_EOF


def test_a_server_is_verified_by_the_ca_file_or_by_the_systems_or_not_at_all(ca):
    own = client_context(ServerTls("explicit", ca_pem=ca.pem))
    assert [dict(*each["subject"])["commonName"] for each in own.get_ca_certs()] == ["Example CA"]
    system = client_context(ServerTls("explicit"))
    assert (system.verify_mode, system.check_hostname) == (ssl.CERT_REQUIRED, True)
    anybody = client_context(ServerTls("explicit", verify=False))
    assert (anybody.verify_mode, anybody.check_hostname) == (ssl.CERT_NONE, False)


def test_a_key_in_a_file_without_a_last_line_end_is_read(leaf):
    certificate = Certificate("files", leaf.pem.rstrip(), leaf.key_pem().rstrip(), 0.0)
    assert server_context(ClientTls(certificate))


def test_a_refusal_of_openssl_is_told_in_its_words():
    with pytest.raises(ssl.SSLError) as caught:
        client_context(ServerTls("explicit", ca_pem=b"nothing"))
    assert "cadata does not contain a certificate" in words_of(caught.value)


def test_ciphers_and_curves_are_taken_as_they_are_named(leaf):
    context = server_context(client_tls(leaf, ciphers="ECDHE+CHACHA20", curves=("P-256",)))
    assert {each["name"] for each in context.get_ciphers() if each["protocol"] == "TLSv1.2"} == {
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    }


def ciphers_of(context):
    return {each["name"] for each in context.get_ciphers() if each["protocol"] == "TLSv1.2"}


def test_clients_are_spoken_to_by_mozillas_intermediate_profile(leaf, ca):
    assert ciphers_of(server_context(client_tls(leaf))) == INTERMEDIATE
    assert ciphers_of(client_context(ServerTls("explicit", ca_pem=ca.pem))) > INTERMEDIATE


def test_a_policy_of_the_machine_is_narrowed_and_never_widened():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-SHA384")
    narrow(context, INTERMEDIATE)
    assert ciphers_of(context) == {"ECDHE-RSA-AES256-GCM-SHA384"}
    narrow(context, {"nothing of it"})
    assert ciphers_of(context) == {"ECDHE-RSA-AES256-GCM-SHA384"}


def test_a_python_that_can_name_several_curves_is_given_them_all():
    class Context:
        def set_groups(self, names):
            self.named = names

    context = Context()
    set_curves(context, ("X25519", "P-256"))
    assert context.named == "X25519:prime256v1"


def test_a_curve_that_python_does_not_know_by_itself_cannot_be_chosen():
    class Context:
        def set_groups(self, names):
            raise ssl.SSLError("unknown group")

    assert may_choose("P-256")
    assert not may_choose("X25519", Context())


def test_clients_are_asked_for_certificates_as_wanted(leaf, ca, make_list):
    for demand, mode in (("optional", ssl.CERT_OPTIONAL), ("require", ssl.CERT_REQUIRED)):
        wanted = ClientCertificates(ca.pem, make_list(ca), demand)
        context = server_context(client_tls(leaf, client_certificate=wanted))
        assert context.verify_mode is mode
        assert context.verify_flags & ssl.VERIFY_CRL_CHECK_CHAIN == ssl.VERIFY_CRL_CHECK_CHAIN
        assert context.cert_store_stats() == {"x509": 1, "crl": 1, "x509_ca": 1}
    plain = server_context(client_tls(leaf, client_certificate=ClientCertificates(ca.pem)))
    assert not plain.verify_flags & ssl.VERIFY_CRL_CHECK_LEAF


def test_a_server_may_be_shown_a_certificate(leaf):
    shown = Certificate("files", leaf.pem, b"nothing", 0.0)
    with pytest.raises(ssl.SSLError):
        client_context(ServerTls("explicit", certificate=shown))
