"""Rules for the firewall in front of the balancer, in the language of each. Pure.

No helper that reads FTP (conntrack) is wanted: it cannot read TLS, and the ports are known.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from ftpair.core.endpoint import PortRange
from ftpair.core.plan import AnyService, ServicePlan

Format = Literal["nftables", "iptables", "ufw", "windows", "aws", "azure"]
_NO_HELPER = "No conntrack helper for FTP: it cannot read TLS, and all ports are named here."
_AZURE_PRIORITY = 300


@dataclass(frozen=True, slots=True)
class _Doors:
    """What must be let in, and out."""

    service: str
    address: str
    """Of the VIP; empty: any."""
    control: tuple[int, ...]
    passive: PortRange
    servers: tuple[tuple[str, int], ...]
    active_ports: str = ""
    """Where servers connect to in active mode; empty: they do not."""
    is_ipv6: bool = False

    @property
    def ranges(self) -> list[str]:
        """The ports as most formats write them."""
        return [*map(str, self.control), str(self.passive)]


def rules(service: AnyService, format_: Format) -> str:
    """Return the rules as text that can be used as it is; its last line ends with a line feed."""
    return FORMATS[format_](_doors(service)).rstrip() + "\n"


def _doors(service: AnyService) -> _Doors:
    control = tuple(port for port in (service.explicit, service.implicit) if port is not None)
    servers = tuple((server.address.host, server.address.port) for server in service.servers)
    any_address = ip_address(service.address).is_unspecified
    active = ""
    if isinstance(service, ServicePlan) and service.server_data == "active" and service.server_active_ports:
        active = str(service.server_active_ports)
    address = "" if any_address else service.address
    return _Doors(service.name, address, control, service.passive, servers, active, is_ipv6=":" in service.address)


def _nftables(doors: _Doors) -> str:
    """Return a table of the service's own, emptied first: loaded twice it is there once, and leaves others alone."""
    family = "ip6" if doors.is_ipv6 else "ip"
    to = f"{family} daddr {doors.address} " if doors.address else ""
    accepted = [f"{to}tcp dport {{ {', '.join(doors.ranges)} }} accept"]
    if doors.active_ports:
        accepted.append(f"ip saddr {{ {', '.join(_hosts(doors))} }} tcp dport {doors.active_ports} accept")
    # A verdict of accept ends the chain, not the hook: chains of other tables still see the packet (nft(8), VERDICTS).
    table = f"table inet ftpair_{doors.service}"  # A name of ours has no sign that nft would not take.
    lines = [
        f"# {doors.service}: load with nft -f FILE, as often as you like. {_NO_HELPER}",
        "# An accept of this table does not override a drop of another. If a chain of yours drops the rest (nft list",
        "# ruleset), it has to accept the same before: write these rules into it in /etc/nftables.conf, and insert",
        "# them until that is loaded. Where the chain is inet filter input:",
        *(f"#   nft 'insert rule inet filter input {rule}'" for rule in accepted),
        table,
        f"flush {table}",
        f"{table} {{",
        "    chain input {",
        "        type filter hook input priority filter; policy accept;",
        *(f"        {rule}" for rule in accepted),
    ]
    return "\n".join([*lines, "    }", "}"])


def _iptables(doors: _Doors) -> str:
    to = f" -d {doors.address}" if doors.address else ""
    ports = ",".join(each.replace("-", ":") for each in doors.ranges)
    program = "ip6tables" if doors.is_ipv6 else "iptables"
    rule = 'INPUT -p tcp "$@" -j ACCEPT'
    lines = [
        f"# {doors.service}: load with sh FILE, as root, as often as you like. {_NO_HELPER}",
        "# The rules go in front, where no DROP of the same chain comes before them.",
        f"accept() {{ {program} -C {rule} 2>/dev/null || {program} -I {rule}; }}",
        f"accept{to} -m multiport --dports {ports}",
    ]
    if doors.active_ports:
        own = doors.active_ports.replace("-", ":")
        lines += [f"accept -s {host} -m multiport --dports {own}" for host in _hosts(doors)]
    return "\n".join(lines)


