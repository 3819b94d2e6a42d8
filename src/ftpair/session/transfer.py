"""One transfer: from its command over the relay to the final reply, which is only given when it is true."""

from typing import Literal

from ftpair.core.ending import End, Leg
from ftpair.ftp.command import Command
from ftpair.ftp.reply import Reply
from ftpair.ftp.verbs import VERBS
from ftpair.session.conversation import Conversation
from ftpair.session.effects import DropData, Join, ToServer
from ftpair.session.events import DataEnded, ServerLost, ServerReplied, Ticked
from ftpair.session.examining import questions
from ftpair.session.ongoing import Transfer
from ftpair.session.rating import SILENCE, rate_loss, rate_silence
from ftpair.session.states import State

NO_ADDRESS = b"425 Use PASV or EPSV first.\r\n"
NOT_PROTECTED = b"522 Data connections must be protected here: use AUTH TLS, PBSZ 0 and PROT P first.\r\n"
NOT_PROVEN = b"522 Data connections must resume the TLS session here: use AUTH TLS, PBSZ 0 and PROT P first.\r\n"
CUT_CODE = 426
CUT_TEXT = f"{CUT_CODE} Connection lost; transfer aborted"
LOST = "the connection to the server is lost"
SERVER_LOST = b"421 The connection to the server is lost.\r\n"
SERVER_SILENT = b"421 The server does not answer.\r\n"


def begin(talk: Conversation, command: Command) -> None:
    """Send the transfer command; nothing moves before the server's 1xx."""
    tls = talk.plan.tls
    if talk.protection == "C" and talk.tls is not None and tls is not None and tls.data_protection == "require":
        talk.tell(NOT_PROTECTED)
    elif talk.protection == "C" and talk.binding.session == "require":
        talk.tell(NOT_PROVEN)
    elif not talk.pairing.is_ready:
        talk.tell(NO_ADDRESS)
    else:
        _begin(talk, command)


def _begin(talk: Conversation, command: Command) -> None:
    direction: Literal["up", "down"] = "up" if VERBS[command.verb].moves == "up" else "down"
    talk.transfer = transfer = Transfer(command.verb, command.argument, direction, talk.now)
    if talk.memory is not None:
        transfer.pending, is_owed, transfer.is_astray = talk.memory.restart.take(command.verb)
        transfer.questions = questions(talk, transfer, is_owed=is_owed)
    talk.has_port = talk.pairing.is_ready = False
    advance(talk)


def advance(talk: Conversation) -> None:
    """Send the next question that comes before the command, or the command itself."""
    asked, command = running(talk).questions, talk.command
    assert command is not None, "a transfer without a command"
    if asked:
        talk.emit(ToServer(asked[0]))
        talk.go(State.EXAMINING)
        return
    talk.emit(ToServer(command.line))
    if talk.pairing.dial_late is not None:
        talk.emit(talk.pairing.dial_late)
    talk.go(State.AWAITING_START)


def running(talk: Conversation) -> Transfer:
    """Return the transfer that the session is busy with, which it has by now."""
    assert talk.transfer is not None, f"no transfer while {talk.state.value}"
    return talk.transfer


def on_start(talk: Conversation, event: ServerReplied) -> None:
    """Join the legs at 1xx, and at a 2xx without one (IBM i); a refusal goes on at once, without a handshake."""
    reply = event.reply
    if reply.is_preliminary:
        if not running(talk).is_running:  # Else the client has had one: the download goes on at another server.
            talk.tell(reply.raw)
        _join(talk)
        talk.go(State.TRANSFERRING)
    elif reply.is_positive:
        _join(talk)
        running(talk).held = reply
        talk.go(State.HOLDING)
    else:
        talk.emit(DropData(End.ENDED))
        finish(talk, reply.raw, "refused")


def _join(talk: Conversation) -> None:
    transfer = running(talk)
    talk.transfers += not transfer.is_running
    transfer.begin_to_run()
    if talk.memory is not None:
        talk.memory.restart.settle(transfer.verb)
    talk.emit(
        Join(
            transfer.direction,
            talk.protection == "P",
            talk.is_server_data_secured,
            keeps_client=transfer.direction == "down" and talk.memory is not None,
        )
    )


