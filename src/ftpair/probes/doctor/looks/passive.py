"""What PASV and EPSV answer: the address, the port, and whether somebody is there."""

from collections.abc import Iterator
from ipaddress import ip_address, ip_network

from ftpair.core.doctor import Severity
from ftpair.core.plan import TcpServicePlan
from ftpair.ftp.addresses import is_ipv6
from ftpair.probes.doctor.seen import Visit
from ftpair.probes.doctor.symptom import EVERYWHERE, Case, Symptom, at, visits_of
from ftpair.probes.doctor.target import announced_by, dialled
from ftpair.probes.transfer import Transfer

_PRIVATE = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
    )
)
"""What nobody on the Internet can dial (RFC 6890), without the ranges that stand in examples."""


def look(case: Case) -> Iterator[Symptom]:
    """Yield what is wrong with passive addresses and ports."""
    yield from _ephemeral(case)
    for _seen, visit in visits_of(case):
        for transfer in visit.transfers:
            if transfer.stage == "ask":
                yield from _refused(visit, transfer)
            elif transfer.told is not None:
                yield from _address(case, visit, transfer)
                yield from _port(visit, transfer)
                yield from _closed(visit, transfer)


def is_private(host: str) -> bool:
    """Return whether an IPv4 address can be dialled from its own network only."""
    return any(ip_address(host) in network for network in _PRIVATE)


def leaves_range(visit: Visit, transfer: Transfer) -> bool:
    """Return whether the port that was told is outside of the range or slice."""
    ports = visit.target.passive
    return ports is not None and transfer.told is not None and transfer.told.port not in ports


def _refused(visit: Visit, transfer: Transfer) -> Iterator[Symptom]:
    if transfer != next(each for each in visit.transfers if not each.is_whole):
        return  # What went wrong before has led to this.
    if transfer.answer is None:
        yield at("session-lost", visit, f"The session ended behind the login: {transfer.trouble}.")
        return
    if transfer.way == "PASV":
        yield at("passive-refused", visit, f"{transfer.trouble}.")
        return
    severity: Severity | None = "error" if is_ipv6(visit.target.host) else None
    yield Symptom("epsv-refused", visit.target.name, f"{transfer.trouble}.", str(visit.mode), severity=severity)


def _address(case: Case, visit: Visit, transfer: Transfer) -> Iterator[Symptom]:
    service = case.seen.service
    told = transfer.told.host if transfer.told else ""
    if not told or not (visit.target.is_vip or isinstance(service, TcpServicePlan)):
        return  # ftpair's own legs need no address: they dial the server that they know.
    wanted = announced_by(service, visit.local_host)
    if not wanted:
        sentence = f"The service listens on {service.address}, so nothing tells whether {told} is right."
        yield Symptom("pasv-address-unknown", EVERYWHERE, sentence)
    elif told != wanted:
        is_hidden = is_private(told) and not is_private(wanted)
        what = f"the address of the service is {wanted}"
        sentence = f"PASV names {told}{', a private address' if is_hidden else ''}; {what}."
        yield at("pasv-address-private" if is_hidden else "pasv-address", visit, sentence)


def _port(visit: Visit, transfer: Transfer) -> Iterator[Symptom]:
    if leaves_range(visit, transfer) and transfer.told is not None:
        sentence = f"{transfer.way} names port {transfer.told.port}, which is not one of {visit.target.passive}."
        yield at("passive-port-outside", visit, sentence)


def _closed(visit: Visit, transfer: Transfer) -> Iterator[Symptom]:
    if transfer.stage == "connect" and transfer.told is not None:
        if visit.target.is_vip and leaves_range(visit, transfer):
            return  # The balancer does not carry that port, and must not.
        where = f"port {transfer.told.port} of {dialled(visit.target.host)}"
        yield at(
            "passive-port-closed", visit, f"{transfer.way} names {where}, where nobody answers: {transfer.trouble}."
        )


def _ephemeral(case: Case) -> Iterator[Symptom]:
    passive, local = case.seen.service.passive, case.machine.local_ports
    is_reserved = any(passive.first in each and passive.last in each for each in case.machine.reserved_ports)
    if local is not None and passive.overlaps(local) and not is_reserved:
        sentence = f"The passive range {passive} overlaps net.ipv4.ip_local_port_range ({local}) of this machine."
        yield Symptom("passive-range-ephemeral", EVERYWHERE, sentence)
