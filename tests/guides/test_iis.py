"""The PowerShell for IIS is parsed, and what it sets is compared with the schema of IIS.

IIS is not at hand in tests, so its schema stands here (FTP_schema.xml), as Microsoft documents it:
learn.microsoft.com/iis/configuration/system.applicationhost/sites/sitedefaults/ftpserver.
"""

import re

import pytest
import tree_sitter_powershell
from tree_sitter import Language, Node, Parser

from ftpair.guides.guide import part
from ftpair.guides.wanted import wanted_of
from tests.guides.plans import ftp_plan, tcp_plan

PORT = range(1024, 65536)
SECONDS = range(65536)
SSL_POLICIES = {"SslAllow", "SslRequire", "SslRequireCredentialsOnly"}
"""The data channel has SslDeny in the place of the last."""
SITE = {
    "ftpServer.firewallSupport.externalIp4Address": str,
    "ftpServer.security.ssl.serverCertHash": str,
    "ftpServer.security.ssl.serverCertStoreName": str,
    "ftpServer.security.ssl.controlChannelPolicy": SSL_POLICIES,
    "ftpServer.security.ssl.dataChannelPolicy": {"SslAllow", "SslRequire", "SslDeny"},
    "ftpServer.security.ssl.ssl128": {"$true", "$false"},
    "ftpServer.security.dataChannelSecurity.matchClientAddressForPort": {"$true", "$false"},
    "ftpServer.security.dataChannelSecurity.matchClientAddressForPasv": {"$true", "$false"},
    "ftpServer.connections.controlChannelTimeout": SECONDS,
    "ftpServer.connections.dataChannelTimeout": SECONDS,
}
MACHINE = {"lowDataChannelPort": PORT, "highDataChannelPort": PORT}
"""Of system.ftpServer/firewallSupport, which exists for the whole server only."""
PLANS = {
    "tcp": (tcp_plan(), "FTPS_VIP"),
    "explicit": (tcp_plan(implicit=None, server_implicit=None, clear_text="allow"), "FTPS_VIP"),
    "ftp": (ftp_plan(), "FTP_VIP"),
    "everywhere": (tcp_plan(public_name="", address="0.0.0.0"), "FTPS_VIP"),
    "ipv6": (tcp_plan(address="2001:db8::10"), "FTPS_VIP"),
}


@pytest.fixture(params=PLANS)
def script(request):
    plan, service = PLANS[request.param]
    return part("iis", wanted_of(plan, service, "SVR1"), "ftpair.ps1")


def nodes(node: Node):
    yield node
    for child in node.children:
        yield from nodes(child)


def test_it_is_powershell(script):
    tree = Parser(Language(tree_sitter_powershell.language())).parse(script.encode())
    wrong = [each for each in nodes(tree.root_node) if each.type == "ERROR" or each.is_missing]
    assert not wrong, [(each.start_point, each.text) for each in wrong]


def fits(value: str, known: object) -> bool:
    bare = value.strip('"')
    if isinstance(known, range):
        return int(bare) in known
    return bare in known if isinstance(known, set) else bool(bare)


def test_it_sets_only_what_iis_has_to_values_that_iis_takes(script):
    of_site = re.findall(r'Set-ItemProperty \$path -Name "([^"]+)" -Value (\S+)', script)
    of_machine = re.findall(r'Set-WebConfigurationProperty @machine -Name "([^"]+)" -Value (\S+)', script)
    assert len(of_site) >= 6
    assert [name for name, _value in of_machine] == list(MACHINE)
    for (name, value), known in [((n, v), SITE[n]) for n, v in of_site] + [((n, v), MACHINE[n]) for n, v in of_machine]:
        assert fits(value, known), (name, value)
    assert 'Filter = "system.ftpServer/firewallSupport"' in script


def test_it_may_run_again():
    script = part("iis", wanted_of(tcp_plan(), "FTPS_VIP", "SVR1"), "ftpair.ps1")
    assert script.count("New-WebBinding") == script.count("if (-not (Get-WebBinding") == 2
    assert script.index("Remove-NetFirewallRule") < script.index("New-NetFirewallRule")
    assert script.index("highDataChannelPort") < script.index("Restart-Service ftpsvc")


def test_service_and_site_are_restarted_at_the_end(script):
    service, site = script.index("Restart-Service ftpsvc"), script.index("$ftp.Start()")
    assert script.index("New-NetFirewallRule") < service < site
