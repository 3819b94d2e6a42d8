"""A real server's place, taken by one that lies: it says `226`, and sends half."""

import contextlib
import socket
import ssl
from collections.abc import Callable, Iterator

from tests.chaos.contents import DOWNLOADS, content
from tests.chaos.site import Site
from tests.interop.lab.raw_client import reset
from tests.interop.lab.scripted_server import Conversation, ScriptedServer, passive_reply, server_context

End = Callable[[socket.socket], None]
"""How a data connection ends after half of the file."""


def cut(data: socket.socket) -> None:
    """By a reset."""
    reset(data)


def without_close_notify(data: socket.socket) -> None:
    """By a FIN alone: in order for TCP, cut for TLS."""
    socket.socket(fileno=data.detach()).close()


def in_order(data: socket.socket) -> None:
    """As if that were all."""
    if isinstance(data, ssl.SSLSocket):
        data.unwrap()
    data.close()


@contextlib.contextmanager
def lying(node: Site, name: str, end: End, *, is_early: bool = False) -> Iterator[None]:
    """Have a liar in the place of a server for the length of a block; `is_early`: its 226 comes before the half."""
    server = node.servers[name]
    identity = server.site.identity
    context = server_context(str(identity.certificate), str(identity.key)) if node.is_secured else None
    server.kill()
    liar = ScriptedServer(lambda conversation: _converse(conversation, context, end, is_early), server.address)
    try:
        yield
    finally:
        liar.hang_up()
        server.start()


_ANSWERS = {
    "USER": "331 Password.",
    "PASS": "230 In.",
    "FEAT": "500 Not here.",
    "STOR": "553 Nobody writes here.",
    "QUIT": "221 Farewell.",
}


def _converse(conversation: Conversation, context: ssl.SSLContext | None, end: End, is_early: bool) -> None:
    """Play a server; it heeds REST, so that who goes on gets half of what is left."""
    conversation.say("220 Trust me.")
    offset = 0
    while line := conversation.line():
        verb, _, argument = line.partition(" ")
        name = argument.rpartition("/")[2]
        if verb == "AUTH" and context:
            conversation.say("234 Go on.")
            conversation.secure(context)
        elif verb in {"EPSV", "PASV"}:
            listener = conversation.listen()
            conversation.say(_passive(verb, *listener.getsockname()))
        elif verb == "RETR":
            with listener:
                conversation.say("150 Here it comes.")
                _lie(conversation, _accepted(listener, context), content(name, DOWNLOADS[name])[offset:], end, is_early)
            offset = 0
        elif verb == "REST":
            offset = int(argument)
            conversation.say("350 From there.")
        elif verb == "SIZE":
            conversation.say(f"213 {DOWNLOADS[name]}" if name in DOWNLOADS else "550 There is none.")
        else:
            conversation.say(_ANSWERS.get(verb, f"200 {verb} is fine."))


def _passive(verb: str, address: str, port: int) -> str:
    return f"229 Here (|||{port}|)" if verb == "EPSV" else passive_reply(address, port)


def _accepted(listener: socket.socket, context: ssl.SSLContext | None) -> socket.socket:
    data = listener.accept()[0]
    return context.wrap_socket(data, server_side=True) if context else data


def _lie(conversation: Conversation, data: socket.socket, whole: bytes, end: End, is_early: bool) -> None:
    if is_early:
        conversation.say("226 Transfer complete.")
    data.sendall(whole[: len(whole) // 2])
    end(data)
    if not is_early:
        conversation.say("226 Transfer complete.")
