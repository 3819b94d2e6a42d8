"""Everything that ends a session, or happens outside of its plan."""

from ftpair.core.ending import End, Leg
from ftpair.core.facts import Reason
from ftpair.ftp.command import Command
from ftpair.session.conversation import Conversation, parting_words
from ftpair.session.effects import ToServer
from ftpair.session.events import (
    ClientLost,
    ClientSent,
    Dismissed,
    HeaderSent,
    LineTooLong,
    LineUnfinished,
    ServerLost,
    ServerReplied,
    ShuttingDown,
    Ticked,
)
from ftpair.session.rating import SILENCE, rate_421, rate_loss, rate_silence
from ftpair.session.states import State
from ftpair.session.transfer import SERVER_LOST, SERVER_SILENT

GOODBYE = b"221 Goodbye.\r\n"
CLIENT_CLOSED = "the client closed"
OLD = "This session has lasted as long as it may."

SILENT = frozenset(
    {
        State.OPENING,
        State.READY,
        State.AWAITING_TURN,
        State.DELAYING,
        State.SECURING_CLIENT,
        State.CLEARING_CLIENT,
    }
)
"""Where nothing is owed to a client that has closed its side."""


def on_queued(talk: Conversation, event: ClientSent) -> None:
    """Keep the line until the commands before it are answered (S11)."""
    talk.queue.append(event.line)


def on_client_lost(talk: Conversation, event: ClientLost) -> None:
    """Take everything down that belonged to the client; one that has only said all still gets its replies."""
    if event.end is End.ENDED and talk.transfer is None and talk.state not in SILENT:
        talk.has_client_ended = True
        return
    if talk.state is State.QUITTING:
        ended = "QUIT"
    else:
        ended = CLIENT_CLOSED if event.end is End.ENDED else "the client's connection was cut"
    talk.end(ended, client_end=event.end)


def on_all_said(talk: Conversation) -> None:
    """End once the last line of a client that closed its side is answered."""
    talk.end(CLIENT_CLOSED)


def on_server_lost(talk: Conversation, event: ServerLost) -> None:
    """Tell the client."""
    if talk.is_attached:
        rate_loss(talk, event)
        talk.end("the connection to the server is lost", SERVER_LOST)


def on_stray_reply(talk: Conversation, _event: ServerReplied) -> None:
    """Count a reply to no command; the client gets nothing that it did not ask for."""
    talk.note_protocol_error(Leg.SERVER, "stray-reply")


def on_421(talk: Conversation, event: ServerReplied) -> None:
    """Relay it: with a 421 the server ends the session (RFC 959, 5.4)."""
    rate_421(talk)
    talk.end("the server answered 421", event.reply.raw)


def on_early_tick(_talk: Conversation, _event: Ticked) -> None:
    """Do nothing: the deadline has moved since the clock was set."""


def on_reply(talk: Conversation, event: ServerReplied) -> None:
    """Hand the reply to who sent the command; what it sets is remembered where another server may have to know it."""
    if talk.memory is not None and talk.command is not None:
        talk.memory.learn(talk.command, event.reply)
    talk.answer(talk, event.reply)


def on_header_sent(talk: Conversation, _event: HeaderSent) -> None:
    """End without a word: who is not listed may not say for whom it is."""
    talk.note_protocol_error(Leg.CLIENT, "proxy-header")
    talk.end("a PROXY header came from an address that is not listed", client_end=End.CUT)


def on_line_too_long(talk: Conversation, event: LineTooLong) -> None:
    """End the session: what follows cannot be read any more (S10)."""
    if event.leg is Leg.CLIENT:
        talk.note_protocol_error(Leg.CLIENT, "line-too-long")
        talk.end("a line was too long", b"500 Line too long.\r\n")
    else:
        talk.note_protocol_error(Leg.SERVER, "reply-too-long")
        talk.end("a reply was too long", SERVER_LOST)


def on_line_unfinished(talk: Conversation, _event: LineUnfinished) -> None:
    """End a session whose client gives its bytes one by one (S15)."""
    last = b"421 A command was begun but not finished in time.\r\n"
    _let_go(talk, "command-timeout", "a command was not finished in time", last)


def _let_go(talk: Conversation, reason: Reason, ended: str, last: bytes) -> None:
    talk.note_refusal(reason)
    talk.end(ended, last)


def on_old(talk: Conversation, _event: Ticked) -> None:
    """End a session that has lived as long as it may, right after the transfer that runs."""
    talk.note_refusal("session-timeout")
    on_shutting_down(talk, ShuttingDown(OLD))


def on_idle(talk: Conversation, _event: Ticked) -> None:
    """End a session that does nothing."""
    _let_go(talk, "idle-timeout", "idle", b"421 No command for too long.\r\n")


def on_silent_server(talk: Conversation, _event: Ticked) -> None:
    """End a session whose server does not answer."""
    rate_silence(talk)
    _let_go(talk, "reply-timeout", SILENCE, SERVER_SILENT)


def on_late_login(talk: Conversation, _event: Ticked) -> None:
    """End a session that does not log in."""
    _let_go(talk, "login-timeout", "no login in time", b"421 No login for too long.\r\n")


def on_dismissed(talk: Conversation, event: Dismissed) -> None:
    """End now, whatever runs."""
    talk.end(event.reason, parting_words(event.reason))


def on_shutting_down(talk: Conversation, event: ShuttingDown) -> None:
    """End now, or right after the transfer that runs."""
    if talk.transfer is not None:
        talk.parting = event.reason
    else:
        talk.end(event.reason, parting_words(event.reason))


def leave(talk: Conversation, command: Command) -> None:
    """Answer QUIT, with the server's own words where there is one."""
    if talk.is_attached:
        talk.emit(ToServer(command.line))
        talk.go(State.QUITTING)
    else:
        talk.end("QUIT", GOODBYE)


def on_goodbye(talk: Conversation, event: ServerReplied) -> None:
    """Relay the server's goodbye and end."""
    if event.reply.is_preliminary:
        talk.tell(event.reply.raw)
    else:
        talk.end("QUIT", event.reply.raw)


def on_no_goodbye(talk: Conversation, _event: ServerLost | Ticked) -> None:
    """Say goodbye for a server that closed without a word."""
    talk.end("QUIT", GOODBYE)
