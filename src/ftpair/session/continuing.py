"""Downloads that go on at another server: from the byte that the client has, and only if the file is the same there."""

from ftpair.core.ending import End
from ftpair.ftp.reply import Reply
from ftpair.session import aborting, examining, rescuing, transfer
from ftpair.session.conversation import Conversation
from ftpair.session.effects import DropData, DropServerLeg
from ftpair.session.events import ClientSent, DataEnded, ServerReplied
from ftpair.session.ongoing import Transfer
from ftpair.session.rating import rate_transfer
from ftpair.session.states import State
from ftpair.session.transfer import running

WHOLE = b"226 Transfer complete.\r\n"
PROMISE = "REST STREAM"
MOST_ATTEMPTS = 2
"""So often a download goes on without one more byte; one that has none yet goes on once."""


def can_go_on(talk: Conversation) -> bool:
    """Whether another server can take the download: it has not begun to arrive, or the file can be told again."""
    download = running(talk)
    moved = _came(talk)
    if download.direction == "up" or download.is_astray or (download.end and not download.is_servers_fault):
        return False
    if download.is_known and moved > download.wanted:  # The file grew, or a server took no heed of REST.
        return False
    if moved > download.came and not _has_begun_in_place(talk):
        return False
    attempts = download.attempts if moved <= download.came else 0
    return (not moved or download.is_known) and attempts < (MOST_ATTEMPTS if moved else 1)


def _has_begun_in_place(talk: Conversation) -> bool:
    """Whether what has come of a server is known to have begun where it should: at the file's beginning, or at REST.

    A server may take no heed of REST though it answers 350, which only the download's exact end proves wrong. Those
    that do heed it say so in FEAT (RFC 3659, 5.4).
    """
    download = running(talk)
    return not (download.came or download.offset) or PROMISE in map(str.upper, talk.pool_features() or ())


def _came(talk: Conversation) -> int:
    """Return how many bytes the client was given, exactly: they are what REST is told."""
    download = running(talk)
    return talk.progress().bytes if download.has_legs and download.is_running else download.bytes


def set_out(talk: Conversation) -> rescuing.Owed:
    """Let go of the server's leg, hold on to the client's, and note how far it came."""
    download = running(talk)
    moved = _came(talk)
    download.attempts = download.attempts + 1 if moved <= download.came else 1
    download.came = moved
    if download.has_legs:
        came = talk.progress()
        download.client_tls, download.server_tls = came.client_tls, came.server_tls
        talk.emit(DropServerLeg())
    return rescuing.Owed(resume, wants_data=not download.is_whole)


def resume(talk: Conversation) -> None:
    """Go on at the server that has the session now."""
    download = running(talk)
    if not talk.pairing.is_ready and not download.is_whole:
        give_up(talk, "there is no data connection with the next one")
        return
    talk.has_port = talk.pairing.is_ready = False
    download.questions = examining.questions_elsewhere(talk, download)
    _go_on(talk)


def _go_on(talk: Conversation) -> None:
    download = running(talk)
    if download.is_whole and not download.questions:
        _complete(talk)
    else:
        transfer.advance(talk)
        _heed(talk)


def _complete(talk: Conversation) -> None:
    """Say what the lost server could not say any more: the client has every byte of the file."""
    download = running(talk)
    rescuing.note_success(talk, "transfer", download.came)
    download.bytes, download.end, download.reason = download.came, "", ""
    download.has_legs, download.awaits_end = False, True
    transfer.finish(talk, WHOLE, "complete")


def _heed(talk: Conversation) -> None:
    """Look at what the client has said meanwhile: it may be ABOR."""
    lines = list(talk.queue)
    talk.queue.clear()
    for line in lines:
        if talk.state is State.AWAITING_START:
            aborting.on_sent_in_transfer(talk, ClientSent(line))
        else:
            talk.queue.append(line)


def on_answer(talk: Conversation, event: ServerReplied) -> None:
    """Take the answer to SIZE, MDTM or REST."""
    if event.reply.is_preliminary:
        return
    download = running(talk)
    lack = examining.judge(download, event.reply)
    if not lack:
        _go_on(talk)
    elif download.is_running:
        give_up(talk, lack)
    else:
        talk.emit(DropData(End.ENDED))
        transfer.finish(talk, event.reply.raw, "refused")


def on_start(talk: Conversation, event: ServerReplied) -> None:
    """Take the reply to the command; of a second server the client hears nothing unless it refuses."""
    download, reply = running(talk), event.reply
    if download.is_running and not (reply.is_preliminary or reply.is_positive):
        give_up(talk, f"{download.verb} is answered with {reply.code}")
        return
    if download.is_running:
        rescuing.note_success(talk, "transfer", download.came)
    transfer.on_start(talk, event)


def give_up(talk: Conversation, reason: str) -> None:
    """End the download with 426 and a reset: no file is mixed of two. The session stays with its new server."""
    download = running(talk)
    former = talk.rescued.former if talk.rescued is not None else ""
    rescuing.note_failure(talk, "transfer", former, reason)
    download.end, download.reason = "cut", f"{transfer.LOST}, and {reason}"
    talk.cut_legs(download)
    transfer.finish(talk, transfer.cut_reply(download), "cut")


# A server that is still there, but has not given the whole file.


def on_final_reply(talk: Conversation, event: ServerReplied) -> None:
    """End the transfer with the server's final reply, or go on at another one."""
    if event.reply.is_preliminary:
        talk.tell(event.reply.raw)
    else:
        _conclude(talk, event.reply)


def on_data_ended_last(talk: Conversation, event: DataEnded) -> None:
    """Give the client the final reply that was held, or go on at another server."""
    transfer.learn(talk, event)
    held = running(talk).held
    assert held is not None, "no reply is held"
    _conclude(talk, held)


def _conclude(talk: Conversation, reply: Reply) -> None:
    fault = _fault(running(talk), reply)
    rate_transfer(talk, running(talk), reply, fault)

    def otherwise(talk: Conversation) -> None:
        download = running(talk)
        if fault and reply.is_positive:
            download.end, download.reason = "cut", download.reason or fault
        transfer.conclude(talk, reply)

    if fault and can_go_on(talk) and rescuing.may_begin(talk):
        rescuing.begin(talk, fault, set_out(talk), otherwise)
    else:
        otherwise(talk)


def _fault(download: Transfer, reply: Reply) -> str:
    """Return what the server did wrong with a known file, if it was the server."""
    if not download.is_known or (download.end and not download.is_servers_fault):
        return ""
    if download.end:
        return download.reason
    if not reply.is_positive:
        return f"the server answers {reply.code}"
    # What has gone on elsewhere ends at the very byte, else a server took no heed of REST.
    is_wrong = download.bytes < download.wanted or (download.came and download.bytes != download.wanted)
    return f"the server ended after {download.bytes} of {download.wanted} bytes" if is_wrong else ""
