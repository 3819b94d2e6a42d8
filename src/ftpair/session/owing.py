"""A server is lost: what its client is owed in each state, so that another server can take the session."""

from collections.abc import Callable
from typing import Any

from ftpair.session import continuing, endings, rescuing, transfer
from ftpair.session.aborting import ABORTED
from ftpair.session.conversation import Conversation
from ftpair.session.events import Dismissed, Draining, Event, ServerHalted, ServerReplied
from ftpair.session.ongoing import Fate
from ftpair.session.rating import SILENCE, rate_end
from ftpair.session.rescuing import Owed
from ftpair.session.states import State
from ftpair.session.transfer import running

Handler = Callable[[Conversation, Any], None]

REPEATABLE = frozenset(
    {
        *("ABOR", "ALLO", "AVBL", "CDUP", "CLNT", "CSID", "CWD", "EPSV", "FEAT", "HASH", "HELP", "HOST", "LANG", "MD5"),
        *("MDTM", "MLST", "MMD5", "MODE", "NOOP", "OPTS", "PRET", "PROT", "PWD", "RANG", "REST", "RNFR", "SIZE"),
        *("STAT", "STRU", "SYST", "TYPE", "XCRC", "XCUP", "XCWD", "XMD5", "XPWD", "XSHA", "XSHA1", "XSHA256"),
        *("XSHA384", "XSHA512"),
    }
)
"""Commands that may be sent again to another server: done twice they do what they do once."""


def _nothing(talk: Conversation) -> Owed:
    """The client has its reply; its idle clock goes on."""
    since = talk.since

    def rest(talk: Conversation) -> None:
        talk.rest()
        talk.since = since

    return Owed(rest, wants_data=talk.has_port)


def _rest(talk: Conversation, *, wants_data: bool = False) -> Owed:
    return Owed(Conversation.rest, wants_data=wants_data and talk.has_port)


def _command(talk: Conversation) -> Owed:
    """Send it again, once, if that does no harm; else nobody knows whether it was done, and the client hears so."""
    command, answer, memory = talk.command, talk.answer, rescuing.memory_of(talk)
    assert command is not None, "a reply is awaited to no command"
    if command.verb in REPEATABLE and memory.again is not command:
        memory.again = command
        return Owed(lambda talk: talk.forward(command, answer), wants_data=talk.has_port)
    talk.say(f"450 The server was lost before it answered: whether {command.verb} was done is not known.")
    return _rest(talk, wants_data=True)


def _question(talk: Conversation) -> Owed:
    """Ask the next server for the data connection."""
    return _rest(talk, wants_data=True)


def _transfer(talk: Conversation) -> Owed:
    """Go on with a download that can; any other transfer ends with 426."""
    if continuing.can_go_on(talk):
        return continuing.set_out(talk)
    transfer.lose(talk)
    return _rest(talk)


def _abort(talk: Conversation) -> Owed:
    """Answer transfer and ABOR: nothing runs any more."""
    aborted = running(talk)
    answer = transfer.cut_reply(aborted)
    talk.close_transfer(aborted.end or "aborted", answer)
    talk.tell(answer)
    talk.tell(ABORTED)
    return _rest(talk)


def _settled(talk: Conversation) -> Owed:
    """Answer ABOR with what is there."""
    talk.tell(talk.settled)
    return _rest(talk)


OWED: dict[State, Callable[[Conversation], Owed]] = {
    **dict.fromkeys((State.READY, State.PROTECTING), _nothing),
    State.AWAITING_REPLY: _command,
    **dict.fromkeys((State.AWAITING_PASSIVE, State.AWAITING_ACTIVE), _question),
    **dict.fromkeys((State.EXAMINING, State.AWAITING_START, State.TRANSFERRING), _transfer),
    **dict.fromkeys((State.HOLDING, State.AWAITING_FINAL, State.CUTTING), _transfer),
    State.ABORTING: _abort,
    State.SETTLING: _settled,
}
"""The states in which a session can be rescued."""
FATES: dict[type, Fate] = {Draining: "drained", ServerHalted: "halted"}
"""What events mean for a server, where they do not mean that it is lost."""


def is_rescued(talk: Conversation, event: Event, reason: str) -> bool:
    """Rescue the session if that is wanted and possible; a rescue that runs goes to the next server."""
    if talk.state is State.CHOOSING:
        return False
    if talk.rescue is not None:
        rescuing.go_to_next(talk, reason)
        return True
    if talk.state not in OWED or not rescuing.may_begin(talk):
        return False
    rate_end(talk, event)
    rescuing.begin(talk, reason, OWED[talk.state](talk), fate=FATES.get(type(event), "lost"))
    return True


def or_else(handler: Handler) -> Handler:
    """Return what rescues the session at an event that tells of a lost server, or lets `handler` take it."""

    def take(talk: Conversation, event: Any) -> None:
        if not is_rescued(talk, event, getattr(event, "reason", SILENCE)):
            handler(talk, event)

    return take


def on_halted(talk: Conversation, event: ServerHalted) -> None:
    """Go to another server, or end as by the operator."""
    if not is_rescued(talk, event, event.reason):
        endings.on_dismissed(talk, Dismissed(event.reason))


def on_421(talk: Conversation, event: ServerReplied) -> None:
    """Go to another server, or let the client know."""
    if not is_rescued(talk, event, "it answers 421"):
        endings.on_421(talk, event)
