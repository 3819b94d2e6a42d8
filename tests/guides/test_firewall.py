"""Tests of ftpair.guides.firewall: the rules are loaded where that can be, and read where not."""

import json
import shlex
import subprocess

import pytest

from ftpair.core.endpoint import PortRange
from ftpair.guides.firewall import FORMATS, rules
from tests.guides.plans import ftp_plan, tcp_plan

SERVICE = tcp_plan().tcp_services[0]
IPV6 = tcp_plan(pairing="source").tcp_services[0]
ACTIVE = ftp_plan(server_data="active", server_active_ports=PortRange(30000, 30999)).services[0]


def in_a_namespace(*command: str, stdin: str) -> str:
    """Run a command in a network namespace that it has for itself; return what it says."""
    done = subprocess.run(["unshare", "--net", *command], input=stdin, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("service", [SERVICE, ACTIVE], ids=["tcp", "active"])
def test_nftables_takes_the_rules(service):
    said = in_a_namespace("sh", "-c", "nft -f - && nft list ruleset", stdin=rules(service, "nftables"))
    wanted = f"ip daddr {service.address} tcp dport {{ "
    assert wanted in said
    assert f"{service.passive} }} accept" in said
    assert ("tcp dport 30000-30999 accept" in said) is (service is ACTIVE)


@pytest.mark.parametrize("service", [SERVICE, ACTIVE], ids=["tcp", "active"])
def test_iptables_takes_the_rules(service):
    said = in_a_namespace(
        "sh", "-c", "iptables-restore --noflush && iptables -S INPUT", stdin=rules(service, "iptables")
    )
    assert f"-d {service.address}/32 -p tcp -m multiport --dports" in said
    assert str(service.passive).replace("-", ":") in said


def test_ufw_has_a_line_for_each_port():
    assert rules(SERVICE, "ufw").splitlines()[1:] == [
        "ufw allow proto tcp to 192.0.2.10 port 21",
        "ufw allow proto tcp to 192.0.2.10 port 990",
        "ufw allow proto tcp to 192.0.2.10 port 50000:50199",
    ]
    assert rules(ACTIVE, "ufw").endswith("ufw allow proto tcp from 10.0.0.11 to any port 30000:30999\n")


def test_windows_replaces_its_rule():
    said = rules(SERVICE, "windows")
    assert '-LocalPort "21", "990", "50000-50199"' in said
    assert said.index("Remove-NetFirewallRule") < said.index("New-NetFirewallRule")


def test_aws_gets_permissions_as_json():
    words = shlex.split(rules(SERVICE, "aws").partition("\n")[2].replace("\\\n", " "))
    permissions = json.loads(words[words.index("--ip-permissions") + 1])
    assert [(each["FromPort"], each["ToPort"]) for each in permissions] == [(21, 21), (990, 990), (50000, 50199)]


def test_azure_has_two_rules_of_different_priority():
    lines = [shlex.split(line) for line in rules(SERVICE, "azure").splitlines()[1:]]
    ports = [line[line.index("--destination-port-ranges") + 1 :] for line in lines]
    assert ports == [["21", "990"], ["50000-50199"]]
    assert len({line[line.index("--priority") + 1] for line in lines}) == 2


@pytest.mark.parametrize("format_", FORMATS)
def test_a_service_on_every_address_is_let_in_everywhere(format_):
    anywhere = tcp_plan().tcp_services[0]
    said = rules(type(anywhere)("V", "0.0.0.0", PortRange(1025, 1030), anywhere.servers, explicit=21), format_)
    assert "1025" in said
    assert "daddr" not in said
    assert " -d " not in said
