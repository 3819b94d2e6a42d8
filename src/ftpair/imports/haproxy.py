"""An HAProxy file with an FTP service, turned into one of ftpair; what is not carried is told with its line. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import FtpairError
from ftpair.imports.haproxy_file import EXPLICIT, IMPLICIT, Bind, Door, Line, Section, defaults_of, door_of, sections_of
from ftpair.imports.names import name_of
from ftpair.imports.notes import Imported, Note

_BALANCE = {
    "roundrobin": "round-robin",
    "static-rr": "round-robin",
    "leastconn": "least-sessions",
    "source": "source-hash",
}
_UNITS = {"us": 1e-6, "ms": 1e-3, "": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_CARRIED = {"mode", "option", "no", "log", "default_backend", "bind", "server", "balance", "timeout", "stick"}
_CARRIED |= {"stick-table", "tcp-check", "description", "maxconn", "retries", "hash-type", "log-format", "errorfile"}
_RULES = {"use_backend", "use-server", "acl"}


def import_haproxy(text: str) -> Imported:
    """Return the configuration for ftpair. Raises FtpairError when there is no FTP service in the file."""
    sections = list(sections_of(text))
    doors = [door for door in (door_of(each, sections) for each in sections) if door is not None]
    notes: list[Note] = []
    services: dict[str, Any] = {}
    used: set[int] = set()
    for control in doors:
        ports = {bind.ports.first for bind in control.binds if len(bind.ports) == 1}
        if ports & {EXPLICIT, IMPLICIT}:
            passive = _passive_doors(control, doors)
            used |= {id(door.section) for door in (control, *passive)}
            services[name_of(control.section.name)] = _service(control, passive, defaults_of(sections), notes)
    if not services:
        raise FtpairError("no listen or frontend of this file binds port 21 or 990: there is no FTP service to import")
    notes += [
        Note(door.section.number, f"{door.section.kind} {door.section.name} is no FTP service")
        for door in doors
        if id(door.section) not in used
    ]
    return Imported({"virtual_services": services}, tuple(sorted(notes)))


def _passive_doors(control: Door, doors: list[Door]) -> list[Door]:
    """Return the proxies that carry the passive range of the same addresses."""
    addresses = {bind.address for bind in control.binds}
    return [
        door
        for door in doors
        if door is not control
        and door.binds
        and all(bind.is_passive and bind.address in addresses for bind in door.binds)
    ]


def _is_range_of(bind: Bind, addresses: set[str]) -> bool:
    return bind.is_passive and bind.address in addresses


def _service(control: Door, passive: list[Door], defaults: Section, notes: list[Note]) -> dict[str, Any]:
    sections = [*control.sections, defaults]
    own = [bind for bind in control.binds if bind.is_passive]
    ranges = own + [bind for door in passive for bind in door.binds]
    slices = _slices(passive) if not own else {}
    address = control.binds[0].address
    notes += [
        Note(bind.line, f"a service has one address: {bind.address} is left out, write a service for it")
        for bind in control.binds
        if bind.address != address
    ]
    service: dict[str, Any] = {"mode": "tcp", "pairing": "port" if slices else "source", "address": address}
    service["ports"] = _ports(control, ranges, notes)
    balance = _last(sections, "balance")
    if balance is not None and balance.words[1] in _BALANCE:
        service["balance"] = _BALANCE[balance.words[1]]
    elif balance is not None:
        notes.append(Note(balance.number, f"balance {balance.words[1]} has no like: least-sessions is used"))
    service |= _times([*sections, *(each for door in passive for each in door.sections)])
    most = _last([control.section], "maxconn")
    service |= {"max_sessions": int(most.words[1])} if most else {}
    headers = [bind for bind in control.binds if bind.takes_header]
    if headers:
        notes.append(
            Note(headers[0].line, "accept-proxy: write proxy_protocol: {accept_from: [NETWORKS OF THE PROXIES]}")
        )
    service |= _health(control, sections)
    service["real_servers"] = {
        name_of(line.words[1]): _server(line, slices, notes) for line in control.servers if len(line.words) > 2
    }
    for door in (control, *passive):
        notes += _left_out(door)
    return service


def _slices(passive: list[Door]) -> dict[str, PortRange]:
    """Return the slice of each server address, where every range has one server of its own."""
    slices: dict[str, PortRange] = {}
    for door in passive:
        if len(door.servers) != 1 or len(door.binds) != 1:
            return {}
        slices[_host_of(door.servers[0])] = door.binds[0].ports
    return slices if len(slices) == len(passive) > 1 else {}


def _ports(control: Door, ranges: list[Bind], notes: list[Note]) -> dict[str, Any]:
    single = {bind.ports.first for bind in control.binds if len(bind.ports) == 1}
    ports: dict[str, Any] = {}
    ports |= {"explicit": EXPLICIT} if EXPLICIT in single else {}
    ports |= {"implicit": IMPLICIT} if IMPLICIT in single else {}
    if not ranges:
        notes.append(Note(control.section.number, "no passive range is bound: write that of the servers"))
        return ports | {"passive": "50000-50999"}
    first, last = min(bind.ports.first for bind in ranges), max(bind.ports.last for bind in ranges)
    if last - first + 1 != sum(len(bind.ports) for bind in ranges):
        notes.append(Note(ranges[0].line, f"several ranges become one, {first}-{last}, with what lies between"))
    return ports | {"passive": f"{first}-{last}"}


def _last(sections: Iterable[Section], *head: str) -> Line | None:
    return next((line for section in sections if (line := section.last(*head))), None)


def _times(sections: list[Section]) -> dict[str, Any]:
    silent = [
        _seconds(line.words[2])
        for section in sections
        for side in ("client", "server", "tunnel")
        for line in section.all("timeout", side)
    ]
    connect = _last(sections, "timeout", "connect")
    times: dict[str, Any] = {"longest_transfer_s": max(silent)} if silent else {}
    return times | ({"connect_timeout_s": _seconds(connect.words[2])} if connect else {})


def _seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+)(us|ms|s|m|h|d|)", text)
    return float(int(found[1]) * _UNITS[found[2]]) if found else 7200.0


def _health(control: Door, sections: list[Section]) -> dict[str, Any]:
    checked = [line for line in control.servers if "check" in line.words]
    if not checked:
        return {"health": {"check": "off"}}
    is_deep = _last(sections, "tcp-check", "expect") is not None
    health: dict[str, Any] = {"check": "banner" if is_deep else "tcp"}
    for word, key in (("inter", "interval_s"), ("rise", "rise"), ("fall", "fall")):
        value = _value(checked[0], word)
        if value:
            health[key] = _seconds(value) if word == "inter" else int(value)
    return {"health": health}


def _value(line: Line, word: str) -> str:
    """Return what stands behind a word of a server's line."""
    places = [place for place, each in enumerate(line.words[:-1]) if each == word]
    return line.words[places[-1] + 1] if places else ""


