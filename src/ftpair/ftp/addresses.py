"""Addresses on the control connection: the replies to PASV and EPSV and what EPSV asks for (RFC 959, RFC 2428)."""

import re

from ftpair.core.endpoint import Endpoint

_SIX_NUMBERS = re.compile(rb"(?<!\d)" + rb"\s*,\s*".join([rb"(\d{1,3})"] * 6) + rb"(?!\d)")
_FOUR_DELIMITERS = re.compile(rb"([^\w\s])[12]?\1[^\s]*?\1(\d{1,5})\1")


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
    found = _FOUR_DELIMITERS.search(raw, 4)
    port = int(found[2]) if found else 0
    return port if 0 < port < 65536 else None


EPSV_ARGUMENTS = {b"": "any", b"1": "1", b"2": "2", b"ALL": "all"}


def parse_epsv(argument: bytes) -> str | None:
    """Return what EPSV asks for: `any`, network protocol `1` (IPv4) or `2` (IPv6), or `all`; None for anything else."""
    return EPSV_ARGUMENTS.get(argument.strip().upper())
