"""Tests of ftpair.guides.guide and wanted: what every guide says, and how a part that is not there is refused."""

import ast

import msgspec
import pytest

from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.errors import NotFoundError, WrongRequestError
from ftpair.guides.guide import KINDS, guide, part, parts_of
from ftpair.guides.wanted import wanted_of
from tests.guides.plans import ftp_plan, tcp_plan

NO_IMPLICIT_TLS = ("pure-ftpd", "pyftpdlib")


@pytest.mark.parametrize("kind", KINDS)
def test_a_guide_names_ports_address_certificate_and_firewall(kind):
    said = guide(kind, wanted_of(tcp_plan(), "FTPS_VIP", "SVR2"))
    assert said.startswith(
        f"SVR2 ({said.splitlines()[0].partition('(')[2].partition(')')[0]}) for the service FTPS_VIP\n"
    )
    ports = "21, 50100-50199" if kind in NO_IMPLICIT_TLS else "21, 990, 50100-50199"
    for wanted in ("50100", "50199", "192.0.2.10", "ftp.example.org", f"TCP {ports}", "7200"):
        assert wanted in said or (wanted == "7200" and kind == "pure-ftpd"), wanted
    assert "50000" not in said, "the slice of another server"


@pytest.mark.parametrize("kind", KINDS)
def test_with_pairing_by_source_every_server_has_the_whole_range(kind):
    plan = tcp_plan(pairing="source", advertised_address="198.51.100.7")
    servers = plan.tcp_services[0].servers
    wanted = wanted_of(plan, "FTPS_VIP", servers[0].name)
    assert wanted.external == "198.51.100.7"
    assert "198.51.100.7" in guide(kind, wanted)


@pytest.mark.parametrize("kind", KINDS)
def test_behind_ftp_mode_no_address_is_announced(kind):
    wanted = wanted_of(ftp_plan(), "FTP_VIP", "SVR1")
    assert (wanted.external, wanted.explicit, wanted.implicit, wanted.name) == ("", 2121, None, "ftp1.example.org")
    said = guide(kind, wanted)
    assert "192.0.2.11" not in said
    assert "Any passive range" in said


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("vsftpd", ("steps", "vsftpd.conf", "vsftpd-implicit.conf")),
        ("iis", ("steps", "ftpair.ps1")),
        ("filezilla-server", ("steps",)),
    ],
)
def test_parts_can_be_had_one_by_one(kind, parts):
    wanted = wanted_of(tcp_plan(), "FTPS_VIP", "SVR1")
    assert parts_of(kind, wanted) == parts
    assert all(part(kind, wanted, name) in guide(kind, wanted) for name in parts)


def test_what_a_make_cannot_do_is_said():
    wanted = wanted_of(tcp_plan(), "FTPS_VIP", "SVR1")
    for kind in NO_IMPLICIT_TLS:
        assert "knows no implicit TLS: the service's port for it (990) cannot be served" in guide(kind, wanted)
        assert "needs it) connect to TCP 21, 50000-50099.\n" in guide(kind, wanted)


def test_a_service_without_demands_gets_none():
    plan = tcp_plan(clear_text="allow", minimum_version="1.3", implicit=None, server_implicit=None)
    wanted = wanted_of(plan, "FTPS_VIP", "SVR1")
    assert "force_local_logins_ssl=NO" in part("vsftpd", wanted, "vsftpd.conf")
    assert "TLSProtocol TLSv1.3\n" in part("proftpd", wanted, "ftpair.conf")
    assert 'controlChannelPolicy" -Value "SslAllow"' in part("iis", wanted, "ftpair.ps1")
    assert parts_of("vsftpd", wanted) == ("steps", "vsftpd.conf")


def test_an_implicit_port_alone_is_served_where_that_can_be():
    plan = tcp_plan(explicit=None, server_explicit=None)
    wanted = wanted_of(plan, "FTPS_VIP", "SVR1")
    assert "Port 990\n" in part("proftpd", wanted, "ftpair.conf")
    assert parts_of("pure-ftpd", wanted) == ("steps",)


def test_the_server_of_pyftpdlib_is_a_program():
    ast.parse(part("pyftpdlib", wanted_of(tcp_plan(), "FTPS_VIP", "SVR1"), "server.py"))


def test_unknown_names_are_refused_with_those_that_there_are():
    with pytest.raises(NotFoundError, match="no server 'X' in FTPS_VIP; there are: SVR1, SVR2"):
        wanted_of(tcp_plan(), "FTPS_VIP", "X")
    with pytest.raises(NotFoundError, match="no service 'X'; there are: FTPS_VIP"):
        wanted_of(tcp_plan(), "X", "SVR1")
    wanted = wanted_of(tcp_plan(), "FTPS_VIP", "SVR1")
    assert wanted.passive == PortRange(50000, 50099)
    with pytest.raises(WrongRequestError, match=r"has no part 'x'; it has: steps, ftpair\.ps1"):
        part("iis", wanted, "x")


@pytest.mark.parametrize("kind", KINDS)
def test_no_server_announces_every_address(kind):
    """`PASV` answered with 0.0.0.0 leads nowhere; what is dialled stands nowhere in the file."""
    wanted = wanted_of(tcp_plan(public_name="", address="0.0.0.0"), "FTPS_VIP", "SVR1")
    assert (wanted.external, wanted.name) == ("", "")
    said = guide(kind, wanted)
    assert "0.0.0.0" not in said
    assert "say it by `advertised_address` of the service, and ask for this guide again" in said
    assert "A certificate for the name that clients dial (say it by `public_name` of the service)" in said


@pytest.mark.parametrize("kind", KINDS)
def test_over_ipv6_no_address_is_announced(kind):
    plan = tcp_plan(address="2001:db8::10")
    said = guide(kind, wanted_of(plan, "FTPS_VIP", "SVR1"))
    assert "2001:db8::10" not in said
    assert "over IPv6 clients ask by EPSV, whose answer names no address" in said
    behind = wanted_of(tcp_plan(address="2001:db8::10", advertised_address="198.51.100.7"), "FTPS_VIP", "SVR1")
    assert "198.51.100.7" in guide(kind, behind)


def test_vsftpd_listens_by_itself_in_the_family_of_its_address():
    (first, _second) = tcp_plan().tcp_services[0].servers
    there = msgspec.structs.replace(first, address=Endpoint("2001:db8::11", 21))
    wanted = wanted_of(tcp_plan(), "FTPS_VIP", "SVR1"), wanted_of(tcp_plan(servers=(there,)), "FTPS_VIP", "SVR1")
    for name in ("vsftpd.conf", "vsftpd-implicit.conf"):
        ipv4, ipv6 = (part("vsftpd", each, name) for each in wanted)
        assert "listen=YES\nlisten_ipv6=NO\n" in ipv4
        assert "listen=NO\nlisten_ipv6=YES\n" in ipv6


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("iis", r"the key `TLS 1.2\Server` with `Enabled` 0"),
        ("vsftpd", "`MinProtocol = TLSv1.3`"),
        ("proftpd", "TLSProtocol TLSv1.3\n"),
        ("pure-ftpd", "`MinProtocol = TLSv1.3`"),
        ("filezilla-server", "`v1.3` as `Minimum allowed TLS version`"),
        ("pyftpdlib", "set_min_proto_version(SSL.TLS1_3_VERSION)"),
    ],
)
def test_tls_1_3_alone_is_told(kind, words):
    assert words in guide(kind, wanted_of(tcp_plan(minimum_version="1.3"), "FTPS_VIP", "SVR1"))
    assert words not in guide(kind, wanted_of(tcp_plan(), "FTPS_VIP", "SVR1"))
