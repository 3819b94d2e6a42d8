"""Tests of the doctor's catalogue and remedies: documented, complete, and in agreement with the guides."""

import re
from pathlib import Path

import pytest

from ftpair.guides.guide import KINDS, TITLES, guide
from ftpair.guides.wanted import wanted_of
from ftpair.probes.doctor import catalogue, remedies
from ftpair.probes.doctor.catalogue import AILMENTS
from ftpair.probes.doctor.remedies import BY_KIND, at_server, at_vip
from tests.guides.plans import tcp_plan

PAGE = Path(__file__).parents[2] / "docs" / "doctor.md"
WANTED = wanted_of(tcp_plan(), "FTPS_VIP", "SVR1")


def test_the_page_has_a_row_for_every_ailment_and_no_other():
    table = PAGE.read_text().partition("findings:begin")[2].partition("findings:end")[0]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == list(AILMENTS)


@pytest.mark.parametrize("ailment", AILMENTS.values(), ids=AILMENTS)
def test_every_ailment_says_what_comes_of_it_and_what_helps(ailment):
    sentences = [ailment.why, ailment.remedy, *filter(None, [ailment.at_vip])]
    assert all(sentence.endswith(".") for sentence in sentences)
    assert not any(text.count("`") % 2 or "|" in text for text in [ailment.means, *sentences])
    assert at_vip(ailment.id).sentence == (ailment.at_vip or ailment.remedy)


def test_makes_are_told_for_ailments_that_there_are():
    assert set(BY_KIND) <= set(AILMENTS)
    assert all(set(by_kind) <= set(KINDS) for by_kind in BY_KIND.values())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("ailment", BY_KIND)
def test_a_remedy_names_the_key_of_the_make_and_the_guide_to_read(ailment, kind):
    remedy = at_server(ailment, kind, WANTED)
    assert remedy.sentence.startswith(AILMENTS[ailment].remedy)
    assert (f" {TITLES[kind]}: " in remedy.sentence) is (kind in BY_KIND[ailment])
    assert remedy.guide == f"ftpair guide FTPS_VIP SVR1 --kind {kind}"
    assert all(line in guide(kind, WANTED) for line in remedy.lines)


@pytest.mark.parametrize(
    ("ailment", "kind", "lines"),
    [
        ("pasv-address", "vsftpd", ["pasv_address=192.0.2.10", "pasv_addr_resolve=NO"]),
        ("pasv-address", "proftpd", ["MasqueradeAddress 192.0.2.10"]),
        ("pasv-address", "pure-ftpd", ["ForcePassiveIP 192.0.2.10"]),
        ("pasv-address", "pyftpdlib", ['masquerade_address = "192.0.2.10"']),
        (
            "pasv-address-private",
            "iis",
            ['Set-ItemProperty $path -Name "ftpServer.firewallSupport.externalIp4Address" -Value "192.0.2.10"'],
        ),
        ("pasv-address", "filezilla-server", []),
        ("clear-text-allowed", "pure-ftpd", ["TLS 3"]),
        ("clear-text-allowed", "pyftpdlib", ["tls_control_required = tls_data_required = True"]),
        ("tls-version-old", "proftpd", ["TLSProtocol TLSv1.2 TLSv1.3"]),
        ("session-reuse-demanded", "vsftpd", []),
        ("data-peer-refused", "iis", []),
    ],
)
def test_a_remedy_carries_the_lines_of_the_guide_that_mend_it(ailment, kind, lines):
    assert list(at_server(ailment, kind, WANTED).lines) == lines


def test_a_server_of_an_unknown_make_is_told_what_helps_any():
    remedy = at_server("pasv-address", None, WANTED)
    assert (remedy.sentence, remedy.lines) == (AILMENTS["pasv-address"].remedy, ())
    assert remedy.guide.endswith("--kind KIND")


def test_the_tables_of_the_page_hold_every_row():
    assert len(list(catalogue.table())) == len(AILMENTS) + 2
    told = "\n".join(remedies.table())
    assert all(text in told for by_kind in BY_KIND.values() for text in by_kind.values())
