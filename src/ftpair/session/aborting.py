"""ABOR: the one command that overtakes a transfer (RFC 959, 4.1.3)."""

from typing import Literal

from ftpair.ftp.command import Command
from ftpair.ftp.reply import Reply
from ftpair.session.conversation import Conversation, relay
from ftpair.session.effects import ToServer
from ftpair.session.events import ClientSent, ServerReplied, Ticked
from ftpair.session.states import State
from ftpair.session.transfer import conclude, cut_reply, running

ABORTED = b"226 Transfer aborted.\r\n"
ABORTED_CODE = 426
LONGEST_ABOR = 8


def on_sent_in_transfer(talk: Conversation, event: ClientSent) -> None:
    """Queue the line; ABOR drops the data at once, and with nothing queued before it goes to the server at once."""
    line = event.line
    if len(line) > LONGEST_ABOR or line.strip().upper() != b"ABOR":
        talk.queue.append(line)
    elif talk.queue:
        talk.queue.append(line)
        _drop(talk)
    else:
        _abort(talk, Command("ABOR", b"", line))


def _abort(talk: Conversation, command: Command) -> None:
    talk.command = command
    talk.commands["ABOR"] = talk.commands.get("ABOR", 0) + 1
    talk.emit(ToServer(command.line))
    _cut_data(talk)
    if talk.state is State.HOLDING:
        _conclude_held(talk)
        _await_reply(talk)
    else:
        talk.go(State.ABORTING)


def _await_reply(talk: Conversation) -> None:
    if talk.state is not State.ENDED:
        talk.answer = relay
        talk.go(State.AWAITING_REPLY)


def _drop(talk: Conversation) -> None:
    _cut_data(talk)
    if talk.state is State.HOLDING:
        _conclude_held(talk)
    elif talk.state is not State.AWAITING_FINAL:
        talk.go(State.CUTTING)


def _cut_data(talk: Conversation) -> None:
    """Cut both legs; data that have ended before keep the end that they had."""
    transfer = running(talk)
    if transfer.has_legs:
        transfer.end = "aborted"
        transfer.reason = "the client wanted it"  # Not the verb: lftp takes a text with it for the reply to ABOR.
        talk.cut_legs(transfer)


def _conclude_held(talk: Conversation) -> None:
    held = running(talk).held
    assert held is not None, "no reply is held"
    conclude(talk, held)


def on_transfer_reply(talk: Conversation, event: ServerReplied) -> None:
    """Answer the transfer. A 2xx may be ABOR's own: it waits for a second reply, and the client gets 426 first."""
    reply, transfer = event.reply, running(talk)
    if reply.is_preliminary:
        if not transfer.is_running:  # Pure-FTPd says a second 1xx instead of its 426.
            talk.tell(reply.raw)
        return
    answer, talk.settled = reply.raw, ABORTED
    if transfer.end and reply.is_positive:
        answer, talk.settled = cut_reply(transfer), reply.raw
    talk.close_transfer(transfer.end or _result(reply), answer)
    talk.tell(answer)
    if reply.is_positive:
        talk.go(State.SETTLING)
    else:
        _await_reply(talk)  # The promised second one (RFC 959, 4.1.3).


def _result(reply: Reply) -> Literal["complete", "refused", "aborted"]:
    """Tell how a transfer has ended whose data had ended before ABOR: a server that still aborts it says 426."""
    if reply.is_positive:
        return "complete"
    return "aborted" if reply.code == ABORTED_CODE else "refused"


def on_abort_reply(talk: Conversation, event: ServerReplied) -> None:
    """Relay the reply to ABOR itself; a 426 is the transfer's, behind ABOR's own 2xx: ProFTPD may turn them round."""
    if event.reply.code == ABORTED_CODE:
        talk.tell(talk.settled)
        talk.rest()
    else:
        relay(talk, event.reply)


def on_settled(talk: Conversation, _event: Ticked) -> None:
    """Answer ABOR with the lone reply that the server gave: some send no second one, others a late one."""
    talk.may_stray = True
    talk.tell(talk.settled)
    talk.rest()
