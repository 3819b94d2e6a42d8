"""`ftpair route`."""

import json

from ftpair.api import examples
from ftpair.core.actions import FindRoute, GetStatus, StatusIs
from tests.api.supervisor import node, server, service

CERTIFICATE = ("Partner 1", r"CN=Doe\, Jane,O=Example", "email:jane@example.org")


def test_route_explains_the_choice_in_one_sentence(ftpair, supervisor):
    ran = ftpair("route", "FTPS_VIP", "--user", "kim", "--from", "10.0.0.5")
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"{examples.ROUTE['sentence']}\n"
    assert supervisor.actions[-1] == FindRoute("FTPS_VIP", "kim", "10.0.0.5")


def test_route_tells_programs_every_part(ftpair, supervisor):
    words = ("--host", "ftp.example.org", "--sni", "ftps.example.org", "--certificate", "Partner 1")
    words += ("--certificate-subject", r"CN=Doe\, Jane,O=Example", "--certificate-san", "email:jane@example.org")
    assert json.loads(ftpair("route", "FTPS_VIP", *words, "--json").out) == examples.ROUTE
    assert supervisor.actions[-1] == FindRoute("FTPS_VIP", "", "", "ftp.example.org", "ftps.example.org", *CERTIFICATE)


def test_an_unknown_service_is_told(ftpair, supervisor):
    ran = ftpair("route", "NONE")
    assert ran.status == 1
    assert "no service 'NONE'; there are: FTPS_VIP" in ran.err


def test_status_shows_pools_where_there_is_more_than_one(ftpair, supervisor):
    servers = server("FTP_SVR1"), server("FTP_SVR9", pool="new")
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(servers=servers),)))
    lines = ftpair("status").out.splitlines()
    at = next(number for number, line in enumerate(lines) if line.split()[:1] == ["SERVER"])
    assert [line.split()[:2] for line in lines[at : at + 3]] == [
        ["SERVER", "POOL"],
        ["FTP_SVR1", "default"],
        ["FTP_SVR9", "new"],
    ]
