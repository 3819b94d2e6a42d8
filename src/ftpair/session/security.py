"""TLS on the client's side: AUTH, PBSZ and PROT (RFC 2228, RFC 4217)."""

from typing import Literal

from ftpair.core.ending import Leg
from ftpair.ftp.command import Command
from ftpair.session.conversation import Conversation
from ftpair.session.effects import SecureClient
from ftpair.session.events import ClientNotSecured, ClientSecured, ClientSent
from ftpair.session.guarding import has_refused_handshake
from ftpair.session.states import State

MECHANISMS = {b"TLS": "C", b"TLS-C": "C", b"SSL": "P", b"TLS-P": "P"}
"""Each mechanism and the protection that data connections have right after it (RFC 4217, 17)."""

INJECTED = b"503 Clear text behind AUTH is not accepted.\r\n"


def auth(talk: Conversation, command: Command) -> None:
    """Start TLS; lines that came behind AUTH in clear text end the session, unread (S1, CVE-2011-0411)."""
    mechanism = command.argument.strip().upper()
    if talk.queue:
        _end_injected(talk)
    elif talk.plan.tls is None:
        talk.say("502 TLS is not offered here.")
    elif talk.tls is not None or talk.is_logged_in:
        talk.say("503 AUTH comes first, and once.")
    elif not mechanism:
        talk.say("501 AUTH needs a mechanism: use AUTH TLS.")
    elif mechanism not in MECHANISMS:
        talk.say("504 Mechanism not known: use AUTH TLS.")
    elif not has_refused_handshake(talk):
        _start(talk, MECHANISMS[mechanism])


def _start(talk: Conversation, protection: str) -> None:
    may_protect = talk.plan.tls is not None and talk.plan.tls.data_protection != "refuse"
    talk.protection = "P" if protection == "P" and may_protect else "C"
    talk.has_buffer_size = False
    talk.say("234 Start TLS.")
    talk.emit(SecureClient())
    talk.go(State.SECURING_CLIENT)


def on_secured(talk: Conversation, event: ClientSecured) -> None:
    """Go on over TLS."""
    talk.tls = event.tls
    talk.rest()


def on_not_secured(talk: Conversation, event: ClientNotSecured) -> None:
    """End the session: its stream is neither clear nor TLS now. Before an injection no handshake has begun."""
    if event.injected:
        talk.go(State.READY)
        _end_injected(talk)
    else:
        talk.end(f"TLS failed: {event.reason}")


def on_sent_in_handshake(talk: Conversation, _event: ClientSent) -> None:
    """End the session: a line between AUTH and the handshake is an injection."""
    talk.note_protocol_error(Leg.CLIENT, "injection")
    talk.end("clear text behind AUTH")


def _end_injected(talk: Conversation) -> None:
    talk.note_protocol_error(Leg.CLIENT, "injection")
    talk.end("clear text behind AUTH", INJECTED)


def buffer_size(talk: Conversation, command: Command) -> None:
    """Answer PBSZ: TLS needs no buffer, so the size is always 0 (RFC 4217, 8)."""
    if talk.tls is None:
        talk.say("503 Use AUTH TLS first.")
    elif not command.argument.strip().isdigit():
        talk.say("501 PBSZ needs a number: use PBSZ 0.")
    else:
        talk.has_buffer_size = True
        talk.say("200 PBSZ=0")


def protect(talk: Conversation, command: Command) -> None:
    """Answer PROT: C is clear, P is private, S and E do not exist with TLS (RFC 4217, 9)."""
    level = command.argument.strip().upper()
    if talk.tls is None or talk.plan.tls is None:
        talk.say("503 Use AUTH TLS first.")
    elif not talk.has_buffer_size:
        talk.say("503 Use PBSZ 0 first.")
    elif level in REFUSED_LEVELS:
        talk.say(REFUSED_LEVELS[level])
    elif level not in LEVELS:
        talk.say("504 Level not known: use PROT P or PROT C." if level else "501 PROT needs a level: use PROT P.")
    elif talk.plan.tls.data_protection == FORBIDDEN_BY[LEVELS[level]]:
        talk.say("534 The policy here does not allow this level.")
    else:
        _set_level(talk, LEVELS[level])


LEVELS: dict[bytes, Literal["C", "P"]] = {b"C": "C", b"P": "P"}
REFUSED_LEVELS = dict.fromkeys((b"S", b"E"), "536 TLS knows PROT C and PROT P only.")
FORBIDDEN_BY = {"C": "require", "P": "refuse"}


def _set_level(talk: Conversation, level: Literal["C", "P"]) -> None:
    if level != talk.protection:
        talk.give_up_port()  # It waits with or without a handshake, as PROT was when it was taken.
    talk.protection = level
    talk.say(f"200 Data connections are {'protected' if level == 'P' else 'clear'} now.")
