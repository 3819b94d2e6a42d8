"""Guides and firewall rules as pages."""

from ftpair.core.accounts import Role
from ftpair.core.actions import Refused
from ftpair.core.guides import FirewallIs, FirewallRules, GetFirewall, GetGuide, GuideIs, GuidePart, GuideText


def test_a_guide_has_its_parts_each_to_be_copied(browsing, supervisor):
    parts = GuidePart("steps", "1. Do <this>."), GuidePart("vsftpd.conf", "listen=YES")
    supervisor.answers[GetGuide] = GuideIs(GuideText("VIP", "S1", "vsftpd", "vsftpd", "running", parts))
    with browsing(Role.VIEWER) as viewer:
        page = viewer.get("/services/VIP/servers/S1/guide?kind=vsftpd").text
    assert (
        supervisor.actions[-3:][0] == GetGuide("VIP", "S1", "vsftpd")
        or GetGuide("VIP", "S1", "vsftpd") in supervisor.actions
    )
    assert "1. Do &lt;this&gt;." in page
    assert page.count("data-copy=") == 2
    assert "this is by what runs" in page


def test_a_server_whose_make_is_not_known_is_asked_for(admin, supervisor):
    supervisor.answers[GetGuide] = Refused("wrong-request", "the make of the server is not known")
    page = admin.get("/services/VIP/servers/S1/guide")
    assert (page.status_code, "Which FTP server is it?" in page.text, "?kind=iis" in page.text) == (200, True, True)


def test_a_server_that_there_is_not_has_no_guide(admin, supervisor):
    supervisor.answers[GetGuide] = Refused("not-found", "no server 'S9' in VIP")
    assert admin.get("/services/VIP/servers/S9/guide").status_code == 404


def test_firewall_rules_are_shown_in_the_language_that_was_chosen(admin, supervisor):
    supervisor.answers[GetFirewall] = lambda action: FirewallIs(
        FirewallRules(action.service, action.format, "file", f"rules in {action.format}")
    )
    page = admin.get("/services/VIP/firewall?format=ufw").text
    assert "rules in ufw" in page
    assert 'href="?format=azure"' in page
