"""Tests of ftpair.guides.firewall: the rules are loaded where that can be, and read where not."""

import json
import shlex
import subprocess
import sys

import msgspec
import pytest

from ftpair.core.endpoint import PortRange
from ftpair.guides.firewall import FORMATS, rules
from tests.guides.plans import ftp_plan, tcp_plan

SERVICE = tcp_plan().tcp_services[0]
IPV6 = tcp_plan(pairing="source").tcp_services[0]
ACTIVE = ftp_plan(server_data="active", server_active_ports=PortRange(30000, 30999)).services[0]


PROBE = """
import socket
with socket.create_server(("192.0.2.10", 50007)) as server, socket.socket() as client:
    client.settimeout(0.5)
    print("reached" if client.connect_ex(("192.0.2.10", 50007)) == 0 else "blocked")
"""
DROPPING_TABLE = """
nft -f - <<END
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
    }
}
END
"""
DROPPING_CHAIN = """
iptables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
iptables -A INPUT -j DROP
"""


def in_a_namespace(*steps: str, file: str, tmp_path) -> str:
    """Run steps of a shell with $FILE in a network namespace of their own that has the VIP; return what they say.

    The step `probe` says whether a client reaches a port of the VIP's passive range: `reached` or `blocked`.
    """
    (tmp_path / "rules").write_text(file)
    (tmp_path / "probe.py").write_text(PROBE)
    script = "\n".join(
        [
            "set -e",
            f"FILE={shlex.quote(str(tmp_path / 'rules'))}",
            f"probe() {{ {sys.executable} {shlex.quote(str(tmp_path / 'probe.py'))}; }}",
            "ip link set lo up",
            "ip address add 192.0.2.10/32 dev lo",
            *steps,
        ]
    )
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("service", [SERVICE, ACTIVE], ids=["tcp", "active"])
def test_nftables_has_each_rule_once_however_often_it_is_loaded(service, tmp_path):
    said = in_a_namespace(
        "nft -f $FILE", "nft -f $FILE", "nft list ruleset", file=rules(service, "nftables"), tmp_path=tmp_path
    )
    assert said.count(f"ip daddr {service.address} tcp dport {{ ") == 1
    assert said.count(f"{service.passive} }} accept") == 1
    assert said.count("tcp dport 30000-30999 accept") == (service is ACTIVE)


def test_nftables_leaves_the_rules_of_other_services_alone(tmp_path):
    both = rules(SERVICE, "nftables") + rules(ACTIVE, "nftables")
    said = in_a_namespace("nft -f $FILE", "nft list ruleset", file=both, tmp_path=tmp_path)
    assert str(SERVICE.passive) in said
    assert str(ACTIVE.passive) in said


def test_nftables_names_the_lines_that_open_a_chain_which_drops(tmp_path):
    """An accept of one table overrides no drop of another: the named lines do what the table cannot."""
    file = rules(SERVICE, "nftables")
    named = [line.removeprefix("#   ") for line in file.splitlines() if line.startswith("#   nft ")]
    said = in_a_namespace(
        "probe", DROPPING_TABLE, "nft -f $FILE", "probe", *named, "probe", file=file, tmp_path=tmp_path
    )
    assert said.split() == ["reached", "blocked", "reached"]


def test_iptables_opens_a_chain_that_ends_with_a_drop(tmp_path):
    said = in_a_namespace(
        DROPPING_CHAIN, "probe", "sh $FILE", "probe", file=rules(SERVICE, "iptables"), tmp_path=tmp_path
    )
    assert said.split() == ["blocked", "reached"]


@pytest.mark.parametrize("service", [SERVICE, ACTIVE], ids=["tcp", "active"])
def test_iptables_has_each_rule_once_however_often_it_is_loaded(service, tmp_path):
    said = in_a_namespace(
        "sh $FILE", "sh $FILE", "iptables -S INPUT", file=rules(service, "iptables"), tmp_path=tmp_path
    )
    assert said.count(f"-d {service.address}/32 -p tcp -m multiport --dports") == 1
    assert said.count(str(service.passive).replace("-", ":")) == 1
    assert said.count("--dports 30000:30999") == (service is ACTIVE)


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


@pytest.mark.parametrize(("first", "expected"), [("", ["300", "301"]), ("PRIORITY=410 ", ["410", "411"])])
def test_azure_has_two_rules_with_priorities_in_a_row(tmp_path, first, expected):
    (tmp_path / "rules").write_text(rules(SERVICE, "azure"))
    stub = 'az() { printf "%s\\n" "$*"; }'
    script = f"{first}; {stub}; . {shlex.quote(str(tmp_path / 'rules'))}" if first else f"{stub}; . {tmp_path}/rules"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    lines = [shlex.split(line) for line in done.stdout.splitlines()]
    ports = [line[line.index("--destination-port-ranges") + 1 :] for line in lines]
    assert ports == [["21", "990"], ["50000-50199"]]
    assert [line[line.index("--priority") + 1] for line in lines] == expected


@pytest.mark.parametrize("name", ["tcp", "9x", "-", ".", "drop", "a.b-c", "x" * 64])
def test_nftables_takes_every_name_of_a_service(name, tmp_path):
    file = rules(msgspec.structs.replace(SERVICE, name=name), "nftables")
    said = in_a_namespace("nft -f $FILE", "nft list tables", file=file, tmp_path=tmp_path)
    assert said == f"table inet ftpair_{name}\n"


def test_nftables_keeps_services_with_like_names_apart(tmp_path):
    both = [msgspec.structs.replace(SERVICE, name=name) for name in ("a.b", "a-b", "a_b")]
    file = "".join(rules(each, "nftables") for each in both)
    said = in_a_namespace("nft -f $FILE", "nft list tables", file=file, tmp_path=tmp_path)
    assert said.count("table inet") == 3


@pytest.mark.parametrize("format_", FORMATS)
def test_a_service_on_every_address_is_let_in_everywhere(format_):
    anywhere = tcp_plan().tcp_services[0]
    said = rules(type(anywhere)("V", "0.0.0.0", PortRange(1025, 1030), anywhere.servers, explicit=21), format_)
    assert "1025" in said
    assert "daddr" not in said
    assert " -d " not in said


@pytest.mark.parametrize(("format_", "word"), [("iptables", "ip6tables"), ("aws", '"CidrIpv6": "::/0"')])
def test_every_address_of_ipv6_is_one_of_ipv6(format_, word):
    text = rules(msgspec.structs.replace(SERVICE, address="::"), format_)
    assert word in text
    assert "iptables -" not in text.replace("ip6tables", "")
    assert "0.0.0.0" not in text


@pytest.mark.parametrize("format_", ["windows", "aws", "azure"])
def test_servers_are_let_in_to_the_ports_of_active_mode(format_):
    text, former = rules(ACTIVE, format_), rules(msgspec.structs.replace(ACTIVE, server_data="passive"), format_)
    host = ACTIVE.servers[0].address.host
    assert "30000" in text
    assert host in text
    assert "30000" not in former
    assert host not in former
