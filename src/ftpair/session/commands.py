"""One command of the client: its row of the verbs table decides."""

from collections.abc import Callable
from functools import partial

from ftpair.core.ending import End, Leg
from ftpair.ftp.command import Command, parse
from ftpair.ftp.reply import Reply
from ftpair.ftp.verbs import ROWS, UNKNOWN, VERBS, Verb, is_plausible
from ftpair.session import active, answers, endings, login, passive, security, transfer
from ftpair.session.conversation import Conversation, relay
from ftpair.session.policy import has_refused

Action = Callable[[Conversation, Command], None]

BAD_LINE = b"501 A line may hold no CR, LF or NUL.\r\n"
NOT_UNDERSTOOD = b"500 Command not understood.\r\n"

HANDLERS: dict[str, Action] = {
    "USER": login.user,
    "PASS": login.password,
    "ACCT": login.password,
    "QUIT": endings.leave,
    "PASV": passive.passive,
    "P@SW": passive.passive,
    "EPSV": passive.extended,
    "PORT": active.port,
    "EPRT": active.extended,
    "MODE": answers.mode,
    "HELP": answers.help_lines,
    "FEAT": answers.features,
    "OPTS": answers.options,
    "HOST": answers.host,
    "CLNT": answers.client_name,
    "AUTH": security.auth,
    "PBSZ": security.buffer_size,
    "PROT": security.protect,
    "CCC": security.clear_control,
}
"""The functions behind the rows that say `handle` and move no data."""


def pass_on(talk: Conversation, command: Command) -> None:
    """Send the client's line to the server and its reply back."""
    talk.forward(command, relay)


def pass_unknown(talk: Conversation, command: Command) -> None:
    """Send a line that no row knows to the server and its reply back."""
    talk.forward(command, on_unknown_reply)


def on_unknown_reply(talk: Conversation, reply: Reply) -> None:
    """Relay it; a 1xx may begin data whose way nobody knows, so the port is given up and the server ends them."""
    if reply.is_preliminary:
        talk.give_up_port(End.CUT)
    relay(talk, reply)


def pass_or_answer(talk: Conversation, command: Command, reply: bytes) -> None:
    """Send the line to the server; answer while there is none."""
    if talk.is_attached:
        talk.forward(command, relay)
    else:
        talk.tell(reply)


def refuse(talk: Conversation, _command: Command, reply: bytes) -> None:
    """Give the reply of the table."""
    talk.tell(reply)


def close(talk: Conversation, _command: Command) -> None:
    """End at once and in silence: this is a browser, and an echo would be its loot (S5, CVE-2021-3618)."""
    talk.note_protocol_error(Leg.CLIENT, "http")
    talk.end("another protocol")


def _action(row: Verb) -> Action:
    if row.moves:
        return transfer.begin
    reply = row.reply.encode() + b"\r\n"
    actions: dict[str, Action] = {
        "pass": partial(pass_or_answer, reply=reply) if row.reply else pass_on,
        "handle": HANDLERS.get(row.name, pass_on),
        "refuse": partial(refuse, reply=reply),
        "close": close,
    }
    return actions[row.do]


ACTIONS: dict[str, Action] = {row.name: _action(row) for row in ROWS} | {UNKNOWN.name: pass_unknown}


def take(talk: Conversation, line: bytes) -> None:
    """Do what the table says about one line; the session is READY before, and afterwards if nothing is awaited."""
    talk.since = talk.now
    command = parse(line)
    if command is None:
        talk.note_protocol_error(Leg.CLIENT, "bad-line")
        talk.tell(BAD_LINE)
        return
    row = VERBS.get(command.verb, UNKNOWN)
    talk.command = command.to_remember()
    talk.commands[row.name] = talk.commands.get(row.name, 0) + 1
    if row is UNKNOWN and not is_plausible(command.verb):
        talk.tell(NOT_UNDERSTOOD)
    elif row.needs_login and not talk.may_pass:
        talk.tell(answers.LOGIN_NEEDED)
    elif talk.memory is not None and (missing := talk.memory.misses(command.verb)):
        talk.say(missing)
    elif talk.plan.commands is None or not has_refused(talk, talk.plan.commands, command, row.name):
        ACTIONS[row.name](talk, command)
