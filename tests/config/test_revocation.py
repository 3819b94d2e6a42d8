"""Tests of ftpair.config.revocation, and of how revocation lists are read and renewed."""

from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ftpair.config.certificates import NotPemError
from ftpair.config.check import check, renew
from ftpair.config.problems import InvalidConfigError
from ftpair.config.revocation import examine_lists, read_lists
from ftpair.config.slots import Slots

from .conftest import NOW

SERVICE = """
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,1025-1052
    server_tls: explicit
    server_ca: tls/ca.pem
    server_crl: tls/ca.crl
    real_servers: {A: {address: ftp1.example.org}}
"""


@pytest.fixture
def path(folder, write, ca, make_list):
    (folder / "tls/ca.crl").write_bytes(make_list(ca))
    return write(SERVICE)


def said(content, issuers=(), now=NOW):
    examined = examine_lists(content, [each.certificate for each in issuers], now.timestamp())
    assert all(key == "crl" for key, _sentence in (*examined.problems, *examined.warnings))
    return [s for _, s in examined.problems], [s for _, s in examined.warnings], examined.not_after


def test_a_sound_list_has_nothing_to_be_said_of(ca, make, make_list):
    end = (NOW + timedelta(days=7)).timestamp()
    assert said(make_list(ca), [ca]) == ([], [], end)
    assert said(make_list(ca)) == ([], [], end)


def test_a_ca_without_a_list_is_a_problem_because_everybody_below_it_would_be_refused(ca, make, make_list):
    middle = make("Intermediate CA", ca)
    assert said(make_list(ca) + make_list(middle), [ca, middle])[0] == []
    (sentence,) = said(make_list(middle), [ca, middle])[0]
    assert sentence == (
        "holds no list of CN=Example CA: add its list, or take that CA out of its file, "
        "for OpenSSL refuses everybody below it"
    )


def test_several_lists_may_stand_in_a_file(ca, make, make_list):
    other = make("Another CA")
    both = make_list(ca) + b"some words\n" + make_list(other, days=9)
    assert len(read_lists(both)) == 2
    assert said(both, [ca, other]) == ([], [], (NOW + timedelta(days=7)).timestamp())
    (sentence,) = said(both, [ca])[0]
    assert sentence == "is signed by none of the CAs beside it (CN=Another CA): write the list of those CAs"


def test_an_expired_list_is_a_problem(ca, make_list):
    (sentence,) = said(make_list(ca, days=-1), [ca])[0]
    assert sentence.startswith("expired on 2026-01-14 (CN=Example CA): fetch a new one, for OpenSSL refuses everybody")


@pytest.mark.parametrize(("days", "begin", "is_soon"), [(2, -30, True), (4, -30, False), (1, -1, False)])
def test_a_list_that_soon_expires_is_a_warning_measured_by_its_life(ca, make_list, days, begin, is_soon):
    problems, warnings, _end = said(make_list(ca, days=days, begin=begin), [ca])
    assert (problems, bool(warnings)) == ([], is_soon)
    assert not warnings or warnings[0].startswith("expires on 2026-01-17 00:00 UTC (CN=Example CA): fetch a new one")


def test_an_issuer_whose_key_signs_no_lists_did_not_sign_it(ca, make, make_list):
    odd = make("Odd CA", ca, key=X25519PrivateKey.generate())
    assert len(said(make_list(ca), [odd])[0]) == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"nothing", b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"],
)
def test_what_is_no_list_is_refused(content):
    with pytest.raises(NotPemError):
        read_lists(content)
    assert said(content)[0][0].startswith("holds no readable revocation list in PEM form: convert it (openssl crl ")


def problems(path, machine):
    with pytest.raises(InvalidConfigError) as caught:
        check(path, 1, Slots(), machine)
    return [f"{each.line}: {each.path}: {each.sentence}" for each in caught.value.problems]


def test_problems_of_a_list_have_their_place(path, machine, folder, ca, make, make_list):
    (folder / "tls/ca.crl").write_bytes(make_list(ca, days=-1))
    (sentence,) = problems(path, machine)
    assert sentence.startswith("8: virtual_services.VIP.server_crl: tls/ca.crl expired on 2026-01-14 (CN=Example CA)")
    (folder / "tls/ca.crl").write_bytes(make_list(make("Another CA")))
    unknown, missing = problems(path, machine)
    assert "tls/ca.crl is signed by none of the CAs beside it (CN=Another CA)" in unknown
    assert missing.startswith("8: virtual_services.VIP.server_crl: tls/ca.crl holds no list of CN=Example CA: add ")
    (folder / "tls/ca.crl").unlink()
    assert "VIP.server_crl: " in problems(path, machine)[0]


def test_a_list_that_soon_expires_is_told_with_its_place(path, machine, folder, ca, make_list):
    (folder / "tls/ca.crl").write_bytes(make_list(ca, days=1, begin=-30))
    (warning,) = check(path, 1, Slots(), machine).warnings
    assert (warning.path, warning.line) == ("virtual_services.VIP.server_crl", 8)


def test_a_list_of_unknown_issuers_is_taken_where_the_system_knows_the_cas(path, machine, folder):
    path.write_text(SERVICE.replace("    server_ca: tls/ca.pem\n", ""))
    assert check(path, 1, Slots(), machine).plan.services[0].servers[0].tls.crl_pem


def test_new_files_come_into_what_runs_and_bad_ones_do_not(path, machine, folder, ca, make_list):
    slots = Slots()
    running = check(path, 1, slots, machine)
    assert renew(path, running, 2, slots, machine).checked.plan == msgspec.structs.replace(running.plan, revision=2)
    fresh = make_list(ca, days=20)
    (folder / "tls/ca.crl").write_bytes(fresh)
    (folder / "tls/ca.pem").write_text("nothing")
    path.write_text("nothing at all")
    watched = replace(machine, resolve=lambda host: pytest.fail("asked again"))
    renewed = renew(path, running, 2, slots, watched)
    (problem,) = renewed.problems
    assert (problem.path, problem.line) == ("virtual_services.VIP.server_ca", 7)
    tls = renewed.checked.plan.services[0].servers[0].tls
    assert (tls.ca_pem, tls.crl_pem) == (ca.pem, fresh)
    assert renewed.checked.config is running.config
