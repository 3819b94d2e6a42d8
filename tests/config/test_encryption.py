"""Tests of ftpair.config.encryption, ftpair.config.trust, and of the checks and warnings about both."""

import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from ftpair.config.check import check
from ftpair.config.contexts import may_name_curves
from ftpair.config.encryption import Tls, choosable
from ftpair.config.load import load
from ftpair.config.pools import RealServer
from ftpair.config.problems import InvalidConfigError
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.config.trust import trust_files
from ftpair.core.plan import ClientCertificates

PAGE = Path(__file__).parents[2] / "docs" / "tls.md"
ALL = """
certificates:
  files: {certificate: tls/fullchain.pem, key: tls/privkey.pem}
  other: {certificate: tls/fullchain.pem, key: tls/privkey.pem}
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,990,1025-1052
    tls:
      certificate: files
      certificates: [other]
      ciphers: ECDHE+AESGCM
      curves: [P-384]
      auth_ssl: refuse
      ccc: allow
      client_certificate: {ca: tls/ca.pem, crl: tls/ca.crl, demand: require, user: common-name}
    server_tls: match
    server_ca: tls/ca.pem
    server_crl: tls/ca.crl
    server_ciphers: ECDHE+AES256
    server_curves: [P-256]
    server_certificate: other
    real_servers:
      A: {address: 10.0.0.11}
      B:
        address: 10.0.0.12
        server_tls: explicit
        server_ca: tls/own.pem
        server_ciphers: ECDHE+CHACHA20
        server_curves: []
        server_certificate: files
      C: {address: 10.0.0.13, server_tls: "off"}
"""


@pytest.fixture
def whole(folder, write, ca, make, make_list):
    (folder / "tls/own.pem").write_bytes(make("Own CA", days=3650).pem)
    (folder / "tls/ca.crl").write_bytes(make_list(ca))
    return write(ALL)


def refused(path, machine):
    with pytest.raises(InvalidConfigError) as caught:
        check(path, 1, Slots(), machine)
    return [f"{problem.line}: {problem.path}: {problem.sentence}" for problem in caught.value.problems]


