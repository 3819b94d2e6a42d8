"""PASV and EPSV: a port for the client, the server's own port behind it (RFC 959, RFC 2428)."""

from ftpair.core.ending import Leg
from ftpair.ftp.addresses import (
    extended_passive_reply,
    ipv4_of,
    is_ipv6,
    parse_epsv,
    parse_extended_passive_reply,
    parse_passive_reply,
    passive_reply,
)
from ftpair.ftp.command import Command
from ftpair.ftp.reply import Reply
from ftpair.session.conversation import Conversation, relay
from ftpair.session.effects import DialData, Expect, ToServer
from ftpair.session.events import NoPort, PortReady, ServerReplied
from ftpair.session.login import chosen
from ftpair.session.states import State


def passive(talk: Conversation, command: Command) -> None:
    """Answer PASV with the address that the client dialled, or the advertised one; never with the server's."""
    talk.passive_host = talk.plan.advertised_address or ipv4_of(talk.caller.local.host)
    if talk.passive_host:
        _take_port(talk, command)
    else:
        talk.say("425 PASV speaks of IPv4 only: use EPSV.")


def extended(talk: Conversation, command: Command) -> None:
    """Answer EPSV; the client may name the protocol that it is connected with, and no other."""
    own = "2" if is_ipv6(talk.caller.local.host) else "1"
    wanted = parse_epsv(command.argument)
    if wanted == "all":
        talk.forward(command, relay)
    elif wanted in ("any", own):
        talk.passive_host = ""
        _take_port(talk, command)
    elif wanted is None and not command.argument.isdigit():
        talk.say("501 EPSV takes 1, 2, ALL or nothing.")
    else:
        talk.say(f"522 Network protocol not supported, use ({own}).")


def _take_port(talk: Conversation, command: Command) -> None:
    talk.command = command
    talk.server_port = 0
    talk.has_port = True
    talk.emit(Expect(talk.protection == "P"))
    talk.go(State.TAKING_PORT)


def on_no_port(talk: Conversation, _event: NoPort) -> None:
    """Say so: a port outside the range is never used."""
    talk.has_port = False
    talk.say("425 All passive ports are in use for your address: try again later.")
    talk.rest()


def on_port_ready(talk: Conversation, event: PortReady) -> None:
    """Ask the server for what the client asked for."""
    talk.port = event.port
    talk.emit(ToServer(_question(talk)))
    talk.go(State.AWAITING_PASSIVE)


def _question(talk: Conversation) -> bytes:
    command = talk.command
    assert command is not None, "a port without a command"
    is_server_ipv6 = is_ipv6(chosen(talk).address.host)
    if talk.passive_host:
        return b"EPSV\r\n" if is_server_ipv6 else command.line
    is_client_ipv6 = is_ipv6(talk.caller.local.host)
    return b"EPSV\r\n" if command.argument and is_client_ipv6 != is_server_ipv6 else command.line


def on_passive_reply(talk: Conversation, event: ServerReplied) -> None:
    """Turn the server's port into ftpair's own, or pass its refusal on so that the client's fallback works."""
    reply = event.reply
    if reply.code in (227, 229):
        talk.server_port = _server_port(reply)
        _answer(talk)
    elif reply.is_preliminary:
        talk.tell(reply.raw)
    else:
        talk.give_up_port()
        relay(talk, reply)


def _server_port(reply: Reply) -> int:
    """Return the port; the address is ignored: a 227 may name any host (RFC 2577, 3; CVE-2020-8284)."""
    if reply.code == 229:
        return parse_extended_passive_reply(reply.raw) or 0
    endpoint = parse_passive_reply(reply.raw)
    return endpoint.port if endpoint else 0


def _answer(talk: Conversation) -> None:
    if talk.server_port:
        host = talk.passive_host
        talk.tell(passive_reply(host, talk.port) if host else extended_passive_reply(talk.port))
        talk.emit(DialData(chosen(talk).address.host, talk.server_port))
    else:
        talk.note_protocol_error(Leg.SERVER, "bad-passive-reply")
        talk.give_up_port()
        talk.say("425 The server names no port.")
    talk.rest()
