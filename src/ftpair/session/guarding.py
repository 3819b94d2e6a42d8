"""Logins under guard: refused before a server hears of them, and answered late when the password was wrong."""

from ftpair.core.ending import Leg
from ftpair.ftp.command import printable
from ftpair.ftp.reply import Reply
from ftpair.session.conversation import Conversation
from ftpair.session.events import ServerLost, ServerReplied, Ticked
from ftpair.session.states import State

WRONG_PASSWORD = frozenset({430, 530})
"""What servers answer to a wrong password: nearly all 530 (IIS, FileZilla Server and z/OS as those of Unix), small
ones 430. A 421 tells of too many tries or users and ends the session."""
SERVER_CLOSED = "The connection to the server is lost."


def has_refused_user(talk: Conversation, argument: bytes) -> bool:
    """Refuse a user who is banned; return whether it went no further."""
    return _has_refused(talk, talk.guard.may_ask(printable(argument)))


def has_refused_attempt(talk: Conversation, verb: str) -> bool:
    """Refuse a password that comes too soon, or for a user who is banned by now; return whether it went no further.

    ACCT belongs to the attempt that its PASS has begun, so it takes nothing of the rate.
    """
    may = talk.guard.may_try if verb == "PASS" else talk.guard.may_ask
    return _has_refused(talk, may(claimed(talk)))


def has_refused_handshake(talk: Conversation) -> bool:
    """End the session of a client that makes too many handshakes; return whether it did."""
    text = talk.guard.may_secure()
    if text:
        talk.end("too many TLS handshakes", f"421 {text}\r\n".encode())
    return bool(text)


def has_refused_stay(talk: Conversation) -> bool:
    """End a session that its user has too many of; return whether it did. Only who knows the password learns of it."""
    text = talk.guard.may_stay(talk.user)
    if text:
        talk.end("too many sessions of the user", f"421 {text}\r\n".encode())
    return bool(text)


def _has_refused(talk: Conversation, text: str) -> bool:
    if text:
        talk.say(f"530 {text}")
    return bool(text)


def claimed(talk: Conversation) -> str:
    """Return who the client says it is, whether or not a server has heard of it."""
    return printable(talk.user_command.argument) if talk.user_command is not None else talk.user


def has_delayed(talk: Conversation, reply: Reply) -> bool:
    """Keep the answer to a wrong password for a while if the guard says so; return whether it is kept."""
    if reply.code not in WRONG_PASSWORD or not _is_to_password(talk):
        return False
    delay_s = talk.guard.delay_s(claimed(talk))
    if delay_s <= 0:
        return False
    talk.limits = talk.limits | {State.DELAYING: delay_s}
    talk.delayed = reply.raw
    talk.go(State.DELAYING)
    return True


def _is_to_password(talk: Conversation) -> bool:
    """Whether a password is answered; ACCT is one where the server asked for it: others say 530 as before any login."""
    verb = talk.command.verb if talk.command else ""
    return verb == "PASS" or (verb == "ACCT" and talk.has_asked_account)


def on_delayed(talk: Conversation, _event: Ticked) -> None:
    """Give the answer now."""
    talk.guard.end_try()
    talk.tell(talk.delayed)
    talk.rest()


def on_server_lost(talk: Conversation, _event: ServerLost) -> None:
    """Let the client wait all the same: many servers close after the third wrong password."""
    talk.parting = talk.parting or SERVER_CLOSED


def on_reply_in_delay(talk: Conversation, event: ServerReplied) -> None:
    """Keep a 421 that follows for the same while; anything else is a reply to no command."""
    if event.reply.code == 421:
        talk.parting = talk.parting or printable(event.reply.raw[4:].strip()) or SERVER_CLOSED
    else:
        talk.note_protocol_error(Leg.SERVER, "stray-reply")
