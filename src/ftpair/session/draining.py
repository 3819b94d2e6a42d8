"""A session whose server is drained (`wait_for: transfers`): it goes between two commands, never within one."""

from ftpair.session.conversation import NEVER, Conversation
from ftpair.session.events import Draining, DrainLifted, Ticked
from ftpair.session.owing import is_rescued
from ftpair.session.rescuing import note_drained

GRACE_S = 10.0
"""How long the reply to a command that moves no file is waited for; a transfer has all the time that it needs."""
GONE = b"421 The server is being taken out of service: log in again.\r\n"


def on_draining(talk: Conversation, _event: Draining) -> None:
    """Let the session go as soon as nothing is owed to its client: at once, after the reply, after the transfer."""
    if not talk.is_drained:
        talk.drained_at = talk.now


def on_drain_lifted(talk: Conversation, _event: DrainLifted) -> None:
    """Keep the session after all."""
    talk.keep()


def on_overdue(talk: Conversation, _event: Ticked) -> None:
    """Wait no longer for a reply."""
    depart(talk)


def overdue_at(talk: Conversation) -> float:
    """Return when a drained session is ended though a reply is outstanding; never, while a transfer runs."""
    return NEVER if talk.transfer is not None else max(talk.drained_at, talk.since) + GRACE_S


def depart(talk: Conversation) -> None:
    """Go on at another server where that is wanted and possible (`rescue`), else end: the sentence names no server."""
    server = talk.server.name if talk.server else ""
    if is_rescued(talk, Draining(), f"{server} is drained"):
        return
    note_drained(talk, server)
    talk.end(f"{server} is drained", GONE)