def changed(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return path


def test_every_key_arrives_in_the_plan(whole, machine, folder, ca):
    (service,) = check(whole, 1, Slots(), machine).plan.services
    tls, crl = service.tls, (folder / "tls/ca.crl").read_bytes()
    assert [certificate.name for certificate in tls.certificates] == ["other"]
    assert (tls.ciphers, tls.curves, tls.auth_ssl, tls.ccc) == ("ECDHE+AESGCM", ("P-384",), "refuse", "allow")
    assert tls.client_certificate == ClientCertificates(ca.pem, crl, "require", "common-name")
    first, second, third = (server.tls for server in service.servers)
    assert (first.mode, first.ciphers, first.curves, first.crl_pem) == ("match", "ECDHE+AES256", ("P-256",), crl)
    assert (second.mode, second.ciphers, second.curves, second.crl_pem) == ("explicit", "ECDHE+CHACHA20", (), b"")
    assert (first.certificate.name, second.certificate.name, third.certificate) == ("other", "files", None)


def test_a_certificate_knows_its_names(whole, machine, folder, make, ca):
    named = make("ftp.example.org", ca, names=("FTP.example.org", "*.example.org"))
    (folder / "tls/fullchain.pem").write_bytes(named.pem)
    (folder / "tls/privkey.pem").write_bytes(named.key_pem())
    tls = check(whole, 1, Slots(), machine).plan.services[0].tls
    assert tls.certificate.names == ("ftp.example.org", "*.example.org")


def test_every_file_of_tls_is_known_once(whole, machine):
    assert trust_files(load(whole, machine)) == (
        "tls/fullchain.pem",
        "tls/privkey.pem",
        "tls/ca.pem",
        "tls/ca.crl",
        "tls/own.pem",
    )


@pytest.mark.parametrize(
    ("ciphers", "sentence"),
    [
        ("no such", "names no cipher that OpenSSL knows: try it with openssl ciphers -v 'LIST'"),
        ("ECDHE:TLS_AES_128_GCM_SHA256", "names a suite of TLS 1.3, which Python cannot choose"),
        ("ALL:eNULL:@SECLEVEL=0", "which does not encrypt or does not authenticate: add :!aNULL:!eNULL"),
    ],
)
def test_ciphers_must_be_good_ones(ciphers, sentence):
    with pytest.raises(ValidationError, match="ciphers") as caught:
        Tls(certificate="files", ciphers=ciphers)
    assert sentence in str(caught.value)


def test_one_curve_is_possible_and_only_known_ones():
    assert Tls(certificate="files", curves=["P-256"]).curves == ["P-256"]
    assert choosable(["X25519"], lambda _curve: True) == ["X25519"]
    with pytest.raises(ValidationError, match="X25519"):
        Tls(certificate="files", curves=["brainpool"])
    with pytest.raises(ValidationError, match="list"):
        Tls(certificate="files", curves="X25519")


def test_a_curve_that_this_python_cannot_choose_is_refused_with_those_it_can():
    with pytest.raises(
        ValueError, match=r"names X25519, which Python 3\.\S+ cannot choose: write P-256, P-384 or P-521"
    ):
        choosable(["X25519"], lambda _curve: False)


def test_several_curves_need_a_newer_python():
    if may_name_curves():
        assert Tls(certificate="files", curves=["X25519", "P-256"]).curves
        return
    with pytest.raises(ValidationError, match="names more than one curve, which Python can from"):
        RealServer(address="10.0.0.1", server_curves=["X25519", "P-256"])


def test_names_of_certificates_must_be_known(whole, machine):
    changed(whole, "certificates: [other]", "certificates: [lost]")
    changed(whole, "server_certificate: other", "server_certificate: gone")
    changed(whole, "server_certificate: files", "server_certificate: away")
    remedy = "is not the name of a certificate: write one of files, other"
    assert refused(whole, machine) == [
        f"11: virtual_services.VIP.tls.certificates.0: lost {remedy}",
        f"22: virtual_services.VIP.server_certificate: gone {remedy}",
        f"31: virtual_services.VIP.real_servers.B.server_certificate: away {remedy}",
    ]


def test_a_certificate_that_is_required_cannot_be_avoided_in_clear_text(whole, machine):
    changed(whole, "ccc: allow", "ccc: allow\n      clear_text: allow")
    (sentence,) = refused(whole, machine)
    assert sentence.endswith(
        "tls.clear_text: allows logins without the certificate that client_certificate requires: write refuse"
    )
    changed(whole, "ports: 21,990,1025-1052", "ports: 990,1025-1052")
    assert check(whole, 1, Slots(), machine)


def test_match_needs_tls_and_a_login_to_follow(whole, machine):
    changed(whole, "server_tls: match", "connect: at-once\n    server_tls: match")
    (sentence,) = refused(whole, machine)
    assert "VIP.server_tls: match cannot follow a client that connect: at-once brings to a server" in sentence
    clear = "virtual_services: {V: {address: 192.0.2.1, ports: '21,1025-1052', real_servers: {A: {address: 10.0.0.1, "
    whole.write_text(clear + "server_tls: match}}}}")
    (sentence,) = refused(whole, machine)
    assert "V.real_servers.A.server_tls: match follows the TLS of clients, and the service offers none" in sentence


def test_ciphers_that_no_version_uses_are_warned_of(whole, machine):
    changed(whole, "ccc: allow", "ccc: allow\n      minimum_version: 1.3")
    (warning,) = check(whole, 1, Slots(), machine).warnings
    assert (warning.path, warning.line) == ("virtual_services.VIP.tls.ciphers", 12)
    assert warning.sentence.startswith("is for TLS 1.2, which minimum_version 1.3 leaves out")


def test_what_changes_is_told(whole, machine):
    before = check(whole, 1, Slots(), machine).plan
    changed(whole, "certificates: [other]", "certificates: [files]")
    changed(whole, "curves: [P-384]", "curves: []")
    changed(whole, "crl: tls/ca.crl, demand: require, ", "")
    changed(whole, "server_certificate: other", "server_certificate: files")
    after = check(whole, 2, Slots(), machine).plan
    said = steps(before, after)
    assert said[:2] == ("VIP: curves P-384 -> none", "VIP: certificate other is no longer shown")
    assert said[2].startswith("VIP: further certificate files (SHA-256 ")
    assert said[3:5] == (
        "VIP: revocation lists of clients replaced",
        "VIP: certificates of clients require -> optional",
    )
    assert said[5].startswith("VIP: certificate shown of A other (SHA-256 ")
    changed(whole, "client_certificate: {ca: tls/ca.pem, user: common-name}", "close_notify: require")
    without = check(whole, 3, Slots(), machine).plan
    assert steps(after, without) == ("VIP: clients are asked for no certificate any more",)
    assert steps(without, after) == ("VIP: certificates of clients none -> optional",)


def test_a_further_certificate_may_be_renewed(whole, machine, folder, make, ca):
    before = check(whole, 1, Slots(), machine).plan
    renewed = make("ftp.example.org", ca)
    (folder / "tls/fullchain.pem").write_bytes(renewed.pem)
    (folder / "tls/privkey.pem").write_bytes(renewed.key_pem())
    said = steps(before, check(whole, 2, Slots(), machine).plan)
    assert [sentence.split(" (")[0] for sentence in said] == [
        "VIP: certificate files",
        "VIP: certificate other",
        "VIP: certificate shown of A other",
        "VIP: certificate shown of B files",
    ]


def test_the_example_of_the_documentation_is_a_sound_one(folder, write, machine, make, make_list):
    clients, servers = make("Clients CA", days=3650), make("Servers CA", days=3650)
    content = {"clients-ca.pem": clients.pem, "clients.crl": make_list(clients)}
    content |= {"servers-ca.pem": servers.pem, "servers.crl": make_list(servers)}
    for name in ("partner", "ftpair"):
        pair = make(f"{name}.example.org", servers)
        content |= {f"{name}.pem": pair.pem, f"{name}.key": pair.key_pem()}
    for name, text in content.items():
        (folder / "tls" / name).write_bytes(text)
        (folder / "tls" / name).chmod(0o600)
    example = re.search(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    checked = check(write(example[1]), 1, Slots(), machine)
    (service,) = checked.plan.services
    assert (service.tls.client_certificate.user, service.tls.auth_ssl, service.tls.ccc) == (
        "common-name",
        "refuse",
        "refuse",
    )
    assert [server.tls.certificate.name for server in service.servers] == ["to-servers"] * 2
    assert checked.warnings == ()
