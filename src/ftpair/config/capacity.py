"""How many sessions the machine has room for, by what each of them takes. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from ftpair.config.descriptors import BACKLOG, carried_here, sessions_with
from ftpair.config.machine import Machine
from ftpair.config.models import Config
from ftpair.core.endpoint import PortRange
from ftpair.core.units import counted, size

BYTES_PER_SESSION = 80 << 10
"""An idle session with TLS takes 23 to 80 KiB of ftpair's memory; the kernel's buffers are lent while bytes wait."""
BYTES_PER_SLOW_TRANSFER = 640 << 10
"""What waits in the kernel on both legs of a transfer that is read slowly: measured with 1,000 of them."""


@dataclass(frozen=True, slots=True)
class Room:
    """One limit of the machine, and what it comes from."""

    what: str
    most: int
    why: str


def rooms(config: Config, machine: Machine) -> tuple[Room, ...]:
    """Return what the machine has room for, as far as it tells."""
    if not any(carried_here(config)):
        return ()
    sessions = (*_descriptors(config, machine), *_memory(config, machine), *_ports(config, machine))
    return (*sessions, *_transfers(machine), *_queue(machine))


def _descriptors(config: Config, machine: Machine) -> Iterator[Room]:
    workers = config.worker_count(machine.cpus)
    most = workers * sessions_with(machine.descriptors)
    yield Room("sessions, by descriptors", most, f"{counted(workers, 'worker')}, {machine.descriptors:,} files each")


def _memory(config: Config, machine: Machine) -> Iterator[Room]:
    if machine.available_bytes is None:
        return
    floor = config.overload.memory_floor_bytes
    most = max(0, machine.available_bytes - floor) // BYTES_PER_SESSION
    why = f"{size(machine.available_bytes)} available, {size(floor)} kept, up to {size(BYTES_PER_SESSION)} each"
    yield Room("sessions, by memory", most, why)


def _ports(config: Config, machine: Machine) -> Iterator[Room]:
    local = machine.local_ports
    if local is None:
        return
    reserved = sum(_common(local, each) for each in machine.reserved_ports)
    if all(service.source == "client" for _, service in carried_here(config)):
        return  # Each client has all ports of its own address.
    yield Room("sessions with one server", len(local) - reserved, f"net.ipv4.ip_local_port_range ({local})")


def _common(one: PortRange, other: PortRange) -> int:
    return max(0, min(one.last, other.last) - max(one.first, other.first) + 1)


def _transfers(machine: Machine) -> Iterator[Room]:
    if machine.tcp_pressure_bytes:
        most = machine.tcp_pressure_bytes // BYTES_PER_SLOW_TRANSFER
        why = f"net.ipv4.tcp_mem: {size(machine.tcp_pressure_bytes)}, up to {size(BYTES_PER_SLOW_TRANSFER)} each"
        yield Room("transfers of slow clients", most, why)


def _queue(machine: Machine) -> Iterator[Room]:
    if machine.somaxconn:
        why = f"for each port and worker, net.core.somaxconn {machine.somaxconn}"
        yield Room("connections that may wait", min(BACKLOG, machine.somaxconn), why)
