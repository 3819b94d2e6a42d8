"""TLS on the client's side: AUTH, PBSZ, PROT and CCC (RFC 2228, RFC 4217)."""

from typing import Literal

from ftpair.core.ending import Leg
from ftpair.ftp.command import Command
from ftpair.ftp.reply import Reply
from ftpair.session.conversation import Conversation, relay
from ftpair.session.effects import ClearClient, SecureClient
from ftpair.session.events import ClientCleared, ClientNotSecured, ClientSecured, ClientSent
from ftpair.session.guarding import has_refused_handshake
from ftpair.session.states import State

MECHANISMS = {b"TLS": "C", b"TLS-C": "C", b"SSL": "P", b"TLS-P": "P"}
"""Each mechanism and the protection that data connections have right after it (RFC 4217, 17)."""

CLEARED = b"200 The control connection is clear from here on.\r\n"
INJECTED = b"503 Clear text behind AUTH is not accepted.\r\n"


def auth(talk: Conversation, command: Command) -> None:
    """Start TLS; lines that came behind AUTH in clear text end the session, unread (S1, CVE-2011-0411)."""
    mechanism = command.argument.strip().upper()
    if talk.queue:
        _end_injected(talk)
    elif talk.plan.tls is None:
        talk.say("502 TLS is not offered here.")
    elif talk.tls is not None or talk.is_logged_in or (talk.is_attached and talk.is_server_matched):
        talk.say("503 AUTH comes first, and once.")
    elif not mechanism:
        talk.say("501 AUTH needs a mechanism: use AUTH TLS.")
    elif mechanism not in MECHANISMS or (MECHANISMS[mechanism] == "P" and talk.plan.tls.auth_ssl == "refuse"):
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


def clear_control(talk: Conversation, _command: Command) -> None:
    """Answer CCC: control goes on in clear text, for a firewall to read along; data stay as PROT has them."""
    if talk.plan.tls is None or talk.plan.tls.ccc == "refuse":
        talk.say("534 The control connection stays protected here.")
    elif not talk.is_secret:
        talk.say("503 There is no TLS to take off.")
    elif not talk.is_logged_in:
        talk.say("503 CCC comes after the login: a password does not travel in clear text.")
    elif talk.queue:
        talk.say("503 Nothing may come behind CCC before its reply.")
    else:
        talk.last_reply = CLEARED
        talk.emit(ClearClient(CLEARED))
        talk.go(State.CLEARING_CLIENT)


def on_cleared(talk: Conversation, _event: ClientCleared) -> None:
    """Go on in clear text."""
    talk.is_cleared = True
    talk.rest()


def _needs_tls(talk: Conversation) -> bool:
    """Say that PBSZ and PROT come while control is protected; return whether it is not (RFC 4217, 12.3)."""
    if talk.tls is None:
        talk.say("503 Use AUTH TLS first.")
    elif talk.is_cleared:
        talk.say("503 Not after CCC: anybody could have sent this.")
    return not talk.is_secret


def buffer_size(talk: Conversation, command: Command) -> None:
    """Answer PBSZ: TLS needs no buffer, so the size is always 0 (RFC 4217, 8)."""
    if _needs_tls(talk):
        return
    if not command.argument.strip().isdigit():
        talk.say("501 PBSZ needs a number: use PBSZ 0.")
    else:
        talk.has_buffer_size = True
        talk.say("200 PBSZ=0")


def protect(talk: Conversation, command: Command) -> None:
    """Answer PROT: C is clear, P is private, S and E do not exist with TLS (RFC 4217, 9)."""
    level = command.argument.strip().upper()
    if _needs_tls(talk) or talk.plan.tls is None:
        return
    if not talk.has_buffer_size:
        talk.say("503 Use PBSZ 0 first.")
    elif level in REFUSED_LEVELS:
        talk.say(REFUSED_LEVELS[level])
    elif level not in LEVELS:
        talk.say("504 Level not known: use PROT P or PROT C." if level else "501 PROT needs a level: use PROT P.")
    elif talk.plan.tls.data_protection == FORBIDDEN_BY[LEVELS[level]]:
        talk.say("534 The policy here does not allow this level.")
    else:
        _ask_server(talk, command, LEVELS[level])


LEVELS: dict[bytes, Literal["C", "P"]] = {b"C": "C", b"P": "P"}
REFUSED_LEVELS = dict.fromkeys((b"S", b"E"), "536 TLS knows PROT C and PROT P only.")
FORBIDDEN_BY = {"C": "require", "P": "refuse"}


def _ask_server(talk: Conversation, command: Command, level: Literal["C", "P"]) -> None:
    """Let a server whose TLS matches its client's have the same level on its own data connections."""
    if not (talk.is_server_protected and talk.is_server_matched):
        _set_level(talk, level)
        return

    def answered(talk: Conversation, reply: Reply) -> None:
        if reply.is_positive:
            _set_level(talk, level)
            talk.rest()
        else:
            relay(talk, reply)

    talk.forward(command, answered)


def _set_level(talk: Conversation, level: Literal["C", "P"]) -> None:
    if level != talk.protection:
        talk.give_up_port()  # It waits with or without a handshake, as PROT was when it was taken.
    talk.protection = level
    talk.say(f"200 Data connections are {'protected' if level == 'P' else 'clear'} now.")
