"""Control listeners: bound by the supervisor, one per worker and address, and handed to the workers.

The supervisor keeps them open, so that connections queue in the kernel while a worker is replaced.
"""

import errno
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ftpair.core.endpoint import Endpoint
from ftpair.core.errors import SetupError
from ftpair.core.messages import ListenerKey
from ftpair.core.plan import AnyService, Entrance, Plan

BACKLOG = 1024
LONGEST_COMM = 15
"""Of a program's name, /proc/PID/comm has so many characters (proc(5))."""
LISTENING = "0A"
"""The state of a listening socket in /proc/net/tcp."""


def listener_keys(plan: Plan) -> tuple[ListenerKey, ...]:
    """Return the control listeners that a plan asks for."""
    return _keys_of(_served_here(plan))


def demand_bindable(plan: Plan, spared: Iterable[ListenerKey] = ()) -> None:
    """Raise SetupError for a control port that the HAProxy of ftpair could not listen on, before it is started.

    `spared` are those of workers who will let go. A port that is in use may be HAProxy's own, which outlives ftpair:
    it is refused only if it is known to be somebody else's.
    """
    own = Path(plan.haproxy.program).name[:LONGEST_COMM]
    held = {Endpoint(key.host, key.port) for key in spared}
    for key in _keys_of(plan.carried_by("haproxy")) if plan.haproxy.is_managed else ():
        if Endpoint(key.host, key.port) in held:
            continue
        try:
            bind(Endpoint(key.host, key.port)).close()
        except OSError as error:
            owner = port_owner(key.host, key.port)
            if error.errno != errno.EADDRINUSE or (owner and owner.name != own):
                raise SetupError(_sentence(key, error)) from error


def _keys_of(services: Iterable[AnyService]) -> tuple[ListenerKey, ...]:
    return tuple(
        ListenerKey(service.name, entrance, service.address, port)
        for service in services
        for entrance, port in _entrances(service)
        if port is not None
    )


def _served_here(plan: Plan) -> tuple[AnyService, ...]:
    """Return the services whose clients come to workers: all but those of HAProxy."""
    return (*plan.services, *plan.carried_by("builtin"))


def _entrances(service: AnyService) -> tuple[tuple[Entrance, int | None], ...]:
    return ("explicit", service.explicit), ("implicit", service.implicit)


