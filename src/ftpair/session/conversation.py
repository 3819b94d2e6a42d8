"""What a session knows, and the few moves that change it. Decides nothing."""

import math
from collections import deque
from collections.abc import Callable
from typing import Literal

import msgspec

from ftpair.core.ending import End, Leg
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import ProtocolError, Reason, Refusal, SessionEnded, Tls, TransferEnded
from ftpair.core.plan import Entrance, ServerPlan, ServicePlan
from ftpair.ftp.command import Command, printable
from ftpair.ftp.reply import Reply
from ftpair.session.effects import (
    DropData,
    Effect,
    HangUpClient,
    HangUpServer,
    Note,
    ToClient,
    ToServer,
)
from ftpair.session.guard import NOBODY
from ftpair.session.memory import Memory
from ftpair.session.ongoing import Move, Progress, Rescue, Transfer
from ftpair.session.pairing import Pairing
from ftpair.session.states import State, limits
from ftpair.session.vault import NOWHERE

Answer = Callable[["Conversation", Reply], None]
NEVER = math.inf

MUTE = frozenset({State.OPENING, State.SECURING_CLIENT, State.CLEARING_CLIENT})
"""Where TLS begins or ends with the client: nothing can be said, neither in clear text nor under TLS."""


class Caller(msgspec.Struct, frozen=True):
    """Who calls and where: `local` is the address that the client dialled."""

    id: str
    client: Endpoint
    local: Endpoint
    entrance: Entrance


