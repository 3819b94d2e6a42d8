"""What HAProxy's file says that is nothing to ftpair, line by line. Pure."""

from collections.abc import Iterator

from ftpair.core.endpoint import PortRange
from ftpair.imports.haproxy_file import Bind, Door, Line, Section
from ftpair.imports.notes import Note

_LONGEST = 100
_ACCEPT_FROM = "write proxy_protocol: {accept_from: [NETWORKS OF THE PROXIES]}"
_REMEDIES = (
    (("tcp-request", "connection", "expect-proxy"), _ACCEPT_FROM),
    (("tcp-request", "connection"), "TCP mode has no rules; refuse addresses in a firewall"),
    (("tcp-request", "session"), "TCP mode has no rules; refuse addresses in a firewall"),
    (("tcp-request",), "TCP mode reads nothing and has no rules"),
    (("tcp-response",), "TCP mode reads nothing and has no rules"),
    (("acl",), "TCP mode has no rules"),
    (("use_backend",), "TCP mode has no rules"),
    (("use-server",), "TCP mode has no rules"),
    (("log",), "ftpair has a log of its own"),
)
_BIND_REMEDIES = {"accept-proxy": _ACCEPT_FROM, "ssl": "in TCP mode the servers speak TLS; FTP mode ends it here"}
_SECRETIVE = {"stats", "tcp-check"}
"""Their lines may hold a password."""


def of_lines(section: Section) -> Iterator[Note]:
    """Yield the lines of a section that nobody read."""
    for line in section.lines:
        if not line.was_read:
            remedy = next((text for head, text in _REMEDIES if tuple(line.words[: len(head)]) == head), "")
            yield Note(line.number, f"{_shown(line)}: not carried{', ' if remedy else ''}{remedy}")


def _shown(line: Line) -> str:
    text = " ".join(line.words[:2] if line.head in _SECRETIVE else line.words)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def of_section(section: Section) -> Iterator[Note]:
    """Yield a sentence for a section that is no part of a service, if it says anything."""
    if section.kind == "global":
        heads = ", ".join(dict.fromkeys(line.head for line in section.lines))
        if heads:
            yield Note(
                section.number or section.lines[0].number,
                f"global ({heads}): not carried, it is about HAProxy itself",
            )
    else:
        mode = f" in mode {section.mode}" if section.kind in {"listen", "frontend"} and section.mode != "tcp" else ""
        yield Note(section.number, f"{section.title}{mode} belongs to no FTP service: not carried")


def of_binds(doors: list[Door], address: str, ports: dict[str, int], whole: PortRange) -> Iterator[Note]:
    """Yield what binds say beyond the address and the ports of the service."""
    for door in doors:
        for bind in door.binds:
            yield from _of_bind(bind, address, ports, whole)
        for line in door.section.all("bind"):
            yield from _options(line, door)


def _of_bind(bind: Bind, address: str, ports: dict[str, int], whole: PortRange) -> Iterator[Note]:
    is_passive = bind.is_passive and bind.ports.first in whole and bind.ports.last in whole
    if bind.address != address:
        yield Note(bind.line, f"a service has one address: {bind.address} is left out, write a service for it")
    elif not is_passive and ports.get(bind.kind) != bind.ports.first:
        text = bind.ports.first if len(bind.ports) == 1 else bind.ports
        remedy = "a service has one explicit port, one implicit port and one passive range"
        yield Note(bind.line, f"port {text} is left out: {remedy}; --explicit and --implicit name others")


def _options(line: Line, door: Door) -> Iterator[Note]:
    if len(line.value.split(",")) != sum(bind.line == line.number for bind in door.binds):
        yield Note(line.number, f"bind {line.value}: not carried, only addresses with ports are")
    for word in line.words[2:]:
        if word in _BIND_REMEDIES:
            yield Note(line.number, f"{word}: {_BIND_REMEDIES[word]}")
    rest = [word for word in line.words[2:] if word not in _BIND_REMEDIES]
    if rest:
        yield Note(line.number, f"bind {line.value}: {' '.join(rest)}: not carried")
