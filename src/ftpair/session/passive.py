"""PASV and EPSV: a port of ftpair's own for the client (RFC 959, RFC 2428)."""

from ftpair.ftp.addresses import ipv4_of, is_ipv6, network_of, parse_epsv
from ftpair.ftp.command import Command
from ftpair.ftp.reply import Reply
from ftpair.session.asking import ask
from ftpair.session.conversation import Conversation, relay
from ftpair.session.effects import Expect
from ftpair.session.events import NoPort, PortReady
from ftpair.session.login import chosen
from ftpair.session.states import State


def is_out_of_bounds(talk: Conversation) -> bool:
    """Refuse everything but EPSV to a client that has said EPSV ALL (RFC 2428, 4); return whether it was refused."""
    if talk.pairing.is_extended_only:
        talk.say("503 EPSV ALL is in effect: use EPSV.")
    return talk.pairing.is_extended_only


def passive(talk: Conversation, _command: Command) -> None:
    """Answer PASV with the address that the client dialled, or the advertised one; never with the server's."""
    if is_out_of_bounds(talk):
        return
    host = talk.plan.advertised.to(talk.caller.client.host) or ipv4_of(talk.caller.local.host)
    if host:
        _take_port(talk, host)
    else:
        talk.say("425 PASV speaks of IPv4 only: use EPSV.")


def extended(talk: Conversation, command: Command) -> None:
    """Answer EPSV; the client may name the protocol that it is connected with, and no other."""
    own = network_of(talk.caller.local.host)
    wanted = parse_epsv(command.argument)
    if wanted == "all":
        _bind_to_extended(talk, command)
    elif wanted in ("any", own):
        _take_port(talk, "")
    elif wanted is None and not command.argument.isdigit():
        talk.say("501 EPSV takes 1, 2, ALL or nothing.")
    else:
        talk.say(f"522 Network protocol not supported, use ({own}).")


def _bind_to_extended(talk: Conversation, command: Command) -> None:
    """Let the server know of EPSV ALL only if it will see nothing but EPSV, too."""
    is_foreign = is_ipv6(talk.caller.local.host) != is_ipv6(chosen(talk).address.host)
    if talk.plan.server_data == "mirror" and not is_foreign:
        talk.forward(command, on_extended_only)
    else:
        talk.pairing.is_extended_only = True
        talk.say("200 EPSV ALL command successful.")


def on_extended_only(talk: Conversation, reply: Reply) -> None:
    """Relay the reply; from a positive one on the client may use nothing but EPSV."""
    talk.pairing.is_extended_only = talk.pairing.is_extended_only or reply.is_positive
    relay(talk, reply)


def _take_port(talk: Conversation, host: str) -> None:
    talk.pairing.begin()
    talk.pairing.passive_host = host
    talk.has_port = True
    talk.emit(Expect(talk.protection == "P"))
    talk.go(State.TAKING_PORT)


def on_no_port(talk: Conversation, event: NoPort) -> None:
    """Say so: a port outside the range is never used."""
    talk.has_port = False
    if event.for_want_of_descriptors:
        talk.say("425 Too many connections: try again later.")
    else:
        talk.say("425 All passive ports are in use for your address: try again later.")
    talk.rest()


def on_port_ready(talk: Conversation, event: PortReady) -> None:
    """Ask the server for what the client asked for."""
    talk.pairing.port = event.port
    ask(talk)
