"""From the first byte to a logged-in session: greeting, choice of a server, its TLS, USER, PASS and ACCT."""

from ftpair.core.ending import End
from ftpair.core.facts import LoginAnswered, ServerFailed
from ftpair.core.plan import ServerPlan
from ftpair.ftp.command import Command, printable
from ftpair.ftp.reply import Reply
from ftpair.ftp.verbs import LOGIN_FIRST
from ftpair.session import guarding
from ftpair.session.conversation import Conversation, relay
from ftpair.session.effects import Choose, Dial, HangUpServer, Note, SecureServer, ToServer
from ftpair.session.events import (
    Chosen,
    NoServer,
    Opened,
    ServerLost,
    ServerReady,
    ServerReplied,
    ServerSecured,
    Ticked,
)
from ftpair.session.naming import has_refused_name
from ftpair.session.rating import credit, rate_failure, rate_time
from ftpair.session.states import State

CHORES: dict[bool, tuple[bytes, ...]] = {
    True: (b"PBSZ 0\r\n", b"PROT P\r\n"),
    False: (b"PBSZ 0\r\n",),
}
"""What ftpair itself says to a server with TLS, once, after login: are data legs protected?

Nobody asks for clear data: every server begins with them (RFC 4217, 9), and one that demands PROT P refuses PROT C.
"""

LOGGED_IN_CODES = frozenset({230, 232})
ACCOUNT_NEEDED = 332
SYNTAX_CODES = range(500, 505)
UNREACHABLE = "Service not available: no server could be reached."


def on_opened(talk: Conversation, event: Opened) -> None:
    """Greet the client, or find the server whose greeting it shall get."""
    talk.tls = event.tls
    if talk.caller.entrance == "implicit" and talk.plan.tls and talk.plan.tls.data_protection != "refuse":
        talk.protection = "P"
    if talk.plan.connect == "at-once":
        choose(talk)
    else:
        talk.say(f"220 {talk.plan.greeting}")
        talk.go(State.READY)


def user(talk: Conversation, command: Command) -> None:
    """Start a login: on the server that the session has, or on one that is chosen now."""
    if has_refused_clear_text(talk):
        return
    if not command.argument and not talk.is_attached:
        talk.say("501 USER needs a name.")
        return
    if has_refused_name(talk, command):
        return
    if guarding.has_refused_user(talk, command.argument):
        return
    talk.user_command = command
    _forget(talk)
    if talk.is_attached and not _asks_anew(talk, command):
        talk.forward(command, on_login_reply)
        return
    talk.user, talk.tried = printable(command.argument), ()
    choose(talk)


def _asks_anew(talk: Conversation, command: Command) -> bool:
    """Whether another name, before any login, may mean another server: where routes and affinity look at names."""
    looks_at_names = bool(talk.plan.routes) or talk.plan.affinity == "user"
    is_free = not talk.is_logged_in and talk.plan.connect == "at-login"
    return looks_at_names and is_free and bool(command.argument) and printable(command.argument) != talk.user


def _forget(talk: Conversation) -> None:
    """Keep nothing of a login that is not, or no longer, the session's."""
    if talk.memory is not None:
        talk.memory.is_known = False
        talk.vault.forget()


def _give_name(talk: Conversation) -> None:
    assert talk.user_command is not None, "no name was given"
    talk.forward(talk.user_command, on_login_reply)


def leave_server(talk: Conversation) -> None:
    """Hang up: another server follows."""
    talk.emit(HangUpServer(End.ENDED))
    talk.server = talk.server_tls = None
    talk.is_attached = talk.has_asked_account = talk.is_server_protected = talk.may_stray = False


def password(talk: Conversation, command: Command) -> None:
    """Pass PASS or ACCT on, once a server has seen USER."""
    if not talk.is_attached:
        talk.say(LOGIN_FIRST)
    elif not has_refused_clear_text(talk) and not guarding.has_refused_attempt(talk, command.verb):
        attempt(talk, command)


def attempt(talk: Conversation, command: Command) -> None:
    """Pass a password on, or let it wait while too many others are looked at."""
    if command.verb != "PASS" or talk.guard.begins_try(guarding.claimed(talk)):
        if talk.memory is not None:
            _keep(talk, command)
        talk.forward(command, on_login_reply)
    else:
        talk.held = command
        talk.go(State.AWAITING_TURN)