class Conversation:
    """One client, one server, one state: everything that the rooms of a session share."""

    __slots__ = (
        "answer",
        "binding",
        "bytes_down",
        "bytes_up",
        "caller",
        "command",
        "commands",
        "delayed",
        "dialled",
        "drained_at",
        "effects",
        "errand",
        "greeting",
        "guard",
        "has_asked_account",
        "has_buffer_size",
        "has_client_ended",
        "has_port",
        "held",
        "is_attached",
        "is_cleared",
        "is_logged_in",
        "is_server_protected",
        "last_reply",
        "life_deadline",
        "limits",
        "login_deadline",
        "may_pass",
        "may_stray",
        "memory",
        "now",
        "pairing",
        "parting",
        "plan",
        "pool_features",
        "program",
        "progress",
        "protection",
        "queue",
        "replaying",
        "rescue",
        "rescued",
        "server",
        "server_tls",
        "settled",
        "since",
        "started",
        "state",
        "tls",
        "to_replay",
        "transfer",
        "transfers",
        "tried",
        "user",
        "user_command",
        "vault",
    )

    def __init__(self, plan: ServicePlan, caller: Caller, now: float, commands: dict[str, int]) -> None:
        self.plan = plan
        self.caller = caller
        self.started = self.now = self.since = self.dialled = now
        self.binding = plan.bindings.of(caller.client.host)
        self.limits = limits(plan.clocks)
        self.login_deadline = now + plan.clocks.login_timeout_s
        self.life_deadline = now + (plan.clocks.session_timeout_s or NEVER)
        self.state = State.OPENING
        self.effects: list[Effect] = []
        self.queue: deque[bytes] = deque()
        self.commands = commands
        self.progress: Callable[[], Progress] = Progress
        self.guard = NOBODY
        self.delayed = b""
        self.pool_features: Callable[[], tuple[str, ...] | None] = _nothing_known
        # The client leg.
        self.tls: Tls | None = None
        self.protection: Literal["C", "P"] = "C"
        self.has_buffer_size = False
        self.is_cleared = False
        self.program = ""
        self.user = ""
        self.is_logged_in = False
        self.last_reply = b""
        self.parting, self.drained_at = "", NEVER
        self.has_client_ended = False
        # The server leg.
        self.server: ServerPlan | None = None
        self.server_tls: Tls | None = None
        self.greeting = b""
        self.tried: tuple[int, ...] = ()
        self.to_replay: dict[str, bytes] = {}
        self.replaying: list[bytes] = []
        self.has_asked_account = False
        """Whether the server has ever asked for ACCT."""
        self.is_attached = False
        self.may_pass = False
        self.is_server_protected = False
        self._be_ready_for_rescue()
        # The command that is being answered, without its secret.
        self.command: Command | None = None
        self.user_command: Command | None = None
        self.held: Command | None = None
        """A password that waits for its turn."""
        self.answer: Answer = relay
        # The data connection.
        self.has_port = False
        self.pairing = Pairing()
        self.transfer: Transfer | None = None
        self.settled = b""
        self.may_stray = False
        self.transfers = 0
        self.bytes_up = 0
        self.bytes_down = 0

    def _be_ready_for_rescue(self) -> None:
        """Know what another server would have to know: nothing so far."""
        self.memory: Memory | None = Memory() if self.plan.rescue != "off" else None
        self.vault = NOWHERE
        self.rescue: Rescue | None = None
        self.rescued: Rescue | None = None
        """The last one that came to a good end."""
        self.errand: Move | None = None
        """What a rescue does when the question for a data connection is answered."""

    @property
    def is_secret(self) -> bool:
        """Whether nobody but the client hears what is said: TLS has begun, and CCC has not ended it."""
        return self.tls is not None and not self.is_cleared

    @property
    def is_server_secured(self) -> bool:
        """Whether the server of this session is spoken to over TLS."""
        if self.is_server_matched:
            return self.tls is not None
        return self.server is not None and self.server.tls.mode != "off"

    @property
    def is_server_matched(self) -> bool:
        """Whether the server gets what its client has: TLS or none, and on data connections what PROT says."""
        return self.server is not None and self.server.tls.mode == "match"

    @property
    def is_server_data_secured(self) -> bool:
        """Whether data connections of the server carry TLS."""
        return self.is_server_secured and (self.protection == "P" or not self.is_server_matched)

    @property
    def is_drained(self) -> bool:
        """Whether the session is to end as soon as nothing is owed to its client."""
        return self.drained_at < NEVER

    def keep(self) -> None:
        """Let the session go on: its server is not drained, or it has another."""
        self.drained_at = NEVER

    def emit(self, effect: Effect) -> None:
        """Want something done."""
        self.effects.append(effect)

    def tell(self, data: bytes) -> None:
        """Write whole reply lines to the client."""
        self.last_reply = data
        self.effects.append(ToClient(data))

    def say(self, text: str) -> None:
        """Write one reply of ftpair's own to the client."""
        self.tell(text.encode() + b"\r\n")

    def go(self, state: State) -> None:
        """Wait for something else from now on."""
        self.state = state
        self.since = self.now

    def forward(self, command: Command, answer: Answer) -> None:
        """Send the client's own line to the server; `answer` takes the replies."""
        self.answer = answer
        self.effects.append(ToServer(command.line))
        self.state = State.AWAITING_REPLY
        self.since = self.now

    def note_refusal(self, reason: Reason) -> None:
        """Count that a limit or a clock lets the client go."""
        self.emit(Note(Refusal(self.plan.name, reason, str(self.caller.client), self.caller.id, self.user)))

    def note_protocol_error(self, leg: Leg, kind: str) -> None:
        """Count that a peer broke the protocol."""
        self.emit(Note(ProtocolError(self.plan.name, leg, kind, self.caller.id, str(self.caller.client))))

    def give_up_port(self, end: End = End.ENDED) -> None:
        """Give up the data connection that no transfer has used."""
        if self.has_port:
            self.has_port = self.pairing.is_ready = False
            self.emit(DropData(end))

    def rest(self) -> None:
        """Take the next command, or end if that was only waiting for a transfer; a rescue takes its next step."""
        if self.errand is not None:
            errand, self.errand = self.errand, None
            errand(self)
        elif self.parting:
            self.end(self.parting, parting_words(self.parting))
        else:
            self.go(State.READY)

    def end(self, ended: str, last: bytes = b"", client_end: End = End.ENDED, server_end: End = End.ENDED) -> None:
        """End the session: data, server, last reply, fact, client. Within a TLS handshake nothing can be said."""
        if self.state in MUTE:
            last, client_end = b"", End.CUT
        if self.transfer is not None:
            server_end = End.CUT
            self.drop_transfer(ended, last)
        self.give_up_port()
        if self.server is not None:
            self.emit(HangUpServer(server_end))
        if last:
            self.tell(last)
        self.emit(Note(self._summary(ended)))
        self.emit(HangUpClient(client_end))
        self.queue.clear()
        self.vault.forget()
        self.held = None
        self.rescue = self.errand = None
        self.is_attached = self.may_stray = False
        self.go(State.ENDED)

    def drop_transfer(self, reason: str, reply: bytes) -> None:
        """Cut the running transfer; `reply` is what the client gets to it."""
        transfer = self.transfer
        assert transfer is not None, "no transfer to drop"
        self.cut_legs(transfer)
        transfer.reason = transfer.reason or reason
        self.close_transfer(transfer.end or "cut", reply)

    def cut_legs(self, transfer: Transfer) -> None:
        """Drop the data connection, and ask the data plane how far it came: no event will tell."""
        if transfer.has_legs:
            transfer.has_legs = False
            came = self.progress()
            transfer.bytes = came.bytes if transfer.is_running else 0
            transfer.client_tls, transfer.server_tls = came.client_tls, came.server_tls
            transfer.reason = transfer.reason or came.lack  # What made a client leave says more than that it left.
            self.emit(DropData(End.CUT))

    def close_transfer(self, result: Literal["complete", "refused", "cut", "aborted"], reply: bytes) -> None:
        """Write the transfer down as ended."""
        transfer = self.transfer
        assert transfer is not None, "no transfer to close"
        self.transfer = None
        self.may_stray = transfer.is_running and result != "complete"
        if transfer.awaits_end:
            self.emit(DropData(End.ENDED if result == "complete" else End.CUT))
        if transfer.direction == "up":
            self.bytes_up += transfer.bytes
        else:
            self.bytes_down += transfer.bytes
        self.effects.append(Note(self._transfer_fact(transfer, result, reply)))

    @property
    def _server_name(self) -> str:
        """The server's name; in a rescue that of the one that is lost."""
        if self.server is not None:
            return self.server.name
        return self.rescue.former if self.rescue is not None else ""

    def _transfer_fact(
        self, transfer: Transfer, result: Literal["complete", "refused", "cut", "aborted"], reply: bytes
    ) -> TransferEnded:
        return TransferEnded(
            self.plan.name,
            self.caller.id,
            str(self.caller.client),
            self.user,
            self._server_name,
            transfer.verb,
            transfer.path,
            transfer.direction,
            transfer.bytes,
            self.now - transfer.started,
            result,
            transfer.reason,
            _one_line(reply),
            transfer.client_tls,
            transfer.server_tls,
        )

    def _summary(self, ended: str) -> SessionEnded:
        return SessionEnded(
            service=self.plan.name,
            session=self.caller.id,
            client=str(self.caller.client),
            entrance=self.caller.entrance,
            user=self.user,
            server=self._server_name,
            tls=self.tls,
            server_tls=self.server_tls,
            seconds=self.now - self.started,
            transfers=self.transfers,
            bytes_up=self.bytes_up,
            bytes_down=self.bytes_down,
            ended=ended,
            reply=_one_line(self.last_reply),
        )


def relay(talk: Conversation, reply: Reply) -> None:
    """Give the client the server's reply, unchanged; the final one makes way for the next command."""
    talk.tell(reply.raw)
    if reply.code >= 200:
        talk.rest()


def parting_words(reason: str) -> bytes:
    """Return the reply that ends a session for a reason of the operator's."""
    return f"421 {printable(reason.encode())}\r\n".encode()


def _nothing_known() -> None:
    return None


def _one_line(reply: bytes) -> str:
    return printable(reply.rstrip(b"\r\n").rpartition(b"\n")[2])
