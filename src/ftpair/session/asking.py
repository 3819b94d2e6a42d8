"""How the server is asked for a data connection, and what the client is answered (RFC 959, RFC 2428)."""

from ftpair.core import networks
from ftpair.core.ending import Leg
from ftpair.core.endpoint import Endpoint
from ftpair.ftp.addresses import (
    eprt_argument,
    extended_passive_reply,
    is_ipv6,
    parse_extended_passive_reply,
    parse_passive_reply,
    passive_reply,
    port_argument,
)
from ftpair.ftp.command import Command
from ftpair.ftp.reply import Reply
from ftpair.session.conversation import Conversation
from ftpair.session.effects import DialData, DropServerLeg, Listen, ToServer
from ftpair.session.events import NoServerPort, ServerPortReady, ServerReplied
from ftpair.session.login import chosen
from ftpair.session.pairing import WAYS, is_mirrored, translated
from ftpair.session.states import State

NOT_UNDERSTOOD = frozenset({500, 501, 502, 503, 504, 522})
"""Refusals of a question, not of a data connection: another question may be understood."""

ARGUMENTS = {"PORT": port_argument, "EPRT": eprt_argument}


def ask(talk: Conversation) -> None:
    """Ask the server for what the client asked for; for the same in other words where legs or settings differ."""
    talk.pairing.command = talk.command
    _ask(talk)


def ask_again(talk: Conversation) -> None:
    """Ask another server for what the client has asked for, in a rescue; the client's own leg stays as it is."""
    talk.emit(DropServerLeg())
    talk.pairing.begin_elsewhere()
    _ask(talk)


def _ask(talk: Conversation) -> None:
    talk.pairing.questions = _questions(talk, _asked(talk).verb)
    _ask_next(talk)


def _asked(talk: Conversation) -> Command:
    assert talk.pairing.command is not None, "a data connection without a command"
    return talk.pairing.command


def _questions(talk: Conversation, verb: str) -> tuple[str, ...]:
    server, wanted = chosen(talk), talk.plan.server_data
    is_client_ipv6, is_server_ipv6 = is_ipv6(talk.caller.local.host), is_ipv6(server.address.host)
    if is_mirrored(verb, wanted, is_client_ipv6=is_client_ipv6, is_server_ipv6=is_server_ipv6):
        return (verb,)
    questions = translated(verb, wanted, is_server_ipv6=is_server_ipv6)
    known = tuple(question for question in questions if (server.slot, question) not in talk.pairing.refused)
    return known or questions


def _ask_next(talk: Conversation) -> None:
    if WAYS[talk.pairing.questions[0]] == "passive":
        talk.emit(ToServer(_passive_line(talk)))
        talk.go(State.AWAITING_PASSIVE)
    elif talk.pairing.server_door is None:
        talk.emit(Listen())
        talk.go(State.TAKING_SERVER_PORT)
    else:
        _ask_actively(talk, talk.pairing.server_door)


def _passive_line(talk: Conversation) -> bytes:
    """Return the client's own line where it says the right thing; a network protocol is one of its own leg."""
    command, question = _asked(talk), talk.pairing.questions[0]
    if command.verb != question:
        return f"{question}\r\n".encode()
    is_of_other_leg = command.argument and is_ipv6(talk.caller.local.host) != is_ipv6(chosen(talk).address.host)
    return b"EPSV\r\n" if is_of_other_leg else command.line


def on_server_port_ready(talk: Conversation, event: ServerPortReady) -> None:
    """Tell the server where to connect to."""
    talk.pairing.server_door = event.door
    _ask_actively(talk, event.door)


def _ask_actively(talk: Conversation, door: Endpoint) -> None:
    command, question = _asked(talk), talk.pairing.questions[0]
    verb = command.raw[: len(question)].decode() if command.verb == question else question
    talk.emit(ToServer(f"{verb} {ARGUMENTS[question](door.host, door.port)}\r\n".encode()))
    talk.go(State.AWAITING_ACTIVE)


def on_no_server_port(talk: Conversation, _event: NoServerPort) -> None:
    """Say so: a port outside of the range is never used."""
    talk.give_up_port()
    _tell(talk, b"425 No port is free for the server to connect to: try again later.\r\n")
    talk.rest()


def on_active_reply(talk: Conversation, event: ServerReplied) -> None:
    """Answer the client once the server agrees."""
    if event.reply.is_positive:
        _agree(talk, event.reply)
        talk.rest()
    else:
        _turn_down(talk, event.reply)


def on_passive_reply(talk: Conversation, event: ServerReplied) -> None:
    """Turn the server's port into ftpair's own, or pass its refusal on so that the client's fallback works."""
    reply = event.reply
    if reply.code not in {227, 229}:
        _turn_down(talk, reply)
        return
    door = _door(talk, reply)
    if door.port:
        _take_door(talk, door, reply)
    else:
        talk.note_protocol_error(Leg.SERVER, "bad-passive-reply")
        talk.give_up_port()
        _tell(talk, b"425 The server names no port.\r\n")
    talk.rest()


def _door(talk: Conversation, reply: Reply) -> DialData:
    """Return where the server waits: a 227 may name any host (RFC 2577, 3; CVE-2020-8284), few are believed."""
    host = chosen(talk).address.host
    if reply.code == 229:
        return DialData(host, parse_extended_passive_reply(reply.raw) or 0)
    named = parse_passive_reply(reply.raw)
    if named is None:
        return DialData(host, 0)
    return DialData(named.host if networks.contain(talk.plan.server_passive_networks, named.host) else host, named.port)


def _take_door(talk: Conversation, door: DialData, reply: Reply) -> None:
    _agree(talk, reply)
    if talk.pairing.port:
        talk.emit(door)
    else:
        talk.pairing.dial_late = door


def _agree(talk: Conversation, reply: Reply) -> None:
    pairing, verb = talk.pairing, _asked(talk).verb
    pairing.is_ready = True
    if pairing.port:
        host = pairing.passive_host
        _tell(talk, passive_reply(host, pairing.port) if host else extended_passive_reply(pairing.port))
    elif pairing.questions[0] == verb:
        _tell(talk, reply.raw)
    else:
        _tell(talk, f"200 {verb} command successful.\r\n".encode())


def _tell(talk: Conversation, data: bytes) -> None:
    """Answer the client, once: another server that is asked in a rescue has nothing new to tell it."""
    if not talk.pairing.is_told:
        talk.pairing.is_told = True
        talk.tell(data)


def _turn_down(talk: Conversation, reply: Reply) -> None:
    """Ask in other words where there are some, and remember it; else the client hears the refusal."""
    pairing = talk.pairing
    if reply.is_preliminary:
        if not pairing.is_told:
            talk.tell(reply.raw)
    elif reply.code in NOT_UNDERSTOOD and len(pairing.questions) > 1:
        pairing.refused.add((chosen(talk).slot, pairing.questions[0]))
        pairing.questions = pairing.questions[1:]
        _ask_next(talk)
    else:
        talk.give_up_port()
        _tell(talk, reply.raw)
        talk.rest()