def _keep(talk: Conversation, command: Command) -> None:
    """Keep what another server would have to hear; PASS begins it anew."""
    if command.verb == "PASS":
        talk.vault.forget()
    talk.vault.keep(command.verb, command.raw)


def on_turn(talk: Conversation, _event: Ticked) -> None:
    """Ask again for the turn of the password that waits; by now its user or address may be banned."""
    command, talk.held = talk.held, None
    assert command is not None, "a password waits"
    if guarding.has_refused_user(talk, guarding.claimed(talk).encode()):
        talk.rest()
    else:
        attempt(talk, command)


def has_refused_clear_text(talk: Conversation) -> bool:
    """Apply `clear_text` to a login without TLS; return whether it went no further."""
    if talk.is_secret or talk.plan.tls is None or talk.plan.tls.clear_text == "allow":
        return False
    if talk.plan.tls.clear_text == "drop":
        talk.end("login in clear text")
    else:
        talk.say("530 Log in over TLS only: use AUTH TLS first.")
    return True


def choose(talk: Conversation) -> None:
    """Ask for a server that has not failed yet."""
    talk.emit(Choose(talk.user, talk.tried))
    talk.go(State.CHOOSING)


def on_chosen(talk: Conversation, event: Chosen) -> None:
    """Connect to the server; the one that the session has already gets the other name as from any client.

    USER flushes whatever login was begun (RFC 959, 4.1.1).
    """
    if talk.is_attached and event.server == talk.server:
        _give_name(talk)
        return
    if talk.is_attached:
        leave_server(talk)
    talk.keep()
    talk.server, talk.dialled = event.server, talk.now
    talk.emit(Dial(event.server))
    talk.go(State.DIALING)


def on_no_server(talk: Conversation, event: NoServer) -> None:
    """Tell the client why nobody can serve it."""
    if talk.rescue is not None:
        talk.rescue.failed(talk, event.text.rstrip("."))
        return
    talk.end(f"no server: {event.reason}", f"421 {event.text}\r\n".encode())


def on_server_ready(talk: Conversation, event: ServerReady) -> None:
    """Wait for the greeting."""
    talk.server_tls = event.tls
    talk.go(State.AWAITING_GREETING)


def on_greeting(talk: Conversation, event: ServerReplied) -> None:
    """Secure the connection where that is wanted, once the server greets; it may ask for patience with 120."""
    reply = event.reply
    if reply.is_preliminary:
        if talk.plan.connect == "at-once" and talk.rescue is None:
            talk.tell(reply.raw)
    elif not reply.is_positive:
        fail_server(talk, f"it greets with {reply.code}", reply.code)
    else:
        talk.greeting = reply.raw
        _secure_server(talk)


def _secure_server(talk: Conversation) -> None:
    if talk.is_server_secured and chosen(talk).tls.mode != "implicit":
        talk.emit(ToServer(b"AUTH TLS\r\n"))
        talk.go(State.AWAITING_AUTH)
    else:
        _attach(talk)


def on_auth_reply(talk: Conversation, event: ServerReplied) -> None:
    """Start TLS; a server that refuses it gets no credentials (S3)."""
    if event.reply.code == 234:
        talk.emit(SecureServer())
        talk.go(State.SECURING_SERVER)
    else:
        fail_server(talk, f"it answers AUTH TLS with {event.reply.code}")


def on_reply_in_handshake(talk: Conversation, _event: ServerReplied) -> None:
    """Leave a server that speaks in clear text after its 234: a response injection (S2)."""
    fail_server(talk, "it sent clear text after 234")


def on_server_secured(talk: Conversation, event: ServerSecured) -> None:
    """Go on over TLS."""
    talk.server_tls = event.tls
    _attach(talk)


def _attach(talk: Conversation) -> None:
    rate_time(talk)
    talk.replaying = list(talk.to_replay.values())
    _replay_next(talk)


def _replay_next(talk: Conversation) -> None:
    if talk.replaying:
        talk.emit(ToServer(talk.replaying[0] + b"\r\n"))
        talk.go(State.REPLAYING)
        return
    talk.is_attached = True
    if talk.rescue is not None:
        talk.rescue.attached(talk)
    elif talk.user_command is not None:
        talk.forward(talk.user_command, on_login_reply)
    else:
        talk.may_pass = True
        talk.tell(talk.greeting)
        talk.rest()


