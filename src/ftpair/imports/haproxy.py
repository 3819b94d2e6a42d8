"""An HAProxy file with an FTP service, turned into one of ftpair; what is not carried is told with its line. Pure."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from ftpair.core.endpoint import PortRange
from ftpair.core.errors import FtpairError, WrongRequestError
from ftpair.imports.haproxy_file import ControlPorts, Door, Section, doors_of, last, sections_of
from ftpair.imports.haproxy_ports import passive_range, server_ports, slices_of
from ftpair.imports.haproxy_servers import health, hosts_of, real_servers, shared_backups, slow_start, untold
from ftpair.imports.haproxy_times import seconds, times
from ftpair.imports.haproxy_untold import of_binds, of_lines, of_section
from ftpair.imports.names import fresh_name
from ftpair.imports.notes import Imported, Note

_BALANCE = {
    "roundrobin": "round-robin",
    "static-rr": "round-robin",
    "leastconn": "least-sessions",
    "source": "source-hash",
}


def import_haproxy(text: str, explicit: int = 21, implicit: int = 990) -> Imported:
    """Return the configuration for ftpair of what binds one of the two control ports.

    Raises FtpairError when there is no FTP service in the file.
    """
    if explicit == implicit:
        raise WrongRequestError(f"--explicit and --implicit are both {explicit}: one port cannot be both")
    sections = sections_of(text)
    doors = [door for door in doors_of(sections, ControlPorts(explicit, implicit)) if door.section.mode == "tcp"]
    notes: list[Note] = []
    services: dict[str, Any] = {}
    used: list[Section] = []
    taken = [bind.ports for door in doors for bind in door.binds]
    for controls in _groups(doors):
        passive = _passive_doors(controls, [door for door in doors if door.section not in used])
        used += [each for door in (*controls, *passive) for each in door.scopes]
        name = fresh_name(controls[0].section.name, services)
        services[name] = _service(controls, passive, taken, notes)
    if not services:
        remedy = "name other ports with --explicit PORT and --implicit PORT"
        where = f"binds port {explicit} or {implicit} in mode tcp and leads to servers"
        raise FtpairError(f"no listen or frontend of this file {where}: there is no FTP service to import; {remedy}")
    for section in dict.fromkeys(used):
        notes += of_lines(section)
    notes += [note for section in sections if section not in used for note in of_section(section)]
    return Imported({"virtual_services": services}, tuple(sorted(set(notes))))


def _groups(doors: list[Door]) -> list[list[Door]]:
    """Return the proxies of control connections, those of one service together: same address, same servers."""
    groups: dict[Any, list[Door]] = defaultdict(list)
    for door in doors:
        if door.kinds and door.servers:
            groups[_address(door), frozenset(hosts_of(door))].append(door)
    return list(groups.values())


def _address(door: Door) -> str:
    return next(iter(door.kinds.values())).address


def _passive_doors(controls: list[Door], doors: list[Door]) -> list[Door]:
    """Return the proxies that carry the passive range of the same addresses to the same servers."""
    addresses = {bind.address for door in controls for bind in door.binds}
    hosts = hosts_of(controls[0]).keys()
    return [
        door
        for door in doors
        if door not in controls
        and door.binds
        and all(bind.is_passive and bind.address in addresses for bind in door.binds)
        and door.servers
        and hosts_of(door).keys() <= hosts
    ]


def _service(controls: list[Door], passive: list[Door], taken: list[PortRange], notes: list[Note]) -> dict[str, Any]:
    first, doors = controls[0], [*controls, *passive]
    address = _address(first)
    ports = {kind: bind.ports.first for door in reversed(controls) for kind, bind in door.kinds.items()}
    passive_binds = [bind for door in doors for bind in door.binds if bind.is_passive and bind.address == address]
    whole = passive_range(first.section, passive_binds, taken, notes)
    taken.append(whole)
    slices = slices_of(controls, passive)
    theirs = server_ports(controls, notes)
    service: dict[str, Any] = {"mode": "tcp", "pairing": "port" if slices else "source", "address": address}
    service["ports"] = {kind: ports[kind] for kind in ("explicit", "implicit") if kind in ports}
    service["ports"] |= {"passive": str(whole)}
    service |= {"server_ports": theirs} if theirs else {}
    service |= _balance(first, notes) | times(doors) | _most(controls)
    service |= slow_start(first)
    service["health"] = health(first)
    service["real_servers"] = {
        server.pop("name"): server | ({"passive": str(slices[host])} if slices else {})
        for host, server in real_servers(first).items()
    }
    notes += of_binds(doors, address, ports, whole)
    notes += shared_backups(first)
    notes += untold([*controls, *passive], {str(port) for port in (ports | theirs).values()})
    notes += _tables(doors, service.get("longest_transfer_s", 7200.0))
    return service


def _balance(door: Door, notes: list[Note]) -> dict[str, Any]:
    line = last(door.scopes, "balance")
    if line is not None and line.value not in _BALANCE:
        notes.append(Note(line.number, f"balance {line.value} has no like: least-sessions is used"))
    return {"balance": _BALANCE[line.value]} if line and line.value in _BALANCE else {}


def _most(controls: list[Door]) -> dict[str, Any]:
    """Return the limit of sessions: of all proxies together, and only if each has one."""
    limits = [last([door.section, door.section.defaults], "maxconn") for door in controls]
    written = [int(line.value) for line in limits if line and line.value.isdigit()]
    return {"max_sessions": sum(written)} if len(written) == len(controls) else {}


def _tables(doors: list[Door], longest_s: float) -> Iterator[Note]:
    """Yield what stick tables and their rules say beyond the pairing by address."""
    sections = dict.fromkeys(section for door in doors for section in door.sections)
    for line in (line for section in sections for line in section.all("stick")):
        if line.words[1:3] != ["on", "src"] or line.words[3:4] not in ([], ["table"]) or len(line.words) > 5:
            yield Note(line.number, f"{' '.join(line.words)}: not carried, clients are paired by their address")
    for line in (line for section in sections for line in section.all("stick-table")):
        words = iter(line.words[1:])
        for word in words:
            value = "" if word == "nopurge" else next(words, "")
            if word == "expire" and seconds(value) != longest_s:
                remedy = f"a client is remembered for longest_transfer_s, {longest_s:g} s, which idle connections share"
                yield Note(line.number, f"stick-table expire {value}: {remedy}")
            elif word not in {"expire", "size", "type"} or (word == "type" and value not in {"ip", "ipv6"}):
                yield Note(line.number, f"stick-table {word} {value}".rstrip() + ": not carried")