def _host_of(line: Line) -> str:
    return re.sub(r":[+-]?\d*$", "", line.words[2].removeprefix("ipv4@").removeprefix("ipv6@")).strip("[]")


def _server(line: Line, slices: dict[str, PortRange], notes: list[Note]) -> dict[str, Any]:
    host = _host_of(line)
    server: dict[str, Any] = {"address": host}
    for word, key in (("weight", "weight"), ("maxconn", "max_sessions")):
        if _value(line, word):
            server[key] = int(_value(line, word))
    if slices:
        server |= {"passive": str(slices[host])} if host in slices else {}
    port = re.search(r":(\d+)$", line.words[2])
    if port and int(port[1]) not in (EXPLICIT, IMPLICIT):
        notes.append(Note(line.number, f"{line.words[1]} has port {port[1]}: write server_ports if need be"))
    for word, header in (("send-proxy", "v1"), ("send-proxy-v2", "v2")):
        if word in line.words:
            server["proxy_protocol"] = {"to_control": header, "to_data": header}
    for word, remedy in (
        ("backup", "a backup server has no like: it becomes an ordinary one; give it weight 0 to keep it out"),
        ("disabled", "it begins online: ftpair drain, or ftpair halt, keeps it out"),
        ("ssl", "TLS towards a server in TCP mode would be a second one: left out"),
        ("cookie", "cookies are for HTTP: left out"),
    ):
        if word in line.words:
            notes.append(Note(line.number, f"{line.words[1]}: {word}: {remedy}"))
    return server


def _left_out(door: Door) -> Iterator[Note]:
    """Yield what the lines of a proxy say that is nothing to ftpair."""
    for section in door.sections:
        for line in section.lines:
            if line.head in _RULES or line.words[:2] == ["tcp-request", "content"]:
                yield Note(
                    line.number,
                    f"{' '.join(line.words[:3])}: not carried, TCP mode reads nothing and has no rules",
                )
            elif line.head not in _CARRIED and line.words[:2] != ["tcp-request", "connection"]:
                yield Note(line.number, f"{' '.join(line.words[:3])} is not carried")
