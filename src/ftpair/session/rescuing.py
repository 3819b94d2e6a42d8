"""A session on its way to another server: chosen as at USER, logged in again, given back what the client had set.

What the client is owed meanwhile is decided before (`owing`), and done behind it (`Rescue.then`).
"""

from typing import Literal, NamedTuple

from ftpair.core.facts import Rescued, RescueFailed, SessionDrained
from ftpair.ftp.paths import parse_path_reply
from ftpair.session import login
from ftpair.session.asking import ask_again
from ftpair.session.conversation import Conversation
from ftpair.session.effects import Note, ToServer
from ftpair.session.events import ServerReplied, Ticked
from ftpair.session.memory import Memory, Setting
from ftpair.session.ongoing import Fate, Move, Rescue
from ftpair.session.states import RESCUE_S, State
from ftpair.session.transfer import lose

MOST_RESCUES = 5
"""So often within a minute: a session that is the death of its servers shall not have them all."""
MINUTE_S = 60.0
MOST_LOST = 1
"""So many further servers may be lost once they listened; those that cannot be reached are not counted."""


class Owed(NamedTuple):
    """What is left to do for the client."""

    then: Move
    wants_data: bool = False
    """Whether its data connection needs another server's leg."""


def memory_of(talk: Conversation) -> Memory:
    """Return what the session has set, which is kept where sessions are rescued."""
    assert talk.memory is not None, "nothing is kept without a rescue"
    return talk.memory


def under_way(talk: Conversation) -> Rescue:
    """Return the rescue that runs."""
    assert talk.rescue is not None, f"no rescue while {talk.state.value}"
    return talk.rescue


def may_begin(talk: Conversation) -> bool:
    """Whether the session is to be rescued: it is logged in, all that it has set is known, and it is not too often."""
    memory = talk.memory
    if memory is None or not memory.is_known:
        return False
    memory.rescues = tuple(moment for moment in memory.rescues if talk.now - moment < MINUTE_S)
    if len(memory.rescues) < MOST_RESCUES and not memory.lack:
        return True
    lack = memory.lack or f"{MOST_RESCUES} rescues within a minute are enough"
    note_failure(talk, "session", login.chosen(talk).name, lack)
    return False


def begin(talk: Conversation, reason: str, owed: Owed, otherwise: Move | None = None, *, fate: Fate = "lost") -> None:
    """Go to another server; with `otherwise` the former one is kept until there is one, and if there is none."""
    memory, former = memory_of(talk), login.chosen(talk)
    memory.rescues = (*memory.rescues, talk.now)
    memory.lose_rename()
    talk.rescue = Rescue(
        former.name,
        former.slot,
        fate,
        reason,
        talk.now,
        talk.now + RESCUE_S,
        owed.then,
        otherwise or owed.then,
        log_in,
        give_up,
        owed.wants_data,
    )
    if otherwise is None:
        login.leave_server(talk)
    talk.tried = (former.slot,)
    login.choose(talk)


def go_to_next(talk: Conversation, reason: str) -> None:
    """The server that should take the session is lost, too."""
    rescue = under_way(talk)
    talk.errand = None
    rescue.lost += talk.is_attached
    talk.is_attached = talk.is_server_protected = False
    if rescue.lost > MOST_LOST:
        give_up(talk, "the next ones were lost, too")
    else:
        login.fail_server(talk, reason)


def give_up(talk: Conversation, reason: str) -> None:
    """Let the client go with the reason; if its server is still there, only its download ends."""
    rescue = under_way(talk)
    talk.errand = None
    if talk.server is not None and talk.server.slot == rescue.slot:
        note_failure(talk, "transfer", rescue.former, reason)
        talk.rescue = None
        rescue.otherwise(talk)
        return
    note_failure(talk, "session", rescue.former, reason)
    if talk.transfer is not None:
        lose(talk)
    ended, said = rescue.reason, "The server is being taken out of service"
    if rescue.fate == "lost":
        ended, said = f"{rescue.former} is lost ({rescue.reason})", "The server is lost"
    elif rescue.fate == "drained":
        note_drained(talk, rescue.former)
    last = f"421 {said}, and no other one takes the session: {reason}.\r\n"
    talk.end(f"{ended} and nobody takes the session: {reason}", last.encode("ascii", "replace"))


