"""One virtual service as a worker runs it: its plan with TLS contexts and port numbers made ready.

A session keeps the one it began with.
"""

import socket
import ssl
from collections.abc import Mapping
from functools import partial

from ftpair.config import contexts
from ftpair.core.binding import Binding
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.status import ServerState
from ftpair.dataplane import tls
from ftpair.dataplane.assigning import Assigning
from ftpair.dataplane.buffered_tls import BufferedTls
from ftpair.dataplane.client_legs import ClientLegs, ContextPool
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
        self.single_use: set[int] = set()
        """Servers (by slot) that resume a TLS ticket once only."""
        self.may_client_end_bare = plan.tls is not None and plan.tls.close_notify == "ignore"
        self.assigning = Assigning(plan, worker)
        self._context = self._own_contexts = None
        if plan.tls is not None:
            named = tls.named_contexts(plan.tls)
            self._context = tls.server_context(plan.tls, named)
            self._own_contexts = ContextPool(partial(tls.server_context, plan.tls, named))
        self._server_contexts = {
            server.slot: contexts.client_context(server.tls) for server in plan.servers if server.tls.mode != "off"
        }

    def prepare(self) -> None:
        """Make ahead what sessions will need; inside a running loop."""
        if self._own_contexts is not None and self.plan.bindings.may_require:
            self._own_contexts.fill()

    def client_legs(self, binding: Binding) -> ClientLegs:
        """Return what puts TLS on the client's legs of a session that is bound like this."""
        take = self._context_of_its_own if binding.session == "require" else self._shared_context
        return ClientLegs(take, may_clear=self.plan.tls is not None and self.plan.tls.ccc == "allow")

    def _shared_context(self) -> ssl.SSLContext:
        assert self._context is not None
        return self._context

    def _context_of_its_own(self) -> ssl.SSLContext:
        assert self._own_contexts is not None
        return self._own_contexts.take()

    def wrap_server(self, server: ServerPlan, sock: socket.socket) -> ssl.SSLSocket:
        """Put TLS on the control connection to a server."""
        return tls.wrap_as_client(self._server_contexts[server.slot], sock, server.tls.name or server.address.host)

    def wrap_server_data(
        self, server: ServerPlan, sock: socket.socket, session: ssl.SSLSession | None = None
    ) -> BufferedTls:
        """Put TLS on a server's data leg, offering `session` for resumption."""
        name = server.tls.name or server.address.host
        return tls.wrap_data_as_client(self._server_contexts[server.slot], sock, name, session)

    def learn(self, states: Mapping[int, ServerState]) -> None:
        """Compose what every eligible server of the pool can do."""
        known = [
            state.features
            for server in self.plan.servers
            if (state := states.get(server.slot)) is not None and state.is_eligible and state.features is not None
        ]
        self.features = common(known) if known else None
