"""Ports that a service listens on: who wants them, whether they can be had, and in which words they cannot.

What HAProxy is to have is tried before it is started or reloaded: a sentence of ours tells more than its own.
"""

import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ftpair.core.endpoint import Endpoint, PortRange, are_one_host
from ftpair.core.errors import SetupError
from ftpair.core.plan import AnyService, HaproxyPlan, Plan
from ftpair.dataplane.owners import port_owners, processes_told
from ftpair.dataplane.ports import bind, in_use, why_unbindable


@dataclass(frozen=True, slots=True)
class Claim:
    """Ports of one address that a service wants, and what for: an entrance, or `passive`."""

    service: str
    purpose: str
    host: str
    ports: PortRange

    def meets(self, other: "Claim") -> bool:
        """Return whether not both can be had."""
        return self.ports.overlaps(other.ports) and are_one_host(self.host, other.host)


def claims_of(services: Iterable[AnyService]) -> Iterator[Claim]:
    """Yield all that services listen on."""
    for service in services:
        for entrance, port in (("explicit", service.explicit), ("implicit", service.implicit)):
            if port is not None:
                yield Claim(service.name, entrance, service.address, PortRange(port, port))
        yield Claim(service.name, "passive", service.address, service.passive)


def served_here(plan: Plan) -> tuple[AnyService, ...]:
    """Return the services whose clients come to workers: all but those of HAProxy."""
    return (*plan.services, *plan.carried_by("builtin"))


def demand_bindable(plan: Plan, running: Plan | None = None) -> None:
    """Raise SetupError for a port that the HAProxy of ftpair could not listen on.

    What workers hold by the running plan is spared, as they let go of it; what HAProxy has already is its own.
    """
    held = tuple(claims_of(served_here(running))) if running else ()
    for claim in claims_of(plan.carried_by("haproxy")) if plan.haproxy.is_managed else ():
        spared = [other.ports for other in held if claim.meets(other)]
        _demand(claim, [port for port in claim.ports if not any(port in ports for ports in spared)], plan.haproxy)


def _demand(claim: Claim, ports: Iterable[int], how: HaproxyPlan) -> None:
    taken = []
    for port in ports:
        try:
            bind(Endpoint(claim.host, port)).close()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise SetupError(why_not(claim, port, error)) from error
            taken.append(port)
    if taken:
        _demand_own(claim, taken, how)


def _demand_own(claim: Claim, taken: Iterable[int], how: HaproxyPlan) -> None:
    """Raise SetupError for a port that is in use, unless it is known or may be assumed that HAProxy has it already."""
    own, owners = processes_told(how.master_socket), port_owners(claim.host, claim.ports)
    for port in taken:
        owner = owners.get(port)
        if not own or (owner and owner.pid not in own):
            instead = "another range" if claim.purpose == "passive" else "another port"
            raise SetupError(f"{_where(claim, port)} {in_use(owner, instead)}")


def why_not(claim: Claim, port: int, error: OSError) -> str:
    """Return why a port of a claim cannot be listened on, and the remedy."""
    return f"{_where(claim, port)} {why_unbindable(Endpoint(claim.host, port), error)}"


def _where(claim: Claim, port: int) -> str:
    return f"{claim.service}: cannot listen on {Endpoint(claim.host, port)} ({claim.purpose}):"
