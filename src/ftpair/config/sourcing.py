"""Where `source: client` cannot work: servers of the other family, and kernels without transparent sockets. Pure."""

from collections.abc import Iterator

from ftpair.config.checks import services
from ftpair.config.machine import Machine
from ftpair.config.materials import Materials
from ftpair.config.models import Config, VirtualService
from ftpair.config.problems import Finding, Where


def strangers(config: Config, materials: Materials, machine: Machine) -> Iterator[Finding]:
    """Yield what keeps connections from leaving with the client's address."""
    for where, service in services(config):
        if service.source == "client":
            yield from _no_transparency((*where, "source"), machine)
            yield from _other_family(where, service, materials)


def _no_transparency(where: Where, machine: Machine) -> Iterator[Finding]:
    if machine.transparency:
        why = f"cannot be had, the kernel makes no transparent sockets here ({machine.transparency})"
        yield Finding(where, f"{why}: write source: balancer")


def _other_family(where: Where, service: VirtualService, materials: Materials) -> Iterator[Finding]:
    clients = _family(service.address)
    for member in service.members():
        address = materials.addresses.get(member.server.address, service.address)
        if _family(address) != clients:
            place = (*where, *member.where, "address")
            sentence = f"is {_family(address)} ({address}), and clients come by {clients}: with source: client both"
            remedy = f"must be the same, so write an {clients} address, or source: balancer"
            yield Finding(place, f"{sentence} {remedy}", depends=((*where, "source"), (*where, "address")))


def _family(address: str) -> str:
    return "IPv6" if ":" in address else "IPv4"
