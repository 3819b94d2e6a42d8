"""What a probe notes of a server's certificate."""

import asyncio
import ssl
import time

import pytest

from ftpair.core.plan import ServerTls
from ftpair.core.status import ServerCertificate
from ftpair.probes.certificate import MOST_NAMES, covers, shown
from ftpair.probes.probe import probe
from tests.probes.conftest import DAY


def der(authority, *names):
    pem = authority.issue(*names).read_text()
    return ssl.PEM_cert_to_DER_cert(pem[: pem.index("-----END CERTIFICATE-----") + 25])


@pytest.mark.parametrize(
    ("tls", "missed"),
    [
        (ServerTls("explicit", verify=False, name="ftp2.example.org"), "ftp2.example.org"),
        (ServerTls("explicit", verify=False, name="ftp1.example.org"), ""),
        (ServerTls("explicit", verify=False), ""),
        (ServerTls("explicit", verify=True, name="ftp2.example.org"), ""),
    ],
)
def test_a_name_is_missed_where_one_is_wanted_and_nobody_else_looks(authority, tls, missed):
    seen = shown(der(authority, "ftp1.example.org", "127.0.0.1"), tls)
    assert (seen.names, seen.missed) == (("ftp1.example.org", "127.0.0.1"), missed)
    assert abs(seen.not_after - time.time() - DAY.total_seconds()) < 600


def test_only_the_first_names_are_kept(authority):
    seen = shown(der(authority, *(f"n{number}" for number in range(40))), ServerTls())
    assert len(seen.names) == MOST_NAMES


def test_what_is_no_certificate_is_nothing():
    assert shown(b"nonsense", ServerTls()) is None


@pytest.mark.parametrize(
    ("name", "wanted", "is_covered"),
    [
        ("ftp.example.org", "FTP.example.org.", True),
        ("*.example.org", "ftp.example.org", True),
        ("*.example.org", "a.ftp.example.org", False),
        ("*.example.org", "example.org", False),
        ("2001:db8::1", "2001:db8:0::1", True),
        ("10.0.0.1", "10.0.0.2", False),
        ("ftp.example.org", "10.0.0.2", False),
    ],
)
def test_names_cover_as_clients_see_it(name, wanted, is_covered):
    assert covers(name, wanted) is is_covered


@pytest.mark.parametrize(("check", "is_seen"), [("banner", False), ("tls", True), ("login", True)])
def test_a_probe_that_speaks_tls_notes_the_certificate(ftp_server, authority, at, level, check, is_seen):
    port = ftp_server(authority.issue("somebody.else"))
    plan = at(port, mode="explicit", verify=False, name="ftp1.example.org")
    found = asyncio.run(probe(plan, level(check))).certificates
    expected = ServerCertificate(found[0].not_after, ("somebody.else",), "ftp1.example.org") if is_seen else None
    assert found == ((expected,) if expected else ())


def test_an_expired_certificate_is_noted_where_it_is_not_refused(ftp_server, authority, at, level):
    port = ftp_server(authority.issue("127.0.0.1", lasts=-DAY))
    outcome = asyncio.run(probe(at(port, mode="explicit", verify=False), level("login")))
    assert outcome.passed
    assert outcome.certificates[0].not_after < time.time()
