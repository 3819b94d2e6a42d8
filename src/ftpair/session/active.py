"""PORT and EPRT: the client waits for its data connection, at its own address and nowhere else (RFC 959, RFC 2428)."""

from ftpair.core.ending import Leg
from ftpair.core.endpoint import Endpoint
from ftpair.ftp.addresses import is_same_host, network_of, parse_eprt, parse_port
from ftpair.ftp.command import Command
from ftpair.session.asking import ask
from ftpair.session.conversation import Conversation
from ftpair.session.effects import Aim
from ftpair.session.passive import is_out_of_bounds

LOWEST_PORT = 1024
"""Below it are services that a bounced connection could speak to (RFC 2577, 3)."""


def port(talk: Conversation, command: Command) -> None:
    """Take the six numbers of PORT."""
    if is_out_of_bounds(talk):
        return
    endpoint = parse_port(command.argument)
    if endpoint is None:
        talk.say("501 PORT takes six numbers from 0 to 255: h1,h2,h3,h4,p1,p2.")
    else:
        _aim(talk, endpoint)


def extended(talk: Conversation, command: Command) -> None:
    """Take the address of EPRT, which is one of the protocol that the client is connected with."""
    if is_out_of_bounds(talk):
        return
    own, asked = network_of(talk.caller.client.host), parse_eprt(command.argument)
    if asked is None:
        talk.say("501 EPRT takes |1|IPv4 address|port| or |2|IPv6 address|port|.")
    elif asked.endpoint is None:
        talk.say("522 Network protocol not supported, use (1,2).")
    elif asked.network != own:
        talk.say(f"522 Network protocol not supported here, use ({own}).")
    else:
        _aim(talk, asked.endpoint)


def _aim(talk: Conversation, endpoint: Endpoint) -> None:
    """Refuse every host but the client's own: else ftpair would attack for it (S6, CVE-1999-0017)."""
    client = talk.caller.client.host
    if not is_same_host(endpoint.host, client) or endpoint.port < LOWEST_PORT:
        talk.note_protocol_error(Leg.CLIENT, "bounce")
        talk.say(f"504 Data go to your own address only, to a port from {LOWEST_PORT} on.")
        return
    talk.pairing.begin()
    talk.has_port = True
    talk.emit(Aim(talk.caller.local.host, client, endpoint.port))
    ask(talk)
