"""What ftpair answers in a server's place: negotiation before login, HELP, FEAT, MODE (RFC 2389, RFC 7151)."""

from functools import partial

from ftpair.ftp import feat
from ftpair.ftp.command import Command, printable
from ftpair.ftp.reply import Reply
from ftpair.ftp.verbs import help_text
from ftpair.session.conversation import Conversation, relay
from ftpair.session.policy import offers

LOGIN_NEEDED = b"530 Log in with USER and PASS first.\r\n"
HELP = help_text()
MODES = frozenset({b"S", b"Z"})
LONGEST_PROGRAM = 80
"""So much is kept of the name that a client's program gives itself."""


def features(talk: Conversation, command: Command) -> None:
    """Answer FEAT: before login with what all servers can do, then with what the chosen one can."""
    if talk.is_attached:
        talk.forward(command, on_features)
    else:
        pool = talk.pool_features() or ()
        carried = [feature for feature in pool if offers(talk.plan.commands, feature)]
        talk.tell(feat.build([*carried, *_own_features(talk)]))


def on_features(talk: Conversation, reply: Reply) -> None:
    """Compose the server's features with ftpair's own."""
    if reply.is_preliminary:
        talk.tell(reply.raw)
        return
    talk.tell(feat.compose(reply, _own_features(talk), partial(offers, talk.plan.commands)))
    talk.rest()


def _own_features(talk: Conversation) -> tuple[str, ...]:
    if talk.plan.tls is None:
        return ()
    return (*feat.OWN, "CCC") if talk.plan.tls.ccc == "allow" else feat.OWN


def options(talk: Conversation, command: Command) -> None:
    """Answer OPTS: before login only for UTF8, which clients set as early as they can."""
    words = command.argument.upper().split()
    if talk.is_attached:
        talk.forward(command, relay)
    elif words[:1] in ([b"UTF8"], [b"UTF-8"]):
        _remember(talk, command, "200 UTF8 is on.")
    else:
        talk.tell(LOGIN_NEEDED)


def host(talk: Conversation, command: Command) -> None:
    """Answer HOST, which the chosen server will get too."""
    if talk.is_attached:
        talk.forward(command, on_host_reply)
    elif command.argument.strip():
        _remember(talk, command, "220 Host accepted.")
    else:
        talk.say("501 HOST needs a name.")


def on_host_reply(talk: Conversation, reply: Reply) -> None:
    """Relay it; a further server of the session gets the accepted name, too."""
    if reply.is_positive and talk.command is not None:
        talk.to_replay["HOST"] = talk.command.raw
    relay(talk, reply)


def client_name(talk: Conversation, command: Command) -> None:
    """Answer CLNT, which the chosen server will get too."""
    talk.program = printable(command.argument, LONGEST_PROGRAM)
    if talk.is_attached:
        talk.forward(command, relay)
    else:
        _remember(talk, command, "200 Noted.")


def _remember(talk: Conversation, command: Command, reply: str) -> None:
    """Keep the newest line of each verb for the server: a bound on memory, whatever is sent before login."""
    talk.to_replay[command.verb] = command.raw
    talk.say(reply)


def help_lines(talk: Conversation, command: Command) -> None:
    """Answer HELP; where commands are refused, the server's own list would offer them."""
    policy = talk.plan.commands
    if talk.is_attached and (policy is None or command.argument):
        talk.forward(command, relay)
    else:
        talk.say(help_text(policy.refusals) if policy else HELP)


def mode(talk: Conversation, command: Command) -> None:
    """Pass MODE S and Z on; B and C keep the data connection open, so its end would not tell that a file is whole."""
    if command.argument.strip().upper() in MODES:
        talk.forward(command, relay)
    else:
        talk.say("504 Only MODE S and MODE Z are carried.")
