"""Replies that may come late: servers often say 226 once more about a transfer that was cut or aborted."""

from ftpair.core.ending import Leg
from ftpair.ftp.verbs import VERBS
from ftpair.session.conversation import Conversation, relay
from ftpair.session.events import ServerReplied
from ftpair.session.states import State

LATE_CODES = frozenset({225, 226})
"""How servers end a transfer or an ABOR (RFC 959, 4.2). No verb that is passed on or handled gives them, but:"""

MAY_GIVE_LATE_CODES = frozenset({"SITE"})
"""... these, and the verbs that no row names."""

OUT_OF_STEP = b"421 The server's replies are out of step.\r\n"


def is_late(talk: Conversation, event: ServerReplied) -> bool:
    """Return whether the reply may belong to a transfer that is over; a server whose next reply is another has none."""
    if talk.may_stray and event.reply.code not in LATE_CODES:
        talk.may_stray = False
    return talk.may_stray


def on_late_reply(talk: Conversation, event: ServerReplied) -> None:
    """Swallow it and wait for the right one; where it may be the right one nobody can tell, so the session ends."""
    verb = talk.command.verb if talk.command else ""
    is_awaited = talk.state in {State.AWAITING_REPLY, State.SETTLING}
    if is_awaited and verb == "ABOR":  # Either answers it: nothing runs any more. Its own may still come.
        relay(talk, event.reply)
        return
    talk.may_stray = False
    talk.note_protocol_error(Leg.SERVER, "stray-reply")
    if is_awaited and (verb not in VERBS or verb in MAY_GIVE_LATE_CODES):
        talk.end("the server's replies are out of step", OUT_OF_STEP)
