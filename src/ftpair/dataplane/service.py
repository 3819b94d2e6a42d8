"""One virtual service as a worker runs it: its plan with TLS contexts and port numbers made ready.

A session keeps the one it began with.
"""

import socket
import ssl
from collections.abc import Mapping

from ftpair.config import contexts
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.status import ServerState
from ftpair.dataplane import tls
from ftpair.dataplane.assigning import Assigning
from ftpair.ftp.feat import common


class Service:
    """A service's plan and what was made from it. Raises ssl.SSLError when certificate and key do not fit."""

    def __init__(self, plan: ServicePlan, worker: int, workers: int) -> None:
        self.plan = plan
        self.passive_ports = plan.passive.of_worker(worker, workers)
        self.features: tuple[str, ...] | None = None
        """What all servers of the pool can do, as far as the probes know."""
        self.refused_questions: set[tuple[int, str]] = set()
        """Which server (by slot) does not know which way to ask for a data connection."""
        self.may_client_end_bare = plan.tls is not None and plan.tls.close_notify == "ignore"
        self.assigning = Assigning(plan, worker)
        self._context = tls.server_context(plan.tls) if plan.tls is not None else None
        self._server_contexts = {
            server.slot: contexts.client_context(server.tls) for server in plan.servers if server.tls.mode != "off"
        }

    def wrap_client(self, sock: socket.socket) -> ssl.SSLSocket:
        """Put TLS on a client leg; control and data share the context, so that data can resume control."""
        assert self._context is not None
        return tls.wrap_as_server(self._context, sock)

    def wrap_client_data(self, sock: socket.socket) -> ssl.SSLSocket:
        """Put TLS on a client's data leg, which gets no new tickets.

        A client that only writes never reads them, and its close would turn into a reset over its last bytes (lftp).
        """
        assert self._context is not None
        usual = self._context.num_tickets
        self._context.num_tickets = 0
        try:
            return tls.wrap_as_server(self._context, sock)
        finally:
            self._context.num_tickets = usual

    def wrap_server(
        self, server: ServerPlan, sock: socket.socket, session: ssl.SSLSession | None = None
    ) -> ssl.SSLSocket:
        """Put TLS on a server leg, offering `session` for resumption."""
        name = server.tls.name or server.address.host
        return tls.wrap_as_client(self._server_contexts[server.slot], sock, name, session)

    def learn(self, states: Mapping[int, ServerState]) -> None:
        """Compose what every eligible server of the pool can do."""
        known = [
            state.features
            for server in self.plan.servers
            if (state := states.get(server.slot)) is not None and state.is_eligible and state.features is not None
        ]
        self.features = common(known) if known else None
