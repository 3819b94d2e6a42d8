"""What HAProxy as the engine contradicts, and what it needs of the machine. Pure."""

import shlex
from collections.abc import Iterator
from itertools import combinations

from ftpair.config.checks import tcp_services
from ftpair.config.machine import Machine
from ftpair.config.models import Config
from ftpair.config.problems import Finding, Where
from ftpair.config.tcp import TcpService
from ftpair.core.errors import SetupError

OLDEST_HAPROXY = (2, 6)
CONNECTIONS_PER_SESSION = 2
"""One for commands, one for data."""
DESCRIPTORS_PER_CONNECTION = 3
"""Two sockets, and its share of the pipes that bytes are spliced through (HAProxy: one for four connections)."""
FEWEST_CONNECTIONS = 100
USUAL_SESSIONS = 1000
"""What a service without `max_sessions` is taken to need."""
DESCRIPTORS_OF_HAPROXY = 100
"""Its own: event polls, logs, checks, the sockets of the runtime API."""
RESERVED_NAMES = frozenset({"FRONTEND", "BACKEND"})
"""So HAProxy names the rows of a whole proxy in its statistics (its management guide, 9.1)."""
_MEANINGFUL = frozenset("'\"\\#$,")
"""What means something else than itself in HAProxy's file, wherever a path may stand."""


def contradictory_engines(config: Config) -> Iterator[Finding]:
    """Yield what keeps HAProxy from carrying services."""
    yield from _unmanaged(config)
    yield from _no_command(config)
    yield from _unprivileged(config)
    yield from _lonely(config)
    if carried_by_haproxy(config):
        yield from _unwritable_paths(config)
        yield from _reserved_names(config)


def _unmanaged(config: Config) -> Iterator[Finding]:
    wanted = config.haproxy
    if wanted.managed:
        if wanted.reload:
            sentence = "is only for an HAProxy that runs by itself: remove it, or write managed: false"
            yield Finding(("haproxy", "reload"), sentence)
        return
    for key in ("config", "socket", "reload"):
        if not getattr(wanted, key):
            sentence = "is missing: with managed: false ftpair must know the file, the socket and the command"
            yield Finding(("haproxy", key), f"{sentence} of the HAProxy that runs", depends=(("haproxy", "managed"),))


def _unprivileged(config: Config) -> Iterator[Finding]:
    if config.haproxy.user and any(service.source == "client" for service in carried_by_haproxy(config)):
        sentence = "cannot make connections under the addresses of clients (source: client), as root can: remove it"
        yield Finding(("haproxy", "user"), f"{config.haproxy.user} {sentence}, or write source: balancer")


def _lonely(config: Config) -> Iterator[Finding]:
    """HAProxy only warns of a node without an entry, and then shares nothing."""
    node, peers = config.haproxy.node, config.haproxy.peers
    if peers and node not in peers:
        sentence = f"{node} is not among the peers ({', '.join(peers)}): write the name that this machine has there"
        yield Finding(("haproxy", "node"), sentence, depends=(("haproxy", "peers"),))
    for one, other in combinations(peers, 2):
        if peers[one] == peers[other]:
            sentence = f"{peers[other]} is the address of {one} already: write the address and port of {other}"
            yield Finding(("haproxy", "peers", other), sentence, depends=(("haproxy", "peers", one),))


def _no_command(config: Config) -> Iterator[Finding]:
    written = config.haproxy.reload
    try:
        words = shlex.split(written)
    except ValueError:
        words = []
    if written and not words:
        sentence = f"{written!r} is no command: mend its quotes, or write one such as systemctl reload haproxy"
        yield Finding(("haproxy", "reload"), sentence)


def _unwritable_paths(config: Config) -> Iterator[Finding]:
    """HAProxy would read something else out of its file, or words of somebody else's."""
    paths: tuple[tuple[Where, str], ...] = (
        (("paths", "runtime"), config.paths.runtime),
        (("haproxy", "socket"), config.haproxy.socket or ""),
    )
    for where, path in paths:
        sign = next((each for each in path if each in _MEANINGFUL or each.isspace() or not each.isprintable()), None)
        if sign is not None:
            sentence = f"holds {sign!r}, which cannot stand in a path of HAProxy's file: write a path without it"
            yield Finding(where, sentence)


def _reserved_names(config: Config) -> Iterator[Finding]:
    for where, service in tcp_services(config):
        for member in service.members() if service.engine == "haproxy" else ():
            if member.name in RESERVED_NAMES:
                sentence = "is a name that HAProxy's statistics have for something else: write another"
                yield Finding((*where, *member.where), f"{sentence}, such as {member.name}1")


def missing_engine(config: Config, machine: Machine) -> Iterator[Finding]:
    """Yield services that HAProxy is to carry, where there is none, or one that is too old."""
    users = [where for where, service in tcp_services(config) if service.engine == "haproxy"]
    if not users:
        return
    program = machine.locate(config.haproxy.program)
    found = machine.haproxy(program)
    if found is None or found < OLDEST_HAPROXY:
        what = f"{program} is version {'.'.join(map(str, found))}" if found else f"there is no program {program}"
        remedy = "install it (apt install haproxy), write haproxy: {program: PATH}, or engine: builtin"
        for where in users:
            yield Finding((*where, "engine"), f"needs HAProxy 2.6 or newer, and {what}: {remedy}")


def carried_by_haproxy(config: Config) -> list[TcpService]:
    """Return the services that HAProxy carries."""
    return [service for _where, service in tcp_services(config) if service.engine == "haproxy"]


def wanted_connections(config: Config) -> int:
    """Return how many connections HAProxy may be asked to have at a time."""
    return CONNECTIONS_PER_SESSION * sum(each.max_sessions or USUAL_SESSIONS for each in carried_by_haproxy(config))


def most_connections(config: Config, machine: Machine) -> int:
    """Return how many it can have beside a descriptor for every port that it listens on."""
    free = machine.descriptors - DESCRIPTORS_OF_HAPROXY - _listeners(config)
    return free // DESCRIPTORS_PER_CONNECTION


def _listeners(config: Config) -> int:
    return sum(
        len(service.ports.passive) + sum(port is not None for port in (service.ports.explicit, service.ports.implicit))
        for service in carried_by_haproxy(config)
    )


def demand_descriptors(config: Config, machine: Machine) -> None:
    """Raise SetupError if HAProxy may not open as many files as its ports and a few sessions need."""
    if carried_by_haproxy(config) and most_connections(config, machine) < FEWEST_CONNECTIONS:
        ports = _listeners(config)
        needed = DESCRIPTORS_OF_HAPROXY + ports + FEWEST_CONNECTIONS * DESCRIPTORS_PER_CONNECTION
        sentence = f"HAProxy needs {needed} open files, one for each of {ports} ports, but is allowed"
        remedy = "narrow the passive range, or raise LimitNOFILE of the unit (ulimit -n)"
        raise SetupError(f"{sentence} {machine.descriptors}: {remedy}")


def few_connections(config: Config, machine: Machine) -> Iterator[Finding]:
    """Yield a warning if HAProxy cannot have all the sessions that it may be asked for."""
    wanted, most = wanted_connections(config), most_connections(config, machine)
    if wanted > most:
        has = (
            f"HAProxy may be asked for {wanted} connections, and can have {most} with {machine.descriptors} open files"
        )
        yield Finding(("virtual_services",), f"{has}: raise LimitNOFILE (ulimit -n) or lower max_sessions")