class Listeners:
    """The open control listeners of a node: for every address one socket per worker.

    A listener that moves from one service to another keeps its sockets, and with them the connections in its queue.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._sockets: dict[Endpoint, tuple[socket.socket, ...]] = {}

    def open(self, keys: Iterable[ListenerKey]) -> None:
        """Bind what is not open yet. Raises SetupError, and then nothing was changed."""
        new: dict[Endpoint, tuple[socket.socket, ...]] = {}
        try:
            for key in keys:
                endpoint = Endpoint(key.host, key.port)
                if endpoint not in self._sockets and endpoint not in new:
                    new[endpoint] = _bind_all(key, self._workers)
        except SetupError:
            _close_all(new.values())
            raise
        self._sockets |= new

    def keep(self, keys: Iterable[ListenerKey]) -> None:
        """Close what is not among the keys."""
        wanted = {Endpoint(key.host, key.port) for key in keys}
        gone = [endpoint for endpoint in self._sockets if endpoint not in wanted]
        _close_all(self._sockets.pop(endpoint) for endpoint in gone)

    def close(self) -> None:
        """Close all."""
        self.keep(())

    def fds(self, keys: Iterable[ListenerKey], worker: int) -> tuple[int, ...]:
        """Return the descriptors of one worker, in the order of the keys."""
        return tuple(self._sockets[Endpoint(key.host, key.port)][worker].fileno() for key in keys)


def _close_all(groups: Iterable[tuple[socket.socket, ...]]) -> None:
    for sockets in groups:
        for sock in sockets:
            sock.close()


def _bind_all(key: ListenerKey, workers: int) -> tuple[socket.socket, ...]:
    sockets: list[socket.socket] = []
    try:
        # SO_REUSEPORT would share the port with another process in silence: the first socket asks without it.
        endpoint = Endpoint(key.host, key.port)
        bind(endpoint).close()
        for _worker in range(workers):
            sockets.append(bind(endpoint, is_shared=True))
            sockets[-1].listen(BACKLOG)
    except OSError as error:
        _close_all([tuple(sockets)])
        raise SetupError(_sentence(key, error)) from error
    return tuple(sockets)


def bind(endpoint: Endpoint, *, is_shared: bool = False) -> socket.socket:
    """Return a socket that is bound there and does not listen yet; `is_shared`: others may be, too. Raises OSError."""
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setblocking(False)  # noqa: FBT003 - the name of the call says it.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, is_shared)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((endpoint.host, endpoint.port))
    except OSError:
        sock.close()
        raise
    return sock


def _sentence(key: ListenerKey, error: OSError) -> str:
    endpoint = Endpoint(key.host, key.port)
    return f"{key.service}: cannot listen on {endpoint} ({key.entrance}): {why_unbindable(endpoint, error)}"


def why_unbindable(endpoint: Endpoint, error: OSError) -> str:
    """Return why nothing can be bound there, and the remedy."""
    remedy = REMEDIES.get(error.errno or 0)
    return remedy(endpoint) if remedy else str(error.strerror)


def _in_use(endpoint: Endpoint) -> str:
    owner = port_owner(endpoint.host, endpoint.port)
    return f"the port is in use{f' by {owner}' if owner else ''}; stop it, or choose another port"


def _not_allowed(endpoint: Endpoint) -> str:
    return (
        f"no permission for port {endpoint.port}; start ftpair as root, give it"
        " AmbientCapabilities=CAP_NET_BIND_SERVICE in its systemd unit, run `setcap cap_net_bind_service=ep` on its"
        " Python, or choose a port from 1024"
    )


def _not_here(endpoint: Endpoint) -> str:
    return f"the address is not on this machine; add it (`ip address add {endpoint.host} dev ...`) or correct `address`"


REMEDIES: dict[int, Callable[[Endpoint], str]] = {
    errno.EADDRINUSE: _in_use,
    errno.EACCES: _not_allowed,
    errno.EADDRNOTAVAIL: _not_here,
}


@dataclass(frozen=True, slots=True)
class Owner:
    """A process that listens on a port."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def port_owner(host: str, port: int) -> Owner | None:
    """Return the process that listens there, as far as /proc tells this user."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(host, port)}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # It has ended, or belongs to somebody else.
            if inodes and any(_target(fd) in inodes for fd in (process / "fd").iterdir()):
                return Owner(int(process.name), (process / "comm").read_text().strip())
    return None


def _target(fd: Path) -> str:
    try:
        return str(fd.readlink())
    except FileNotFoundError:  # Closed since it was listed, as the descriptor of the listing itself is.
        return ""


def _listening_inodes(host: str, port: int) -> set[str]:
    addresses = {_proc_address(host), *map(_proc_address, ("0.0.0.0", "::"))}  # noqa: S104 - looked for, not bound.
    rows = (row.split() for table in ("tcp", "tcp6") for row in _rows(Path("/proc/net") / table))
    return {
        row[9]
        for row in rows
        if row[3] == LISTENING and int(row[1].rpartition(":")[2], 16) == port and row[1].rpartition(":")[0] in addresses
    }


def _rows(table: Path) -> list[str]:
    return table.read_text().splitlines()[1:] if table.exists() else []


def _proc_address(host: str) -> str:
    """Return an address as /proc/net/tcp prints it: words of the machine's byte order, in hex."""
    packed = socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    return "".join(packed[at : at + 4][::-1].hex() for at in range(0, len(packed), 4)).upper()
