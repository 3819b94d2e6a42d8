"""Certificates kept by a running ftpair: what is no good is refused, what is good is served, and no key comes out."""

import datetime
import socket
import ssl
import stat

import pytest

from ftpair.app.certificate_files import CertificateFiles, Contents
from ftpair.app.certificates import _users
from ftpair.config.models import Config
from ftpair.config.problems import Lines
from ftpair.core.certificates import SaveCertificate
from ftpair.core.errors import SetupError
from tests.app.conftest import Site
from tests.app.test_supervisor import running, until
from tests.interop.lab.authority import Authority

ROOT = "/api/v1/certificates"
COMMENT = "# Nobody may lose this."


def wish(identity, **more):
    return {"certificate": identity.certificate.read_text(), "key": identity.key.read_text(), **more}


def write(site, own=True):
    """A service with a certificate of its own, or a configuration without any."""
    identity = site.authority.issue("own", "127.0.0.1")
    more = "    tls: {certificate: own}\n" if own else ""
    files = f"certificates:\n  own: {{certificate: {identity.certificate}, key: {identity.key}}}\n" if own else ""
    site.write(more=f"{more}{files}{COMMENT}\n", workers=1)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("certificates"))
    site.authority = Authority(site.folder)
    write(site)
    return site


@pytest.fixture(scope="module")
def ftpair(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        yield ftpair


@pytest.fixture(autouse=True)
def as_it_was(site, ftpair):
    """Begin each test with the file as it was, and only the certificate that it came with."""
    write(site)
    for path in (site.folder / "tls").glob("*"):
        path.unlink()


def shown(site):
    """The certificate that clients are shown, DER."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    sock = socket.create_connection(("127.0.0.1", site.port), timeout=20)
    sock.recv(1000)
    sock.sendall(b"AUTH TLS\r\n")
    sock.recv(1000)
    with context.wrap_socket(sock) as secured:
        return secured.getpeercert(binary_form=True)


def der(identity):
    return ssl.PEM_cert_to_DER_cert(identity.certificate.read_text())


def test_what_there_is_is_listed_with_who_uses_it(site, ftpair):
    (entry,) = ftpair.api(ROOT).json()
    assert (entry["name"], entry["used_by"], entry["problems"]) == ("own", ["VIP"], [])
    facts = entry["facts"]
    assert (facts["subject"], facts["issuer"]) == ("CN=own", "CN=ftpair interop authority")
    assert (facts["names"], facts["key"], facts["bits"], facts["chain"]) == (["127.0.0.1"], "EC", 256, 1)
    assert facts["days_left"] in (59, 60)
    (warning,) = entry["warnings"]
    assert "ends at CN=ftpair interop authority, whom this machine does not know" in warning["sentence"]
    assert ftpair.api(f"{ROOT}/own").json() == entry
    assert ftpair.api(f"{ROOT}/none").json()["detail"] == "There is no certificate none; there is own."


def test_a_certificate_is_kept_entered_and_served_after_an_apply(site, ftpair):
    identity = site.authority.issue("web", "127.0.0.1", "ftp.example.org")
    added = ftpair.api(f"{ROOT}/web", "POST", json=wish(identity, hosts=["ftp.example.org"], comment="for the web"))
    assert added.status_code == 200, added.text
    number = added.json()["revision"]
    kept = "web is kept in tls/web.pem and tls/web.key"
    assert added.json()["sentence"] == f"{kept} and entered in the file (revision {number}): an apply brings it in"
    chain, key = site.folder / "tls/web.pem", site.folder / "tls/web.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert (chain.read_bytes(), key.read_bytes()) == (identity.certificate.read_bytes(), identity.key.read_bytes())
    assert COMMENT in site.path.read_text()
    assert ftpair.api("/api/v1/revisions").json()[0]["comment"] == "for the web"
    site.path.write_text(site.path.read_text().replace("certificate: own}", "certificate: web}"))
    assert ftpair.api("/api/v1/apply", "POST").status_code == 200
    until(lambda: shown(site) == der(identity))
    entry = ftpair.api(f"{ROOT}/web").json()
    assert (entry["used_by"], entry["is_running"]) == (["VIP"], True)
    again = site.authority.issue("web", "127.0.0.1")
    replaced = ftpair.api(f"{ROOT}/web", "PUT", json=wish(again)).json()
    assert (replaced["sentence"], replaced["revision"]) == (f"{kept}: the next handshake uses it", 0)
    until(lambda: shown(site) == der(again))
    write(site)
    assert ftpair.api("/api/v1/apply", "POST").status_code == 200


def test_no_key_comes_out_anywhere(site, ftpair):
    identity = site.authority.issue("secret", "127.0.0.1")
    secret = identity.key.read_text().splitlines()[1]
    for method, path, body in (
        ("POST", f"{ROOT}/secret", wish(identity)),
        ("POST", f"{ROOT}/secret", wish(identity)),
        ("POST", f"{ROOT}/bad%20name", wish(identity)),
        ("PUT", f"{ROOT}/secret", wish(identity) | {"certificate": "nonsense"}),
        ("PUT", f"{ROOT}/secret", wish(identity) | {"hosts": 7}),
        ("GET", ROOT, None),
        ("GET", "/api/v1/configuration", None),
        ("GET", "/api/v1/status", None),
    ):
        assert secret not in ftpair.api(path, method, json=body).text
    assert secret not in ftpair.log.read_text()
    assert secret not in repr(SaveCertificate("secret", b"", identity.key.read_bytes()))


def test_one_text_with_both_is_taken_apart(site, ftpair):
    identity = site.authority.issue("both", "127.0.0.1")
    body = {"certificate": identity.both.read_text()}
    assert ftpair.api(f"{ROOT}/both", "POST", json=body).status_code == 200
    assert (site.folder / "tls/both.pem").read_bytes() == identity.certificate.read_bytes(), "a key is in no chain"
    assert (site.folder / "tls/both.key").read_bytes() == identity.key.read_bytes()


def refuse(ftpair, site, body, method="POST", name="web"):
    before = site.path.read_bytes()
    refused = ftpair.api(f"{ROOT}/{name}", method, json=body)
    assert site.path.read_bytes() == before
    assert not list(site.folder.glob("tls/*"))
    return refused


def test_what_is_no_good_is_refused_with_every_reason_and_nothing_is_kept(site, ftpair):
    old = site.authority.issue("old", "127.0.0.1", lasts=datetime.timedelta(days=-2))
    other = site.authority.issue("other", "127.0.0.1")
    body = wish(old) | {"key": other.key.read_text()}
    refused = refuse(ftpair, site, body)
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:ftpair:problem:invalid")
    assert refused.json()["detail"].startswith("web cannot be used (2 problems): the key does not fit the certificate")
    assert [each["path"] for each in refused.json()["problems"]] == ["key", "certificate"]
    assert "expired on" in refused.json()["problems"][1]["sentence"]
    tried = refuse(ftpair, site, body, name="web?dry_run=true").json()
    assert (tried["dry_run"], len(tried["certificate"]["problems"])) == (True, 2)
    assert tried["certificate"]["facts"]["subject"] == "CN=old"


@pytest.mark.parametrize(
    ("change", "place", "sentence"),
    [
        ({"certificate": "nonsense"}, "certificate", "holds no certificate in PEM form"),
        ({"key": "nonsense"}, "key", "holds no private key in PEM form"),
        ({"key": ""}, "key", "holds no readable private key (its first block is CERTIFICATE)"),
    ],
)
def test_what_is_no_pem_is_refused(site, ftpair, change, place, sentence):
    identity = site.authority.issue("web", "127.0.0.1")
    (problem,) = refuse(ftpair, site, wish(identity) | change).json()["problems"]
    assert (problem["path"], sentence in problem["sentence"]) == (place, True), problem


@pytest.mark.parametrize(
    ("hosts", "sentence"),
    [
        (["ftp.example.org", "192.0.2.1"], "is not valid for ftp.example.org, 192.0.2.1; its names are 127.0.0.1"),
        (["127.0.0.1"], ""),
    ],
)
def test_names_that_clients_dial_are_compared(site, ftpair, hosts, sentence):
    body = wish(site.authority.issue("web", "127.0.0.1"), hosts=hosts)
    tried = refuse(ftpair, site, body, name="web?dry_run=1").json()
    assert tried["sentence"] == "web can be used"
    found = [each["sentence"] for each in tried["certificate"]["warnings"] if "is not valid for" in each["sentence"]]
    assert [each.partition(": ")[0] for each in found] == ([sentence] if sentence else [])


def test_names_are_free_or_refused(site, ftpair):
    body = wish(site.authority.issue("web", "127.0.0.1"))
    taken = refuse(ftpair, site, body, name="own")
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:ftpair:problem:conflict")
    assert taken.json()["detail"] == "there is a certificate own already: replace it, or write another name"
    assert refuse(ftpair, site, body, name="no%20name").status_code == 400
    text = site.path.read_text()
    site.path.write_text(text + "  mine: {certificate: tls/web.pem, key: tls/web.key}\n")
    stolen = refuse(ftpair, site, body, "PUT")
    assert "mine has its files at tls/web.pem, where those of web would be" in stolen.json()["detail"]


def test_somebody_who_was_faster_is_not_overwritten(site, ftpair):
    body = wish(site.authority.issue("web", "127.0.0.1"))
    late = ftpair.api(f"{ROOT}/web", "PUT", json=body, headers={"If-Match": '"old"'})
    assert (late.status_code, list(site.folder.glob("tls/*"))) == (412, [])
    etag = ftpair.api("/api/v1/configuration").headers["ETag"]
    assert ftpair.api(f"{ROOT}/web", "PUT", json=body, headers={"If-Match": etag}).status_code == 200


def test_if_the_file_cannot_take_it_the_files_are_as_they_were(site, ftpair):
    text = site.path.read_text()
    site.path.write_text(text.replace("certificates:\n", "certificates:\n  lost: {certificate: no.pem, key: no.key}\n"))
    refused = refuse(ftpair, site, wish(site.authority.issue("web", "127.0.0.1")))
    assert refused.status_code == 422
    assert "no.pem does not exist" in refused.text
    lost = ftpair.api(f"{ROOT}/lost").json()
    assert (lost["facts"], "no.pem cannot be read" in lost["problems"][0]["sentence"]) == (None, True)
    site.path.write_text(text + "colour: red\n")
    assert refuse(ftpair, site, wish(site.authority.issue("web", "127.0.0.1"))).status_code == 422
    assert ftpair.api(ROOT).status_code == 422


def test_one_that_is_used_cannot_be_taken_out_and_one_that_is_not_can(site, ftpair):
    used = ftpair.api(f"{ROOT}/own", "DELETE")
    assert (used.status_code, used.json()["type"]) == (409, "urn:ftpair:problem:conflict")
    assert used.json()["detail"] == "own is used by VIP: let it use another one first; nothing was changed"
    assert ftpair.api(f"{ROOT}/none", "DELETE").json()["detail"] == "no certificate 'none'; there are: own"
    ftpair.api(f"{ROOT}/web", "POST", json=wish(site.authority.issue("web", "127.0.0.1")))
    said = ftpair.api(f"{ROOT}/web", "DELETE").json()["sentence"]
    assert said.startswith("web is taken out of the file (revision ")
    assert "tls/web.pem and tls/web.key stay on the disk" in said
    assert [each["name"] for each in ftpair.api(ROOT).json()] == ["own"]
    assert (site.folder / "tls/web.key").exists()


# The files by themselves.

FILES = {"own": {"certificate": "a.pem", "key": "a.key"}}
NEW = Contents(b"chain", b"key")


def test_either_both_files_are_written_or_none(tmp_path):
    files = CertificateFiles(tmp_path, "web")
    files.write(Contents(b"former chain", b"former key"))

    def fail_at_the_chain(path, content, new_mode):
        if path.suffix == ".pem" and content == b"chain":
            raise OSError(28, "No space left on device")
        path.write_bytes(content)

    with pytest.raises(SetupError, match=r"web.pem cannot be written \(no space left on device\)"):
        CertificateFiles(tmp_path, "web", fail_at_the_chain).write(NEW)
    assert files.read() == Contents(b"former chain", b"former key")
    files.write(Contents())
    assert files.read() == Contents()


def test_what_a_link_leads_to_belongs_to_somebody_else(tmp_path):
    (tmp_path / "live.pem").write_text("theirs")
    (tmp_path / "tls").mkdir()
    (tmp_path / "tls/web.pem").symlink_to(tmp_path / "live.pem")
    with pytest.raises(SetupError, match="it is a link to"):
        CertificateFiles(tmp_path, "web").write(NEW)
    assert (tmp_path / "live.pem").read_text() == "theirs"


def test_a_key_that_others_could_read_is_theirs_no_more(tmp_path):
    files = CertificateFiles(tmp_path, "web")
    files.write(NEW)
    (tmp_path / "tls/web.key").chmod(0o644)
    files.write(Contents(b"chain", b"another key"))
    assert stat.S_IMODE((tmp_path / "tls/web.key").stat().st_mode) == 0o600
    assert files.read() == Contents(b"chain", b"another key")


def test_the_web_ui_is_a_user_of_its_certificate():
    web = Config.model_validate({"certificates": FILES, "web": {"certificate": "own"}}, context=Lines())
    assert _users(web, "own") == ("web",)
    assert _users(web, "other") == ()


def test_a_folder_that_is_none_is_told(tmp_path):
    (tmp_path / "tls").write_text("")
    with pytest.raises(SetupError, match=r"tls/web\.pem cannot be written"):
        CertificateFiles(tmp_path, "web").write(NEW)