def on_replay_reply(talk: Conversation, event: ServerReplied) -> None:
    """Swallow the reply: the client had ftpair's own before login."""
    if event.reply.code == 421:
        fail_server(talk, "it answers 421", 421)
    elif event.reply.is_final:
        line = talk.replaying.pop(0)
        if talk.memory is not None and talk.memory.has_refused(line, event.reply, is_first=talk.rescue is None):
            fail_server(talk, "it does not know the name of HOST")
        else:
            _replay_next(talk)


def on_server_lost(talk: Conversation, event: ServerLost) -> None:
    """Try the next server."""
    fail_server(talk, event.reason)


def on_slow_server(talk: Conversation, _event: Ticked) -> None:
    """Try the next server when this one does not greet in time."""
    fail_server(talk, f"no answer while {talk.state.value}")


def fail_server(talk: Conversation, reason: str, code: int = 0) -> None:
    """Give the server up and try another one, up to `retries`; only then the client hears of it."""
    server = chosen(talk)
    rate_failure(talk, reason, code)
    talk.emit(Note(ServerFailed(talk.plan.name, server.name, reason)))
    talk.emit(HangUpServer(End.ENDED))
    talk.tried = (*talk.tried, server.slot)
    talk.server = talk.server_tls = None
    if len(talk.tried) > talk.plan.retries and talk.rescue is not None:
        talk.rescue.failed(talk, "no server could be reached")
    elif len(talk.tried) > talk.plan.retries:
        talk.note_refusal("no-server")
        talk.end("no server", f"421 {talk.plan.sorry_text or UNREACHABLE}\r\n".encode())
    else:
        choose(talk)


def chosen(talk: Conversation) -> ServerPlan:
    """Return the server of the session, which it has by now."""
    assert talk.server is not None, f"no server while {talk.state.value}"
    return talk.server


def on_login_reply(talk: Conversation, reply: Reply) -> None:
    """Relay the reply to USER, PASS or ACCT and learn from it."""
    if reply.is_preliminary:
        talk.tell(reply.raw)
        return
    talk.has_asked_account |= reply.code == ACCOUNT_NEEDED
    if reply.code < 400 and talk.user_command is not None:
        talk.user = printable(talk.user_command.argument)
    if _is_login(talk, reply):
        talk.guard.end_try()
        _log_in(talk, reply)
        return
    if reply.code >= 400:
        _forget(talk)
    if reply.code >= 400 and reply.code not in SYNTAX_CODES:
        _note_login(talk, accepted=False)
    if not guarding.has_delayed(talk, reply):
        talk.guard.end_try()
        relay(talk, reply)


def _is_login(talk: Conversation, reply: Reply) -> bool:
    """Tell the reply that ends a login from "superfluous", which only PASS may hear at its end (RFC 959, 5.4)."""
    is_to_pass = talk.command is not None and talk.command.verb == "PASS"
    return reply.code in LOGGED_IN_CODES or (reply.code == 202 and is_to_pass)


def _log_in(talk: Conversation, reply: Reply) -> None:
    talk.is_logged_in = talk.may_pass = True
    if talk.memory is not None:
        talk.memory.begin()
    _note_login(talk, accepted=True)
    if guarding.has_refused_stay(talk):
        return
    if not talk.is_server_secured or talk.is_server_protected:
        relay(talk, reply)
        return
    talk.tell(reply.raw)
    talk.replaying = list(CHORES[talk.is_server_data_secured])
    _next_chore(talk)


def _note_login(talk: Conversation, *, accepted: bool) -> None:
    caller, server = talk.caller, chosen(talk)
    credit(talk, "control")
    talk.emit(Note(LoginAnswered(talk.plan.name, caller.id, str(caller.client), talk.user, server.name, accepted)))


def _next_chore(talk: Conversation) -> None:
    if talk.replaying:
        talk.emit(ToServer(talk.replaying.pop(0)))
        talk.go(State.PROTECTING)
    else:
        talk.is_server_protected = True
        talk.rest()


def on_chore_reply(talk: Conversation, event: ServerReplied) -> None:
    """Swallow the reply; a server that does not protect data ends the session, never the protection."""
    if event.reply.is_positive:
        _next_chore(talk)
    elif event.reply.is_final:
        talk.end(
            "data cannot be protected",
            b"421 The server does not protect data connections as PROT says, so nothing can be sent.\r\n",
        )
