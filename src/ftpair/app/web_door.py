"""The web UI's listener: bound by the supervisor, handed to the API, and closed to the world until there is a user."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path

import structlog
from msgspec.structs import replace

from ftpair.app.own_certificate import is_fresh, own_certificate, whole_fingerprint
from ftpair.core.endpoint import Endpoint
from ftpair.core.errors import SetupError
from ftpair.core.messages import UseWeb
from ftpair.core.plan import WebPlan
from ftpair.dataplane.ports import bind, why_unbindable

log = structlog.get_logger("ftpair")

BACKLOG = 128
Tell = Callable[[UseWeb, Sequence[int]], None]


class WebDoor:
    """What listens for browsers. `invitation` is the secret of the set-up link, empty once there is a user."""

    def __init__(self, state: Path, invitation: Callable[[], str], tell: Tell) -> None:
        """Begin; `tell` reaches the API."""
        self._state, self._invitation, self._tell = state, invitation, tell
        self._wanted: WebPlan | None = None
        self._served: WebPlan | None = None
        """What the API was told: another address than the wanted one while that is held back."""
        self._failure = ""
        """What was said last of an address that cannot be opened."""
        self._listeners: dict[Endpoint, socket.socket] = {}

    @property
    def url(self) -> str:
        """Where a browser finds it now; empty: nowhere."""
        return self._served.url if self._served else ""

    def open(self, wanted: WebPlan | None) -> None:
        """Bind what a plan asks for; what is open stays. Raises SetupError, and then nothing was changed."""
        if wanted is None:
            return
        endpoint = _endpoint(self._open_at(wanted))
        if endpoint in self._listeners:
            return
        try:
            # 0.0.0.0 and 127.0.0.1 meet on one port, and the API holds the former listener until it has the new one:
            # ours share the port with each other. The first one asks without that, so that nobody else's is shared.
            if all(each.port != endpoint.port for each in self._listeners):
                bind(endpoint).close()
            listener = bind(endpoint, is_shared=True)
            listener.listen(BACKLOG)
        except OSError as error:
            raise SetupError(f"web: cannot listen on {endpoint}: {why_unbindable(endpoint, error)}") from error
        self._listeners[endpoint] = listener

    def keep(self, wanted: WebPlan | None) -> None:
        """Serve what was opened for a plan, and close everything else."""
        before, self._wanted = self._served, wanted
        self._served = self._to_serve(wanted) if wanted else None
        self.close_all_but(self._served)
        if self._served != before:
            self._say()
            self.tell()

    @property
    def set_up_link(self) -> str:
        """Where the first user is made; empty if there is one, or no web UI."""
        secret = self._invitation()
        return f"{self.url}/setup?key={secret}" if secret and self.url else ""

    def refresh(self) -> None:
        """Open what was held back, once there is a user; show another certificate before the own one expires."""
        if self._wanted is None or not self._is_stale(self._wanted):
            return
        try:
            self.open(self._wanted)
        except SetupError as error:
            if error.sentence != self._failure:
                self._failure = error.sentence
                log.error(error.sentence)  # noqa: TRY400 - the sentence is all there is to say.
        else:
            self.keep(self._wanted)

    def _is_stale(self, wanted: WebPlan) -> bool:
        served = self._served
        return (
            served is None or self._open_at(wanted).url != served.url or not (wanted.certificate or _is_fresh(served))
        )

    def tell(self) -> None:
        """Tell the API what to serve, and give it the listener."""
        served = self._served
        self._tell(UseWeb(served), (self._listeners[_endpoint(served)].fileno(),) if served else ())

    def close_all_but(self, kept: WebPlan | None = None) -> None:
        """Close the listeners that are not for this."""
        for endpoint in [each for each in self._listeners if kept is None or each != _endpoint(kept)]:
            self._listeners.pop(endpoint).close()

    def _open_at(self, wanted: WebPlan) -> WebPlan:
        """Return where it may listen: before there is a user, anybody who could reach it could become the first."""
        address = ip_address(wanted.address)
        if address.is_loopback or not self._invitation():
            return wanted
        return replace(wanted, address="127.0.0.1" if address.version == 4 else "::1")

    def _to_serve(self, wanted: WebPlan) -> WebPlan:
        certificate = wanted.certificate or own_certificate(self._state, wanted.address, log.warning)
        return replace(self._open_at(wanted), certificate=certificate)

    def _say(self) -> None:
        if self._served is None or self._wanted is None:
            log.info("web UI: closed")
            return
        shown = self._served.certificate
        assert shown, "the supervisor always has one"
        log.info("web UI", url=self.url, certificate=shown.name, sha256=whole_fingerprint(shown))
        if self.set_up_link:
            log.warning("web UI: there is no user yet: make the first one by this link", link=self.set_up_link)
        if self.url != self._wanted.url:
            log.warning("web UI: closed to the network until there is a user", url=self._wanted.url)


def _endpoint(plan: WebPlan) -> Endpoint:
    return Endpoint(plan.address, plan.port)


def _is_fresh(served: WebPlan) -> bool:
    return served.certificate is not None and is_fresh(served.certificate)