def on_late(talk: Conversation, _event: Ticked) -> None:
    """End a rescue that takes too long."""
    give_up(talk, "it takes too long")


# The login.


def log_in(talk: Conversation) -> None:
    """Say to the server that listens now who the client is."""
    assert talk.user_command is not None, "a login without a name"
    under_way(talk).said = 0
    talk.emit(ToServer(talk.user_command.line))
    talk.go(State.LOGGING_IN_AGAIN)


def on_login_reply(talk: Conversation, event: ServerReplied) -> None:
    """Say what the client has said, as far as the server asks for it."""
    rescue, code = under_way(talk), event.reply.code
    if event.reply.is_preliminary:
        return
    words = talk.vault.lines()
    if code in login.LOGGED_IN_CODES or (code == 202 and rescue.said):
        _restore(talk)
    elif 300 <= code < 400 and rescue.said < len(words):
        rescue.said += 1
        talk.emit(ToServer(words[rescue.said - 1] + b"\r\n"))
        talk.go(State.LOGGING_IN_AGAIN)
    else:
        give_up(talk, f"the login is answered with {code}")


# What the client has set.


def _restore(talk: Conversation) -> None:
    chores = login.CHORES[talk.is_server_data_secured] if talk.is_server_secured else ()
    talk.is_server_protected = talk.is_server_secured
    under_way(talk).steps = [*(Setting(line.strip()) for line in chores), *memory_of(talk).replay()]
    _next_step(talk)


def _next_step(talk: Conversation) -> None:
    rescue = under_way(talk)
    if rescue.steps:
        talk.emit(ToServer(rescue.steps[0].line + b"\r\n"))
        talk.go(State.RESTORING)
    elif rescue.wants_data:
        talk.errand = _finish
        ask_again(talk)
    else:
        _finish(talk)


def on_step_reply(talk: Conversation, event: ServerReplied) -> None:
    """Go on if the server agrees, and if it is where the client knows itself to be."""
    reply = event.reply
    if reply.is_preliminary:
        return
    step = under_way(talk).steps.pop(0)
    if reply.code >= 400 and step.is_needed:
        verb = step.line.partition(b" ")[0].decode("ascii", "replace").upper()
        give_up(talk, f"{verb} is answered with {reply.code}")
    elif step.path is not None and parse_path_reply(reply.raw) != step.path:
        give_up(talk, "its folder has another name there")
    else:
        _next_step(talk)


def _finish(talk: Conversation) -> None:
    rescue = under_way(talk)
    talk.rescue, talk.rescued = None, rescue
    memory_of(talk).restart.move()
    note_success(talk, "session")
    rescue.then(talk)


# Facts.


def note_drained(talk: Conversation, server: str) -> None:
    """Tell that the session ends because its server is drained."""
    caller = talk.caller
    talk.emit(Note(SessionDrained(talk.plan.name, caller.id, str(caller.client), talk.user, server)))


def note_success(talk: Conversation, kind: Literal["session", "transfer"], came: int = 0) -> None:
    """Tell that a session, or its download, goes on; `came` are the bytes that the client has of it."""
    rescue, caller = talk.rescued, talk.caller
    assert rescue is not None, "nothing was rescued"
    names = (caller.id, str(caller.client), talk.user)
    server, seconds = login.chosen(talk).name, talk.now - rescue.began
    talk.emit(Note(Rescued(talk.plan.name, *names, kind, rescue.former, server, seconds, rescue.reason, came)))


def note_failure(talk: Conversation, kind: Literal["session", "transfer"], former: str, reason: str) -> None:
    """Tell that a session, or its download, ends with its server."""
    names = (talk.caller.id, str(talk.caller.client), talk.user)
    talk.emit(Note(RescueFailed(talk.plan.name, *names, kind, former, reason)))
