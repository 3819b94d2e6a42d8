"""Control listeners: bound by the supervisor, one per worker and address, and handed to the workers.

The supervisor keeps them open, so that connections queue in the kernel while a worker is replaced.
"""

import os
import socket
from collections.abc import Iterable

from ftpair.config.descriptors import BACKLOG
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.errors import SetupError
from ftpair.core.messages import ListenerKey
from ftpair.core.plan import AnyService, Entrance, Plan
from ftpair.dataplane.claims import Claim, served_here, why_not
from ftpair.dataplane.ports import bind


def listener_keys(plan: Plan) -> tuple[ListenerKey, ...]:
    """Return the control listeners that a plan asks for."""
    return tuple(
        ListenerKey(service.name, entrance, service.address, port)
        for service in served_here(plan)
        for entrance, port in _entrances(service)
        if port is not None
    )


def _entrances(service: AnyService) -> tuple[tuple[Entrance, int | None], ...]:
    return ("explicit", service.explicit), ("implicit", service.implicit)


class Listeners:
    """The open control listeners of a node: for every address one socket per worker.

    A listener that moves from one service to another keeps its sockets, and with them the connections in its queue.
    """

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._sockets: dict[Endpoint, tuple[socket.socket, ...]] = {}
        self._found: dict[Endpoint, dict[int, socket.socket]] = {}
        """What workers of a former supervisor have handed over: by the number of the worker."""

    def inherit(self, key: ListenerKey, worker: int, fd: int) -> None:
        """Use a listener that is open already, when its address is opened; the descriptor is taken."""
        found = self._found.setdefault(Endpoint(key.host, key.port), {})
        if worker in found or worker >= self._workers:
            os.close(fd)
        else:
            found[worker] = socket.socket(fileno=fd)

    def open(self, keys: Iterable[ListenerKey]) -> None:
        """Bind what is not open yet. Raises SetupError, and then nothing was changed."""
        new: dict[Endpoint, tuple[socket.socket, ...]] = {}
        try:
            for key in keys:
                endpoint = Endpoint(key.host, key.port)
                if endpoint not in self._sockets and endpoint not in new:
                    new[endpoint] = self._bound(key, endpoint)
        except SetupError:
            _close_all(new.values())
            raise
        self._sockets |= new

    def _bound(self, key: ListenerKey, endpoint: Endpoint) -> tuple[socket.socket, ...]:
        """Return a socket for each worker: those that were found, the others new ones beside them."""
        found = self._found.pop(endpoint, {})
        missing = [number for number in range(self._workers) if number not in found]
        try:
            new = _bind_all(key, len(missing), is_ours=bool(found))
        except SetupError:
            _close_all([tuple(found.values())])
            raise
        found |= dict(zip(missing, new, strict=True))
        return tuple(found[number] for number in range(self._workers))

    def keep(self, keys: Iterable[ListenerKey]) -> None:
        """Close what is not among the keys."""
        for found in self._found.values():
            _close_all([tuple(found.values())])
        self._found.clear()
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


def _bind_all(key: ListenerKey, workers: int, *, is_ours: bool = False) -> tuple[socket.socket, ...]:
    sockets: list[socket.socket] = []
    try:
        # SO_REUSEPORT would share the port with another process in silence: the first socket asks without it.
        endpoint = Endpoint(key.host, key.port)
        if not is_ours:
            bind(endpoint).close()
        for _worker in range(workers):
            sockets.append(bind(endpoint, is_shared=True))
            sockets[-1].listen(BACKLOG)
    except OSError as error:
        _close_all([tuple(sockets)])
        claim = Claim(key.service, key.entrance, key.host, PortRange(key.port, key.port))
        raise SetupError(why_not(claim, key.port, error)) from error
    return tuple(sockets)
