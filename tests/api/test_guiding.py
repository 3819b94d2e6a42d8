"""Guides and rules, asked by HTTP."""

import pytest

from ftpair.api import guide_examples
from ftpair.core.guides import GetFirewall, GetGuide

SERVICE = "/api/v1/services/FTPS_VIP"


def test_a_guide_comes_in_parts(http, supervisor):
    assert (
        http.get(f"{SERVICE}/servers/FTP_SVR1/guide?kind=vsftpd").json()
        == http.get(f"{SERVICE}/servers/FTP_SVR1/guide").json()
    )
    assert supervisor.actions == [GetGuide("FTPS_VIP", "FTP_SVR1", "vsftpd"), GetGuide("FTPS_VIP", "FTP_SVR1")]


def test_rules_are_for_nftables_unless_something_else_is_said(http, supervisor):
    assert http.get(f"{SERVICE}/firewall").json() == guide_examples.RULES
    http.get(f"{SERVICE}/firewall?format=aws")
    assert supervisor.actions == [GetFirewall("FTPS_VIP", "nftables"), GetFirewall("FTPS_VIP", "aws")]


@pytest.mark.parametrize("path", ["servers/FTP_SVR1/guide?kind=apache", "firewall?format=pf"])
def test_what_nobody_knows_asks_the_supervisor_nothing(http, supervisor, path):
    assert (http.get(f"{SERVICE}/{path}").status_code, supervisor.actions) == (400, [])
