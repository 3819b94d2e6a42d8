"""How a server does by its session: blame and credit, for who ejects servers. Nothing is said where nobody does."""

from ftpair.core.ejection import Aspect, ErrorKind
from ftpair.core.ending import End
from ftpair.ftp.reply import Reply
from ftpair.session.conversation import Conversation
from ftpair.session.effects import Blame, Credit
from ftpair.session.events import Event, ServerLost, ServerReplied, Ticked
from ftpair.session.ongoing import Transfer
from ftpair.session.states import State

FAILURES: dict[State, ErrorKind] = {
    State.DIALING: "connect",
    State.AWAITING_GREETING: "greeting",
    State.REPLAYING: "greeting",
    State.AWAITING_AUTH: "tls",
    State.SECURING_SERVER: "tls",
}
"""What it means that a server fails a session there; anywhere else, in a rescue, it is its control connection."""
SILENCE = "the server does not answer"
OF_ITSELF = frozenset({State.READY, State.QUITTING})
"""Where a server may well end a session that wants nothing of it: it has been idle, or says goodbye."""


def blame(talk: Conversation, kind: ErrorKind, reason: str) -> None:
    """Tell that the server has erred."""
    if talk.plan.ejection is not None and talk.server is not None:
        talk.emit(Blame(talk.server.slot, kind, reason))


def credit(talk: Conversation, aspect: Aspect) -> None:
    """Tell that the server has done well."""
    if talk.plan.ejection is not None and talk.server is not None:
        talk.emit(Credit(talk.server.slot, aspect))


def rate_failure(talk: Conversation, reason: str, code: int) -> None:
    """Rate a server that fails a session before it has it; `code` is that of its reply, or 0."""
    blame(talk, "421" if code == 421 else FAILURES.get(talk.state, "control"), reason)


def rate_time(talk: Conversation) -> None:
    """Rate how long the server took from connect to the end of its greeting and TLS."""
    policy, took_s = talk.plan.ejection, talk.now - talk.dialled
    if policy is None or not policy.slowest_greeting_s:
        return
    if took_s > policy.slowest_greeting_s:
        blame(talk, "slow", f"greeting after {took_s:.1f} s")
    else:
        credit(talk, "time")


def rate_loss(talk: Conversation, event: ServerLost) -> None:
    """Rate a server that closes its control connection, or loses it."""
    if event.end is End.CUT or talk.state not in OF_ITSELF:
        blame(talk, "control", f"control connection lost: {event.reason}")


def rate_421(talk: Conversation) -> None:
    """Rate a server that ends a session with 421."""
    if talk.state not in OF_ITSELF:
        blame(talk, "421", "it answers 421")


def rate_end(talk: Conversation, event: Event) -> None:
    """Rate a server that a session leaves because of this event."""
    match event:
        case ServerLost():
            rate_loss(talk, event)
        case ServerReplied():
            rate_421(talk)
        case Ticked():
            rate_silence(talk)


def rate_silence(talk: Conversation) -> None:
    """Rate a server that does not answer."""
    blame(talk, "control", SILENCE)


def rate_transfer(talk: Conversation, transfer: Transfer, reply: Reply, fault: str) -> None:
    """Rate the server by a transfer; a cut that its reply gives a lasting reason for (5xx) is none of its errors.

    Some servers reset the data connection of a listing that matches nothing, or of an upload beyond a quota. `fault`
    says what is wrong with a file that is known: it may be incomplete although the server says that it is not.
    """
    is_short = bool(fault) and reply.is_positive
    if reply.code < 500 and (transfer.is_servers_fault or is_short):
        blame(talk, "data", transfer.reason or fault)
    elif not transfer.end and reply.is_positive:
        credit(talk, "data")
