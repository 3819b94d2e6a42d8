"""One session of FTP mode as a function: `handle(event, now) -> effects`. Owns no socket, no clock and no chance."""

import math
from collections.abc import Callable

from ftpair.core.binding import Binding
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import Fact, Tls
from ftpair.core.plan import Entrance, ServerPlan, ServicePlan
from ftpair.ftp.command import printable
from ftpair.session import draining, endings, owing, rescuing, strays
from ftpair.session.commands import take
from ftpair.session.conversation import Caller, Conversation
from ftpair.session.effects import Effect, Note
from ftpair.session.events import Event, ServerReplied, Ticked
from ftpair.session.guard import Guard
from ftpair.session.ongoing import Progress, Transfer
from ftpair.session.states import State
from ftpair.session.table import HANDLERS, Handler
from ftpair.session.vault import Vault

MOST_QUEUED_LINES = 64


class Session:
    """The brain of one client's control connection, its server's, and their data connections.

    The driver tells it every event and performs the effects in order; it sends `Ticked` once `deadline` has passed.
    """

    __slots__ = ("_talk",)

    def __init__(  # noqa: PLR0913, PLR0917 (what a driver knows of a connection: all of it, once)
        self,
        plan: ServicePlan,
        id: str,  # noqa: A002 (the word of every row and fact)
        client: Endpoint,
        local: Endpoint,
        entrance: Entrance,
        now: float,
        commands: dict[str, int] | None = None,
    ) -> None:
        """Begin; `local` is the address that the client dialled, `commands` counts verbs (shared between sessions)."""
        caller = Caller(id, client, local, entrance)
        self._talk = Conversation(plan, caller, now, {} if commands is None else commands)

    def handle(self, event: Event, now: float) -> list[Effect]:
        """Take what happened and return what is to be done, in order; `now` is in seconds of a monotonic clock."""
        talk = self._talk
        talk.now = now
        kind = type(event)
        handler = HANDLERS[talk.state].get(kind)
        if kind is ServerReplied or kind is Ticked:
            handler = self._overriding(event) or handler
        if handler is not None:
            handler(talk, event)
        if (talk.queue or talk.has_client_ended or talk.is_drained) and not (
            isinstance(event, ServerReplied) and event.has_more
        ):
            self._take_queued()
        effects, talk.effects = talk.effects, []
        return effects

    def fail(self, now: float) -> list[Fact]:
        """End after a bug, whatever the state is; return the facts that were not told yet, the session's end included.

        Nothing but facts: what was wanted of the connections may be wrong, so the driver cuts them all.
        """
        talk = self._talk
        talk.now = now
        if talk.state is not State.ENDED:
            talk.end("internal error")
        effects, talk.effects = talk.effects, []
        return [effect.fact for effect in effects if isinstance(effect, Note)]

    def _take_queued(self) -> None:
        talk = self._talk
        if talk.is_drained and talk.state is State.READY:
            draining.depart(talk)
        while talk.queue and talk.state is State.READY:
            take(talk, talk.queue.popleft())
        if talk.has_client_ended and talk.state is State.READY:
            endings.on_all_said(talk)

    def _overriding(self, event: Event) -> Handler | None:
        """Return who takes an event whatever the state is: a 421, a stray, a clock that is early or overdue."""
        talk = self._talk
        if isinstance(event, ServerReplied):
            if event.reply.code == 421 and talk.is_attached and talk.state is not State.DELAYING:
                return owing.on_421
            return strays.on_late_reply if strays.is_late(talk, event) else None
        return self._overdue()

    def _overdue(self) -> Handler | None:
        """Return who takes a clock that is no state's own: one that is early, or one of the whole session."""
        talk = self._talk
        if self.deadline is None or talk.now < self.deadline:
            return endings.on_early_tick
        if talk.rescue is not None and talk.now >= talk.rescue.deadline:
            return rescuing.on_late
        if self._is_login_late:
            return endings.on_late_login
        if talk.now >= draining.overdue_at(talk):
            return draining.on_overdue
        return endings.on_old if talk.now >= talk.life_deadline and not talk.parting else None

    @property
    def _is_login_late(self) -> bool:
        return not self._talk.is_logged_in and self._talk.now >= self._talk.login_deadline

    @property
    def deadline(self) -> float | None:
        """The next moment at which the driver must send `Ticked`; changes with every event."""
        talk = self._talk
        if talk.state is State.ENDED:
            return None
        due = min(talk.since + talk.limits.get(talk.state, math.inf), draining.overdue_at(talk))
        if not talk.is_logged_in:
            due = min(due, talk.login_deadline)
        if talk.rescue is not None:
            due = min(due, talk.rescue.deadline)
        if not talk.parting:
            due = min(due, talk.life_deadline)
        return None if due == math.inf else due

    def ask_features(self, features: Callable[[], tuple[str, ...] | None]) -> None:
        """Let the driver tell, at FEAT before login, what all servers of the pool can do, as FEAT lines."""
        self._talk.pool_features = features

    def ask_guard(self, guard: Guard) -> None:
        """Let the driver tell, at logins and handshakes, whether they may go on."""
        self._talk.guard = guard

    def ask_vault(self, vault: Vault) -> None:
        """Let the driver keep the words of the login, as long as the session lives: only where it may be rescued."""
        self._talk.vault = vault

    def share_refused_questions(self, refused: set[tuple[int, str]]) -> None:
        """Share with other sessions which server (by slot) does not know which way to ask for a data connection."""
        self._talk.pairing.refused = refused

    def ask_progress(self, progress: Callable[[], Progress]) -> None:
        """Let the driver tell, when a transfer is dropped, how many bytes it has moved and which TLS its legs have."""
        self._talk.progress = progress

    @property
    def is_full(self) -> bool:
        """Whether so many lines wait that the driver shall stop reading from the client."""
        return len(self._talk.queue) >= MOST_QUEUED_LINES

    @property
    def is_open(self) -> bool:
        """Whether the client has arrived and the session has not ended."""
        return self._talk.state not in (State.OPENING, State.ENDED)

    @property
    def state(self) -> str:
        """The state's name, for people."""
        return self._talk.state.value

    @property
    def client(self) -> Endpoint:
        """The client's address and port."""
        return self._talk.caller.client

    @property
    def since(self) -> float:
        """When the state was entered, or the last command was taken."""
        return self._talk.since

    @property
    def user(self) -> str:
        """Who wants to log in or has logged in, harmless to show; empty before USER."""
        return self._talk.user

    @property
    def host(self) -> str:
        """What the client named with HOST before a server was chosen, harmless to show; empty if nothing."""
        return printable(self._talk.to_replay.get("HOST", b"").partition(b" ")[2].strip())

    @property
    def program(self) -> str:
        """The name that the client's program gave itself (CLNT), harmless to show; empty if it gave none."""
        return self._talk.program

    @property
    def binding(self) -> Binding:
        """What is asked of its data connections."""
        return self._talk.binding

    @property
    def server(self) -> ServerPlan | None:
        """The real server that was chosen."""
        return self._talk.server

    @property
    def rescued_from(self) -> str:
        """The name of the server that it was rescued from last; empty if it never was."""
        return self._talk.rescued.former if self._talk.rescued is not None else ""

    @property
    def tls(self) -> Tls | None:
        """TLS of the client's control connection; none any more after CCC."""
        return self._talk.tls if self._talk.is_secret else None

    @property
    def server_tls(self) -> Tls | None:
        """TLS of the server's control connection."""
        return self._talk.server_tls

    @property
    def is_logged_in(self) -> bool:
        """Whether a server has accepted the login."""
        return self._talk.is_logged_in

    @property
    def transfer(self) -> Transfer | None:
        """The transfer that the session is busy with: verb, path, direction, when it started."""
        return self._talk.transfer

    @property
    def transfers(self) -> int:
        """How many transfers have moved data, the running one included."""
        return self._talk.transfers

    @property
    def bytes_up(self) -> int:
        """Bytes of finished uploads."""
        return self._talk.bytes_up

    @property
    def bytes_down(self) -> int:
        """Bytes of finished downloads."""
        return self._talk.bytes_down

    @property
    def commands(self) -> dict[str, int]:
        """How often each verb was taken; verbs that no row of the table names are `other`."""
        return self._talk.commands

    @property
    def last_command(self) -> str:
        """The last command that was taken, secrets masked; empty before the first."""
        return self._talk.command.masked() if self._talk.command else ""
