"""Tests of ftpair.config.materials."""

import os
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from ftpair.config.load import load
from ftpair.config.materials import gather
from ftpair.config.problems import path_of


def said(findings):
    return [f"{path_of(each.where)}: {each.sentence}" for each in findings]


def gathered(folder, machine, name="whole"):
    return gather(load(folder / f"{name}.yaml", machine), folder, machine)


def test_everything_is_found(folder, machine, ca):
    materials = gathered(folder, machine)
    assert (materials.findings, materials.warnings) == ([], [])
    assert materials.cas == {"tls/ca.pem": ca.pem}
    assert materials.passwords == {"secrets/probe": "s3cret"}
    assert materials.addresses["ftp2.example.org"] == "10.0.0.12"


def test_a_host_name_is_resolved_once(folder, machine, write):
    asked = []
    watched = replace(machine, resolve=lambda host: asked.append(host) or "10.0.0.1")
    servers = "A: {address: ftp.example.org}, B: {address: ftp.example.org, port: 2121}, C: {address: 10.0.0.9}"
    config = load(
        write(f"virtual_services: {{V: {{address: 192.0.2.10, ports: '21,1025-1052', real_servers: {{{servers}}}}}}}"),
        machine,
    )
    assert gather(config, folder, watched).findings == []
    assert asked == ["ftp.example.org"]


def test_a_name_that_nobody_knows_is_a_problem(folder, machine):
    text = (folder / "whole.yaml").read_text().replace("address: ftp2.example.org", "address: ftp9.example.org")
    (folder / "whole.yaml").write_text(text)
    (sentence,) = said(gathered(folder, machine).findings)
    assert sentence.endswith(
        "FTP_SVR2.address: ftp9.example.org cannot be resolved (Name or service not known): "
        "write its IP address, or look at the DNS"
    )


def test_an_unknown_user_is_a_problem(folder, machine):
    (sentence,) = said(gathered(folder, replace(machine, has_user=lambda name: False)).findings)
    assert (
        sentence == "user: ftpair is not a user of this machine: create it (useradd --system ftpair), or remove the key"
    )


def test_an_unknown_user_of_the_api_is_a_problem(folder, machine):
    with (folder / "whole.yaml").open("a") as file:
        file.write("\napi_user: ftp-api\n")
    (sentence,) = said(gathered(folder, replace(machine, has_user=lambda name: name == "ftpair")).findings)
    assert sentence.startswith("api_user: ftp-api is not a user of this machine: create it (useradd --system ftp-api)")


def test_an_unknown_user_of_haproxy_is_a_problem(folder, machine):
    """HAProxy would say so later; and what is no user's name could be more lines of its file."""
    with (folder / "whole.yaml").open("a") as file:
        file.write('\nhaproxy: {user: "nobody\\nlisten evil"}\n')
    (sentence,) = said(gathered(folder, machine).findings)
    assert sentence.startswith("haproxy.user: nobody\nlisten evil is not a user of this machine")


def test_all_missing_files_are_found_at_once(folder, machine):
    for name in ("tls/fullchain.pem", "tls/privkey.pem", "tls/ca.pem", "secrets/probe"):
        (folder / name).unlink()
    assert [sentence.partition(":")[0] for sentence in said(gathered(folder, machine).findings)] == [
        "certificates.files.certificate",
        "certificates.files.key",
        "virtual_services.FTPS_VIP.server_ca",
        "virtual_services.FTPS_VIP.real_servers.FTP_SVR2.server_ca",
        "virtual_services.FTPS_VIP.health.password_file",
    ]


def test_what_is_no_file_is_refused_without_waiting_for_it(folder, machine):
    (folder / "secrets/probe").unlink()
    os.mkfifo(folder / "secrets/probe")
    (folder / "tls/ca.pem").unlink()
    (folder / "tls/ca.pem").mkdir()
    sentences = said(gathered(folder, machine).findings)
    assert "secrets/probe is not a file: write the path of one" in sentences[-1]
    assert "tls/ca.pem is a folder" in sentences[1]


def test_a_ca_file_without_certificates_is_a_problem(folder, machine):
    (folder / "tls/ca.pem").write_text("nothing")
    assert "tls/ca.pem holds no certificate in PEM form" in said(gathered(folder, machine).findings)[0]


def test_a_certificate_that_openssl_refuses_is_a_problem(folder, machine, make, ca):
    weak = make("weak", ca, key=ec.generate_private_key(ec.SECP192R1()))
    (folder / "tls/fullchain.pem").write_bytes(weak.pem)
    (folder / "tls/privkey.pem").write_bytes(weak.key_pem())
    (sentence,) = said(gathered(folder, machine).findings)
    assert sentence == (
        "certificates.files.certificate: is refused by OpenSSL (ee key too small): "
        "look at it with openssl x509 -noout -text -in FILE, and make a new one"
    )


def test_a_ca_file_that_openssl_refuses_is_a_problem(folder, machine, ca):
    (folder / "tls/ca.pem").write_bytes(ca.pem + ca.pem[:100])
    sentences = said(gathered(folder, machine).findings)
    assert len(sentences) == 2  # Of the service, and of the server.
    assert sentences[0].endswith(
        "server_ca: tls/ca.pem is refused by OpenSSL (bad end line): write whole certificates in PEM form"
    )


@pytest.mark.parametrize("content", [b"", b"\n", b"one\ntwo\n", b"\xff\xfe\n", b"a\x00b\n"])
def test_a_password_is_one_printable_line(folder, machine, content):
    (folder / "secrets/probe").write_bytes(content)
    assert "must hold the password on its only line" in said(gathered(folder, machine).findings)[0]


@pytest.mark.parametrize("content", [b"p w", b"p w\n", b"p w\r\n", b"p w\n\n"])
def test_the_end_of_the_line_is_no_part_of_the_password(folder, machine, content):
    (folder / "secrets/probe").write_bytes(content)
    assert gathered(folder, machine).passwords["secrets/probe"] == "p w"


def test_secrets_that_everybody_can_read_are_warned_of(folder, machine):
    (folder / "secrets/probe").chmod(0o644)
    (folder / "tls/privkey.pem").chmod(0o644)
    materials = gathered(folder, machine)
    assert materials.findings == []
    sentences = said(materials.warnings)
    assert f"certificates.files.key: {folder}/tls/privkey.pem can be read by every user: run chmod 600" in sentences[0]
    assert "health.password_file" in sentences[1]


def test_what_is_wrong_or_soon_wrong_with_a_certificate_has_its_place(folder, machine, make, ca):
    soon = make("soon", ca, days=3)
    (folder / "tls/fullchain.pem").write_bytes(soon.pem)
    materials = gathered(folder, machine)
    assert "certificates.files.key: does not fit" in said(materials.findings)[0]
    assert "certificates.files.certificate: expires on" in said(materials.warnings)[0]