def on_reply_in_transfer(talk: Conversation, event: ServerReplied) -> None:
    """Hold the final reply until the data have ended; an upload that is refused in its middle is cut at once."""
    reply, transfer = event.reply, running(talk)
    if reply.is_preliminary:
        talk.tell(reply.raw)
    elif transfer.direction == "up" and not reply.is_positive:
        talk.cut_legs(transfer)
        finish(talk, reply.raw, "refused")
    else:
        transfer.held = reply
        talk.go(State.HOLDING)


def on_data_ended(talk: Conversation, event: DataEnded) -> None:
    """Wait for the server's final reply now; one that saw no data connection may await it until its own time-out."""
    learn(talk, event)
    is_patient = event.culprit is Leg.CLIENT and not event.bytes
    talk.go(State.AWAITING_FINAL if event.end is End.ENDED or is_patient else State.CUTTING)


def learn(talk: Conversation, event: DataEnded) -> None:
    """Take note of how the data have ended."""
    transfer = running(talk)
    transfer.has_legs = False
    transfer.is_servers_fault = event.culprit is Leg.SERVER
    is_kept = event.end is End.ENDED or (transfer.is_servers_fault and talk.memory is not None)
    transfer.awaits_end = is_kept and transfer.direction == "down"
    transfer.bytes = event.bytes
    transfer.client_tls = event.client_tls
    transfer.server_tls = event.server_tls
    if event.end is End.CUT:
        transfer.end = "cut"
        transfer.reason = event.reason
    if event.clock is not None:
        transfer.is_overdue = True
        talk.note_refusal(event.clock)


def conclude(talk: Conversation, reply: Reply) -> None:
    """Answer the transfer command: a 2xx only if every byte arrived (S12).

    To the reset that one of our clocks brings a server says 426, too, but not why: the client hears that from us.
    """
    transfer = running(talk)
    if not transfer.end:
        finish(talk, reply.raw, "complete" if reply.is_positive else "refused")
    elif reply.is_positive or (transfer.is_overdue and reply.code == CUT_CODE):
        finish(talk, cut_reply(transfer), transfer.end)
    else:
        finish(talk, reply.raw, transfer.end)


def cut_reply(transfer: Transfer) -> bytes:
    """Return the reply to a transfer that is not complete."""
    reason = f": {transfer.reason}" if transfer.reason else ""
    return f"{CUT_TEXT}{reason}.\r\n".encode("ascii", "backslashreplace")


def finish(talk: Conversation, reply: bytes, result: Literal["complete", "refused", "cut", "aborted"]) -> None:
    """Give the client its reply and make way for the next command."""
    talk.close_transfer(result, reply)
    talk.tell(reply)
    talk.rest()


def lose(talk: Conversation) -> None:
    """End a transfer whose server is gone with 426; what became of a part of a file there, nobody knows."""
    transfer = running(talk)
    talk.cut_legs(transfer)
    transfer.reason = transfer.reason or LOST
    if transfer.direction == "up":
        transfer.reason += f"; {transfer.bytes} bytes were on their way to it, and what it keeps of them is not known"
    reply = cut_reply(transfer)
    talk.close_transfer(transfer.end or "cut", reply)
    talk.tell(reply)


def on_server_lost(talk: Conversation, event: ServerLost) -> None:
    """End with 426 and 421: without its server a transfer is never complete."""
    rate_loss(talk, event)
    _end_cut(talk, LOST, SERVER_LOST)


def on_silent_server(talk: Conversation, _event: Ticked) -> None:
    """End with 426 and 421 when the server does not answer: a late reply would belong to no command."""
    talk.note_refusal("reply-timeout")
    rate_silence(talk)
    _end_cut(talk, SILENCE, SERVER_SILENT)


def _end_cut(talk: Conversation, reason: str, last: bytes) -> None:
    transfer = running(talk)
    transfer.reason = transfer.reason or reason
    if transfer.is_running:
        reply = cut_reply(transfer)
        talk.drop_transfer(reason, reply)
        talk.tell(reply)
    talk.end(reason, last, server_end=End.CUT)
