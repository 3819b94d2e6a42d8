"""Headers of the PROXY protocol, versions 1 and 2: bytes to values and back. Knows no socket and no policy.

A header stands in front of everything else that a connection carries and says between whom it really is
(https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt; the paragraphs below are of that text).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from ftpair.core.endpoint import Endpoint
from ftpair.core.errors import FtpairError
from ftpair.core.plan import HeaderVersion
from ftpair.ftp.checksum import crc32c

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
WORD = b"PROXY "
LONGEST_LINE = 107
"""Bytes of a version 1 header, its line end included (2.1)."""
MOST_BYTES = 4096
"""Bytes of a version 2 header; a client's whole certificate may be in it, but nobody shall make us wait for 64 KiB."""

_HEAD_BYTES = 16
_LOCAL, _PROXY = 0x20, 0x21
_ALPN, _AUTHORITY, _CRC32C, _UNIQUE_ID, _SSL = 0x01, 0x02, 0x03, 0x05, 0x20
_SSL_VERSION, _SSL_NAME, _SSL_CIPHER = 0x21, 0x22, 0x23
_CLIENT_SSL, _CLIENT_CERTIFICATE = 0x01, 0x02
_UNSPECIFIED, _UNIX = 0x00, 0x31
_FAMILIES: dict[int, tuple[int, Callable[[bytes], IPv4Address | IPv6Address]]] = {
    0x11: (4, IPv4Address),
    0x21: (16, IPv6Address),
}
"""The bytes of one address and what they are, by family and transport: TCP over IPv4, TCP over IPv6."""


class HeaderError(FtpairError):
    """The bytes are no header, or a broken one; the sentence says which."""


@dataclass(frozen=True, slots=True)
class Secured:
    """TLS between client and proxy, as OpenSSL names it; `name` is the common name in the client's certificate."""

    version: str
    cipher: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Header:
    """What a header says. Without endpoints it is a connection of the proxy's own: a health check."""

    client: Endpoint | None = None
    local: Endpoint | None = None
    """The address that the client dialled."""
    unique_id: bytes = b""
    authority: str = ""
    """The server name (SNI) that the client asked for."""
    alpn: bytes = b""
    tls: Secured | None = None


def begins_header(data: bytes) -> bool | None:
    """Return whether the first bytes of a connection are a header's; None while they are too few to tell."""
    if data.startswith((SIGNATURE, WORD)):
        return True
    return None if SIGNATURE.startswith(data) or WORD.startswith(data) else False


class HeaderReader:
    """Reads one header from the front of a connection, however its bytes come.

    `feed` says how many of them belong to the header; what follows is for whoever comes next.
    """

    def __init__(self) -> None:
        self.header: Header | None = None
        """Set once the header is whole."""
        self._got = b""

    def feed(self, data: bytes) -> int:
        """Return how many bytes belong to the header. Raises HeaderError."""
        so_far = self._got + data
        length = _length_of(so_far)
        if length is None or len(so_far) < length:
            self._got = so_far
            return len(data)
        taken = length - len(self._got)
        self._got = so_far[:length]
        self.header = (_parse_binary if self._got.startswith(SIGNATURE) else _parse_line)(self._got)
        return taken


def _length_of(data: bytes) -> int | None:
    """Return how long the header is that begins so, None while it cannot be told."""
    if data[:12] == SIGNATURE[: len(data)]:
        return _length_of_binary(data)
    if data[:6] == WORD[: len(data)]:
        return _length_of_line(data)
    raise HeaderError("the connection does not begin with a PROXY header")


def _length_of_binary(data: bytes) -> int | None:
    if len(data) < _HEAD_BYTES:
        return None
    length = _HEAD_BYTES + int.from_bytes(data[14:16], "big")
    if length > MOST_BYTES:
        raise HeaderError(f"the PROXY header is longer than {MOST_BYTES} bytes")
    return length


def _length_of_line(data: bytes) -> int | None:
    end = data.find(b"\r\n", 0, LONGEST_LINE)
    if end < 0 and len(data) >= LONGEST_LINE:
        raise HeaderError(f"the PROXY line is longer than {LONGEST_LINE} bytes")
    return end + 2 if end >= 0 else None


# Version 1.


def _parse_line(line: bytes) -> Header:
    """Read `PROXY TCP4 client local port port` (2.1); what stands behind UNKNOWN does not matter."""
    words = line[:-2].split(b" ")
    if words[1] == b"UNKNOWN":
        return Header()
    version = {b"TCP4": 4, b"TCP6": 6}.get(words[1])
    if version is None or len(words) != 6:
        raise HeaderError("the PROXY line is none of TCP4, TCP6 and UNKNOWN")
    hosts = [_host(word, version) for word in words[2:4]]
    ports = [_port(word) for word in words[4:6]]
    return Header(Endpoint(hosts[0], ports[0]), Endpoint(hosts[1], ports[1]))


def _host(word: bytes, version: int) -> str:
    try:
        address = ip_address(word.decode("ascii"))
    except ValueError:
        raise HeaderError("an address in the PROXY line is none") from None
    if address.version != version or b"%" in word:
        raise HeaderError("an address in the PROXY line is of another family")
    return _usual(address)


def _port(word: bytes) -> int:
    if not word.isdigit() or len(word) > 5 or int(word) > 65535 or word != b"%d" % int(word):
        raise HeaderError("a port in the PROXY line is none")
    return int(word)


# Version 2.


def _parse_binary(data: bytes) -> Header:
    """Read a version 2 header (2.2)."""
    command, family = data[12], data[13]
    if command == _LOCAL:
        return Header()  # Whatever else it says is to be ignored.
    if command != _PROXY:
        raise HeaderError("the PROXY header has an unknown version or command")
    if family in (_UNSPECIFIED, _UNIX):
        return Header()  # The real endpoints of the connection are to be used.
    if family not in _FAMILIES:
        raise HeaderError("the PROXY header is not about a TCP connection")
    return _parse_addresses(data, *_FAMILIES[family])


