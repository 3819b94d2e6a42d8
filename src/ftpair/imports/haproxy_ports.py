"""The ports of an FTP service in HAProxy's file: the passive range, its slices, the servers' own. Pure."""

from ftpair.core.endpoint import PortRange
from ftpair.imports.haproxy_file import Bind, Door, Section
from ftpair.imports.haproxy_servers import hosts_of, port_of
from ftpair.imports.notes import Note

_PROPOSED = tuple(PortRange(first, first + 999) for first in (*range(50000, 65000, 1000), *range(49000, 1024, -1000)))


def passive_range(section: Section, binds: list[Bind], taken: list[PortRange], notes: list[Note]) -> PortRange:
    """Return the range that the binds make together; a free one, told, if there are none."""
    ranges = passive_binds(binds)
    if not ranges:
        free = next(each for each in _PROPOSED if not any(each.overlaps(other) for other in taken))
        notes.append(Note(section.number, f"no passive range is bound: {free} is written, write that of the servers"))
        return free
    whole = PortRange(min(bind.ports.first for bind in ranges), max(bind.ports.last for bind in ranges))
    if len(whole) > len({port for bind in ranges for port in bind.ports}):
        notes.append(Note(ranges[0].line, f"several ranges become one, {whole}, with what lies between"))
    return whole


def passive_binds(binds: list[Bind]) -> list[Bind]:
    """Return the binds for data connections: beside a range, a single port is a control port of another number."""
    passive = [bind for bind in binds if bind.is_passive]
    return [bind for bind in passive if len(bind.ports) > 1] or passive


def slices_of(controls: list[Door], passive: list[Door]) -> dict[str, PortRange]:
    """Return the slice of each host, where every host has one range of its own; else nothing."""
    slices: dict[str, PortRange] = {}
    for door in passive:
        if len(door.servers) != 1 or len(door.binds) != 1:
            return {}
        slices |= dict.fromkeys(hosts_of(door), door.binds[0].ports)
    shared = any(bind.is_passive for door in controls for bind in door.binds)
    is_whole = len(slices) == len(passive) > 1 and slices.keys() == hosts_of(controls[0]).keys()
    return slices if is_whole and not shared else {}


def server_ports(controls: list[Door], notes: list[Note]) -> dict[str, int]:
    """Return the control ports of the servers by kind, where they are others than those that are bound."""
    ports: dict[str, int] = {}
    for door in controls:
        written = {port_of(line) for _section, line in door.servers}
        only = next(iter(written)) if len(written) == 1 else ""
        if len(door.kinds) == 1 and only.isdigit():
            ((kind, bind),) = door.kinds.items()
            ports |= {kind: int(only)} if int(only) != bind.ports.first else {}
        elif written != {""}:
            notes += [
                Note(line.number, f"{line.value} has port {port_of(line)}: write server_ports if need be")
                for _section, line in door.servers
                if port_of(line)
            ]
    return ports