def _ufw(doors: _Doors) -> str:
    to = doors.address or "any"
    lines = [f"# {doors.service}. {_NO_HELPER}"]
    lines += [f"ufw allow proto tcp to {to} port {each.replace('-', ':')}" for each in doors.ranges]
    if doors.active_ports:
        ports = doors.active_ports.replace("-", ":")
        lines += [f"ufw allow proto tcp from {host} to any port {ports}" for host in _hosts(doors)]
    return "\n".join(lines)


def _windows(doors: _Doors) -> str:
    """For a Windows machine that stands in front, or that routes."""
    name = f"ftpair {doors.service}"
    ports = ", ".join(f'"{each}"' for each in doors.ranges)
    new = f'New-NetFirewallRule -DisplayName "{name}" -Direction Inbound -Action Allow -Protocol TCP'
    hosts = ", ".join(f'"{host}"' for host in _hosts(doors))
    from_servers = [f'{new} -LocalPort "{doors.active_ports}" -RemoteAddress {hosts}'] if doors.active_ports else []
    return "\n".join(
        [
            f"# {doors.service}: PowerShell, as administrator. The stateful FTP filter cannot read TLS.",
            f'Get-NetFirewallRule -DisplayName "{name}" -ErrorAction SilentlyContinue | Remove-NetFirewallRule',
            f"{new} -LocalPort {ports}",
            *from_servers,
            "netsh advfirewall set global StatefulFTP disable",
        ]
    )


def _aws(doors: _Doors) -> str:
    everybody = ["::/0" if doors.is_ipv6 else "0.0.0.0/0"]
    wanted = [(*_ends(ports), everybody) for ports in doors.ranges]
    wanted += [(*_ends(doors.active_ports), list(map(_network, _hosts(doors))))] if doors.active_ports else []
    permissions = [
        {"IpProtocol": "tcp", "FromPort": first, "ToPort": last} | _sources(networks)
        for first, last, networks in wanted
    ]
    return "\n".join(
        [
            f"# {doors.service}: write your security group in the place of sg-....",
            "aws ec2 authorize-security-group-ingress --group-id sg-... \\",
            f"    --ip-permissions '{json.dumps(permissions)}'",
        ]
    )


def _ends(ports: str) -> tuple[int, int]:
    """Return the first and the last of `21` or `1025-1052`."""
    first, _, last = ports.partition("-")
    return int(first), int(last or first)


def _network(host: str) -> str:
    return f"{host}/128" if ":" in host else f"{host}/32"


def _sources(networks: list[str]) -> dict[str, list[dict[str, str]]]:
    six, four = [each for each in networks if ":" in each], [each for each in networks if ":" not in each]
    found = {"IpRanges": [{"CidrIp": each} for each in four], "Ipv6Ranges": [{"CidrIpv6": each} for each in six]}
    return {key: ranges for key, ranges in found.items() if ranges}


def _azure(doors: _Doors) -> str:
    wanted = [("control", " ".join(map(str, doors.control)), ""), ("passive", str(doors.passive), "")]
    if doors.active_ports:
        wanted.append(("active", doors.active_ports, f" --source-address-prefixes {' '.join(_hosts(doors))}"))
    lines = [
        f"# {doors.service}: write your resource group and network security group. No two rules of a group may have",
        f"# the same priority: PRIORITY is the first of {len(wanted)} free ones in a row.",
        f"PRIORITY=${{PRIORITY:-{_AZURE_PRIORITY}}}",
    ]
    lines += [
        "az network nsg rule create --resource-group GROUP --nsg-name NSG "
        f"--name ftpair-{doors.service}-{name} --priority $((PRIORITY + {number})) --direction Inbound "
        f"--access Allow --protocol Tcp --destination-address-prefixes {doors.address or '*'} "
        f"--destination-port-ranges {ports}{sources}"
        for number, (name, ports, sources) in enumerate(wanted)
    ]
    return "\n".join(lines)


def _hosts(doors: _Doors) -> list[str]:
    return list(dict.fromkeys(host for host, _port in doors.servers))


FORMATS: Mapping[Format, Callable[[_Doors], str]] = {
    "nftables": _nftables,
    "iptables": _iptables,
    "ufw": _ufw,
    "windows": _windows,
    "aws": _aws,
    "azure": _azure,
}