def _parse_addresses(data: bytes, size: int, read: Callable[[bytes], IPv4Address | IPv6Address]) -> Header:
    ports = _HEAD_BYTES + 2 * size
    if len(data) < ports + 4:
        raise HeaderError("the PROXY header is too short for its addresses")
    client, local = (
        Endpoint(_usual(read(data[host : host + size])), _number(data[port : port + 2]))
        for host, port in ((_HEAD_BYTES, ports), (_HEAD_BYTES + size, ports + 2))
    )
    return Header(client, local, **_extras(data, ports + 4))


def _usual(address: IPv4Address | IPv6Address) -> str:
    """Return an address as the rest of ftpair knows it: an IPv4 address mapped into IPv6 is an IPv4 one."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address)


def _extras(data: bytes, start: int) -> dict[str, Any]:
    """Return the fields of the header that come as type, length and value (2.2.1)."""
    found: dict[str, Any] = {}
    for kind, at, value in _fields(data, start):
        if kind == _CRC32C and crc32c(data[:at] + bytes(len(value)) + data[at + len(value) :]) != _number(value):
            raise HeaderError("the checksum of the PROXY header is wrong")
        if kind in _READ:
            name, read = _READ[kind]
            found[name] = read(value)
    return found


def _number(value: bytes) -> int:
    return int.from_bytes(value, "big")


def _fields(data: bytes, start: int) -> Iterator[tuple[int, int, bytes]]:
    """Yield type, place and value of each."""
    at = start
    while at < len(data):
        end = at + 3 + _number(data[at + 1 : at + 3])
        if at + 3 > len(data) or end > len(data):
            raise HeaderError("a field of the PROXY header leaves it")
        yield data[at], at + 3, data[at + 3 : end]
        at = end


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _secured(value: bytes) -> Secured | None:
    """Read PP2_TYPE_SSL (2.2.6): flags, the result of verifying, fields within the field."""
    if len(value) < 5:
        raise HeaderError("a field of the PROXY header leaves it")
    if not value[0] & _CLIENT_SSL:
        return None
    inner = {kind: _text(each) for kind, _at, each in _fields(value, 5)}
    # A name that nobody has verified is none.
    name = inner.get(_SSL_NAME, "") if not _number(value[1:5]) else ""
    return Secured(inner.get(_SSL_VERSION, ""), inner.get(_SSL_CIPHER, ""), name)


_READ: dict[int, tuple[str, Callable[[bytes], Any]]] = {
    _ALPN: ("alpn", bytes),
    _AUTHORITY: ("authority", _text),
    _UNIQUE_ID: ("unique_id", bytes),
    _SSL: ("tls", _secured),
}


# Building.


def line(header: Header) -> bytes:
    """Build a header of version 1; it knows addresses and nothing else."""
    client, local = header.client, header.local
    if client is None or local is None:
        return b"PROXY UNKNOWN\r\n"
    hosts = f"{client.host} {local.host}"
    family = "TCP6" if ":" in hosts else "TCP4"
    if family == "TCP6":
        hosts = " ".join(str(_sixth(each.host)) for each in (client, local))
    return f"PROXY {family} {hosts} {client.port} {local.port}\r\n".encode("ascii")


def binary(header: Header) -> bytes:
    """Build a header of version 2; without endpoints it is LOCAL."""
    client, local = header.client, header.local
    if client is None or local is None:
        return SIGNATURE + bytes((_LOCAL, 0, 0, 0))
    is_ipv6 = ":" in client.host + local.host
    hosts = [(_sixth(each.host) if is_ipv6 else ip_address(each.host)).packed for each in (client, local)]
    ports = client.port.to_bytes(2, "big") + local.port.to_bytes(2, "big")
    rest = b"".join(hosts) + ports + _built_extras(header)
    return SIGNATURE + bytes((_PROXY, 0x21 if is_ipv6 else 0x11)) + len(rest).to_bytes(2, "big") + rest


def _sixth(host: str) -> IPv6Address:
    """Return an address as IPv6 has it, without its zone: both of a header are of one family."""
    address = ip_address(host.partition("%")[0])
    return address if isinstance(address, IPv6Address) else IPv6Address(f"::ffff:{address}")


def _built_extras(header: Header) -> bytes:
    tls = b"" if header.tls is None else _built_tls(header.tls)
    wanted = (
        (_ALPN, header.alpn),
        (_AUTHORITY, header.authority.encode("utf-8", "backslashreplace")),
        (_UNIQUE_ID, header.unique_id),
        (_SSL, tls),
    )
    return b"".join(_field(kind, value) for kind, value in wanted if value)


def _built_tls(tls: Secured) -> bytes:
    """Build PP2_TYPE_SSL; its result of verifying is 0 only where a certificate was shown, and accepted."""
    inner = ((_SSL_VERSION, tls.version), (_SSL_CIPHER, tls.cipher), (_SSL_NAME, tls.name))
    flags, result = (_CLIENT_SSL | _CLIENT_CERTIFICATE, 0) if tls.name else (_CLIENT_SSL, 1)
    fields = b"".join(_field(kind, value.encode("utf-8", "backslashreplace")) for kind, value in inner if value)
    return bytes((flags,)) + result.to_bytes(4, "big") + fields


def _field(kind: int, value: bytes) -> bytes:
    return bytes((kind,)) + len(value).to_bytes(2, "big") + value


BUILD: dict[HeaderVersion, Callable[[Header], bytes]] = {"off": lambda _header: b"", "v1": line, "v2": binary}
"""Who builds a header of a version."""
