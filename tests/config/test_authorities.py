"""The machine's CA certificates in memory."""

from ftpair.config.authorities import authorities_in, system_authorities
from ftpair.config.contexts import client_context
from ftpair.core.plan import ServerTls


def pem(name: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----"


def test_a_bundle_and_a_folder_give_each_certificate_once(tmp_path):
    bundle = tmp_path / "bundle.pem"
    bundle.write_text(f"# one\n{pem('one')}\n{pem('two')}\n")
    (tmp_path / "0123abcd.0").write_text(pem("two"))
    (tmp_path / "0123abcd.1").write_text(f"text\n{pem('three')}\n")
    (tmp_path / "other.pem").write_text(pem("not hashed"))
    (tmp_path / "deadbeef.0").symlink_to("nowhere")
    assert authorities_in(bundle, tmp_path).decode() == "\n".join(map(pem, ["one", "two", "three"]))


def test_a_machine_without_any_has_none():
    assert authorities_in(None, None) == b""


def test_the_machines_own_are_what_openssl_takes_and_are_read_once():
    assert system_authorities() is system_authorities()
    context = client_context(ServerTls(mode="explicit"))
    assert len(context.get_ca_certs()) == system_authorities().count(b"BEGIN CERTIFICATE")


def test_a_machine_without_certificates_trusts_nobody():
    context = client_context(ServerTls(mode="explicit"), lambda: b"")
    assert context.get_ca_certs() == []
