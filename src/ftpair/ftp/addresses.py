"""Addresses on the control connection: PORT, EPRT, EPSV, and the replies to PASV and EPSV (RFC 959, RFC 2428)."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address

import msgspec

from ftpair.core.endpoint import Endpoint

_SIX_NUMBERS = re.compile(rb"(?<!\d)" + rb"\s*,\s*".join([rb"(\d{1,3})"] * 6) + rb"(?!\d)")
_NUMBER = rb"(0|[1-9]\d{0,4})"  # Without leading zeros, which some take for octal (CVE-2021-29921).
_SIX_PARTS = re.compile(rb",".join([_NUMBER] * 6))
_EPRT = re.compile(rb"([^\w\s])(\d{1,5})\1([0-9A-Fa-f:.]{2,45})\1" + _NUMBER + rb"\1")
_FAMILIES: dict[str, type[IPv4Address | IPv6Address]] = {"1": IPv4Address, "2": IPv6Address}
_FOUR_DELIMITERS = re.compile(rb"([!-/:-@\[-`{-~])[12]?\1[0-9A-Fa-f:.]{0,45}\1(\d{1,5})\1")

MOST_READ_BYTES = 2048
"""The port stands within so much of a 229; a longer search is a server's way to keep everybody waiting."""


def is_ipv6(host: str) -> bool:
    """Return whether the address is an IPv6 one; an IPv4 address mapped into IPv6 is an IPv4 one."""
    return ":" in host and not _is_mapped(host)


def ipv4_of(host: str) -> str:
    """Return the IPv4 address in `host` (plain or mapped into IPv6), or nothing."""
    if ":" not in host:
        return host
    return host[7:] if _is_mapped(host) else ""


def _is_mapped(host: str) -> bool:
    return host[:7].lower() == "::ffff:" and "." in host


def passive_reply(host: str, port: int) -> bytes:
    """Build the reply to PASV in its classic form: clients parse it in many ways."""
    numbers = f"{host.replace('.', ',')},{port >> 8},{port & 255}"
    return f"227 Entering Passive Mode ({numbers}).\r\n".encode("ascii")


def extended_passive_reply(port: int) -> bytes:
    """Build the reply to EPSV."""
    return b"229 Entering Extended Passive Mode (|||%d|)\r\n" % port


def parse_passive_reply(raw: bytes) -> Endpoint | None:
    """Read a 227: the numbers stand anywhere in the line, with or without brackets; None if there are none."""
    found = _SIX_NUMBERS.search(raw, 4)
    if not found:
        return None
    numbers = [int(number) for number in found.groups()]
    port = numbers[4] << 8 | numbers[5]
    if max(numbers) > 255 or not port:
        return None
    return Endpoint(".".join(map(str, numbers[:4])), port)


def parse_extended_passive_reply(raw: bytes) -> int | None:
    """Read the port of a 229 with any delimiter (IBM i uses `!`); None if there is none."""
    found = _FOUR_DELIMITERS.search(raw, 4, MOST_READ_BYTES)
    port = int(found[2]) if found else 0
    return port if 0 < port < 65536 else None


EPSV_ARGUMENTS = {b"": "any", b"1": "1", b"2": "2", b"ALL": "all"}


def parse_epsv(argument: bytes) -> str | None:
    """Return what EPSV asks for: `any`, network protocol `1` (IPv4) or `2` (IPv6), or `all`; None for anything else."""
    return EPSV_ARGUMENTS.get(argument.strip().upper())


class ActiveAddress(msgspec.Struct, frozen=True):
    """What EPRT asks for: a network protocol (`1` is IPv4, `2` IPv6), and the endpoint unless it is another one."""

    network: str
    endpoint: Endpoint | None


def network_of(host: str) -> str:
    """Return the network protocol of an address as EPSV and EPRT number it."""
    return "2" if is_ipv6(host) else "1"


def is_same_host(one: str, other: str) -> bool:
    """Return whether two texts are one address; IPv4 in IPv6 clothes is IPv4, and a zone belongs to no address."""
    return _bare(one) == _bare(other)


def _bare(host: str) -> IPv4Address | IPv6Address:
    return ip_address(ipv4_of(host) or host.partition("%")[0])


def parse_port(argument: bytes) -> Endpoint | None:
    """Read the six numbers of PORT; None if they are anything else."""
    found = _SIX_PARTS.fullmatch(argument.strip())
    if not found:
        return None
    numbers = [int(number) for number in found.groups()]
    if max(numbers) > 255:
        return None
    return Endpoint(".".join(map(str, numbers[:4])), numbers[4] << 8 | numbers[5])


def parse_eprt(argument: bytes) -> ActiveAddress | None:
    """Read `|1|192.0.2.7|1025|` with any delimiter; None if it is anything else."""
    found = _EPRT.fullmatch(argument.strip())
    if not found:
        return None
    network, host, port = found[2].decode(), found[3].decode(), int(found[4])
    if network not in _FAMILIES:
        return ActiveAddress(network, None)
    try:
        address = _FAMILIES[network](host)
    except ValueError:
        return None
    return ActiveAddress(network, Endpoint(str(address), port)) if port < 65536 else None


def port_argument(host: str, port: int) -> str:
    """Build what PORT asks with, for an IPv4 address."""
    return f"{ipv4_of(host).replace('.', ',')},{port >> 8},{port & 255}"


def eprt_argument(host: str, port: int) -> str:
    """Build what EPRT asks with."""
    bare = ipv4_of(host) or host.partition("%")[0]
    return f"|{network_of(host)}|{bare}|{port}|"
