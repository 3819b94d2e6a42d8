"""The kinds of values that keys take: addresses, names, ports, ranges. Each refusal says what to write instead."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from itertools import permutations
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, PlainValidator, WithJsonSchema

from ftpair.core.binding import DataSession
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.networks import lies_in
from ftpair.core.plan import CheckLevel, HeaderVersion, Rescue, ServerTlsMode, TlsVersion

NAME = r"^[A-Za-z0-9_.-]{1,64}$"
LONGEST_GLOB = 120
DIALLED = "dialled"
"""What stands for the address that the client dialled."""
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_WITH_PORT = re.compile(r"([^:\[\]]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})")
_RANGE = re.compile(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?")
_LONGEST_SOCKET_FOLDER = 90
_LAST_PORT = 65535
_PEER = re.compile(r"(?:\[(?P<ipv6>[^\]]*:[^\]]*)\]|(?P<host>[^:\[\]]+)):(?P<port>[0-9]{1,5})")
_FIRST_GROUP = IPv4Address("224.0.0.0")
"""From here on there are groups (RFC 5771) and reserved addresses, and nobody to dial."""
_PASSIVE_EXAMPLE = "write a range such as 40000-40199"


def _without_port(text: str, remedy: str = "") -> str:
    """Return the text as it is. Raises ValueError for an address or a host name with a port behind it."""
    with_port = _WITH_PORT.fullmatch(text)
    if with_port:
        host, port = with_port[1].strip("[]"), with_port[2]
        raise ValueError(f"has a port: write {host}{remedy.format(port=port) or ' alone'}")
    return text


def _address(text: str) -> str:
    _without_port(text)
    if "%" in text:
        raise ValueError(f"has a scope id (%{text.partition('%')[2]}): write an address that needs none")
    try:
        address = ip_address(text)
    except ValueError:
        raise ValueError("is not an IP address: write one such as 192.0.2.10 or 2001:db8::10") from None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        raise ValueError(f"is an IPv4 address in IPv6 clothes: write {address.ipv4_mapped}")
    return str(address)


def _ipv4(text: str) -> str:
    address = _address(text)
    if ":" in address:
        raise ValueError("is an IPv6 address, which a reply to PASV cannot carry: write an IPv4 address")
    return address


def _advertised(text: str) -> str:
    address = _ipv4(text)
    if IPv4Address(address).is_unspecified or IPv4Address(address) >= _FIRST_GROUP:
        raise ValueError(
            "is no address that a client can dial: write one of this machine, or of the NAT in front of it"
        )
    return address


def _advertised_or_dialled(text: str) -> str:
    if text == DIALLED:
        return text
    try:
        return _advertised(text)
    except ValueError as error:
        raise ValueError(f"{error}, or {DIALLED} for the one that the client dialled") from None


def _network(text: str) -> str:
    try:
        network = ip_network(text, strict=False)
    except ValueError:
        raise ValueError("is not a network: write one such as 10.0.0.0/8, 2001:db8::/32 or 192.0.2.7") from None
    if "/" in text and str(network.network_address) != str(ip_address(text.partition("/")[0])):
        raise ValueError(f"names a host in a network: write {network}, or {text.partition('/')[0]} for that host alone")
    return str(network)


def _apart(networks: list[str]) -> list[str]:
    for first, second in permutations(networks, 2):
        if lies_in(second, first):
            raise ValueError(f"holds {second}, which lies in {first}: remove one of the two")
    return networks


def _host(text: str) -> str:
    labels = text.rstrip(".").split(".")
    if ":" in text or "%" in text or labels[-1].isdigit():
        return _address(text)
    if len(text) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError("is neither an IP address nor a host name: write one such as 10.0.0.11 or ftp1.example.org")
    return text


def _peer(text: str) -> str:
    match = _PEER.fullmatch(text)
    if match is None or not 0 < int(match["port"]) <= _LAST_PORT:
        raise ValueError("is not an address with a port: write one such as 10.0.0.1:10021 or [2001:db8::1]:10021")
    return str(Endpoint(_address(match["ipv6"]) if match["ipv6"] else _host(match["host"]), int(match["port"])))


def _of_service(text: str) -> str:
    return _without_port(text, ", and the port into ports of the service, such as ports: {{explicit: {port}, ...}}")


def _of_server(text: str) -> str:
    return _without_port(text, ", and the port beside it, port: {port}")


def _of_tcp_server(text: str) -> str:
    remedy = ", and the port into the service, where it is that of all its servers: server_ports: {{explicit: {port}}}"
    return _without_port(text, remedy)


def _passive(value: Any) -> PortRange:
    if isinstance(value, PortRange):
        return value
    match = None if isinstance(value, bool) else _RANGE.fullmatch(str(value))
    if match is None:
        raise ValueError(f"is not a range of ports: {_PASSIVE_EXAMPLE}")
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise ValueError(f"runs backwards: write {last}-{first}")
    if first < 1024 or last > 65535:
        raise ValueError(f"leaves the ports 1024 to 65535: {_PASSIVE_EXAMPLE}")
    return PortRange(first, last)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a line break or a character that cannot be printed: write one line of printable text")
    return text


def _workers(value: Any) -> int | Literal["auto"]:
    if value == "auto" or (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 256):
        return value  # type: ignore[no-any-return]  # The line above has seen what it is.
    raise ValueError("must be auto or a whole number from 1 to 256: write auto for one worker per CPU")


def _folder(text: str) -> str:
    if not text.startswith("/"):
        raise ValueError(
            f"must be a whole path: write one that begins with /, such as /run/{text.strip('./') or 'ftpair'}"
        )
    if len(text.encode()) > _LONGEST_SOCKET_FOLDER:
        raise ValueError(
            f"is longer than {_LONGEST_SOCKET_FOLDER} bytes, too long for a socket in it: write a shorter path"
        )
    return text


def off_as_text(value: Any) -> Any:
    """Return `off` where YAML has made a truth value of it."""
    return "off" if value is False else value  # YAML 1.1 reads off as false, and so do the people who know it.


def _version(value: Any) -> Any:
    return str(value) if isinstance(value, float) else value  # 1.2 without quotes is a number in YAML.


Name = Annotated[str, Field(pattern=NAME)]
Address = Annotated[str, AfterValidator(_of_service), AfterValidator(_address)]
AdvertisedAddress = Annotated[str, AfterValidator(_advertised)]
AdvertisedChoice = Annotated[str, AfterValidator(_advertised_or_dialled)]
Host = Annotated[str, AfterValidator(_host)]
Peer = Annotated[str, AfterValidator(_peer)]
ServerHost = Annotated[str, AfterValidator(_of_server), AfterValidator(_host)]
TcpServerHost = Annotated[str, AfterValidator(_of_tcp_server), AfterValidator(_host)]
Network = Annotated[str, AfterValidator(_network)]
Networks = Annotated[list[Network], AfterValidator(_apart)]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=604800, allow_inf_nan=False)]
LongSeconds = Annotated[float, Field(ge=1, le=604800, allow_inf_nan=False)]
Line = Annotated[str, Field(min_length=1, max_length=400), AfterValidator(_printable)]
PrintableText = Annotated[str, AfterValidator(_printable)]
Glob = Annotated[str, Field(min_length=1, max_length=LONGEST_GLOB), AfterValidator(_printable)]
FilePath = Annotated[str, Field(min_length=1)]
Folder = Annotated[str, AfterValidator(_folder)]
ServerTlsChoice = Annotated[ServerTlsMode, BeforeValidator(off_as_text)]
HeaderChoice = Annotated[HeaderVersion, BeforeValidator(off_as_text)]
DataSessionChoice = Annotated[DataSession, BeforeValidator(off_as_text)]
RescueChoice = Annotated[Rescue, BeforeValidator(off_as_text)]
CheckChoice = Annotated[CheckLevel, BeforeValidator(off_as_text)]
Version = Annotated[TlsVersion, BeforeValidator(_version)]
PassiveRange = Annotated[
    PortRange,
    PlainValidator(_passive),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": ["string", "integer"], "pattern": r"^\s*\d+\s*(-\s*\d+\s*)?$"}),
]
Workers = Annotated[
    int | Literal["auto"],
    PlainValidator(_workers),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": 256}]}),
]


def appliance_ports(text: str) -> dict[str, Any]:
    """Return ports written on one line, such as `21,990,1025-1052`: explicit, implicit, passive range.

    Of two entries the first is explicit, but for 990, which is implicit everywhere. Raises ValueError.
    """
    *control, passive = [part.strip() for part in text.split(",")]
    if not 1 <= len(control) <= 2 or not all(port.isdigit() for port in control):
        raise ValueError(
            "is not a list of ports: write one such as 21,990,1025-1052 (explicit, implicit, passive range)"
        )
    names = ["explicit", "implicit"] if len(control) == 2 or int(control[0]) != 990 else ["implicit"]
    return dict(zip(names, map(int, control), strict=False)) | {"passive": passive}
