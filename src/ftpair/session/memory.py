"""What a client has set at its server, as the commands that set the same at another one. Knows no conversation."""

from collections.abc import Callable
from typing import NamedTuple

from ftpair.ftp.command import Command
from ftpair.ftp.paths import parse_path_reply
from ftpair.ftp.reply import Reply
from ftpair.ftp.verbs import VERBS
from ftpair.session.restarting import Restart

MOST_SETTINGS = 32
MOST_MOVES = 256
"""So much is kept of one session; one that sets more is not rescued. An absolute CWD, or PWD, makes moves one."""
SITE_SETTINGS = frozenset({b"UMASK", b"IDLE"})
"""SITE commands of common servers that hold for the rest of the session."""
SITE_ACTS = frozenset(
    {
        *(b"ATTRIB", b"CHGRP", b"CHMOD", b"CHOWN", b"CP", b"DF", b"DISKFREE", b"EXEC", b"FREE", b"HELP", b"MKDIR"),
        *(b"QUOTA", b"RMDIR", b"STAT", b"SYMLINK", b"TIME", b"TOUCH", b"UTIME", b"WHO", b"ZONE"),
    }
)
"""Those that change nothing for the commands behind them."""
COURTESIES = frozenset({"CLNT", "CSID", "LANG", "EPSV", "SITE IDLE"})
"""What changes nothing that a client could trip over: another server may refuse it."""
BINARY = frozenset({b"I", b"L 8", b"L8"})


class Setting(NamedTuple):
    """One command that sets something again, without its line end."""

    line: bytes
    is_needed: bool = True
    """Whether a server that refuses it cannot take the session."""
    path: bytes | None = None
    """What its reply must name (PWD)."""


class Memory:
    """Changed by its session alone."""

    __slots__ = (
        "again",
        "has_begun",
        "has_lost_rename",
        "has_rename",
        "is_known",
        "moves",
        "path",
        "refused_host",
        "rescues",
        "restart",
        "settings",
        "strange",
    )

    def __init__(self) -> None:
        self.is_known = False
        """Whether a login was accepted whose words are all kept."""
        self.has_begun = False
        """Whether there was a login before."""
        self.settings: dict[str, bytes] = {}
        self.path: bytes | None = None
        """The last path that a reply to PWD named, if nothing but `moves` came after it."""
        self.moves: list[bytes] = []
        """The accepted CWD and CDUP since then."""
        self.restart = Restart()
        self.strange = ""
        """What the client has done that nobody knows how to repeat."""
        self.has_rename = self.has_lost_rename = False
        """Whether an RNFR waits for its RNTO; whether it was lost with its server."""
        self.refused_host = b""
        """The HOST that the session's first server did not want to know."""
        self.again: Command | None = None
        """The command that was sent again to another server: once is enough."""
        self.rescues: tuple[float, ...] = ()
        """When the session was rescued."""

    @property
    def is_full(self) -> bool:
        """Whether the client has set more than is kept."""
        return len(self.settings) > MOST_SETTINGS or len(self.moves) > MOST_MOVES

    @property
    def lack(self) -> str:
        """Why another server cannot be made what this one is; empty: it can."""
        if self.strange:
            return f"{self.strange} may have changed what commands mean"
        return "it has set more than is kept" if self.is_full else ""

    @property
    def is_binary(self) -> bool:
        """Whether a byte of a download is a byte of its file: TYPE I, STRU F, MODE S."""
        kind = _argument(self.settings.get("TYPE", b"TYPE A"))
        plain = (_argument(self.settings.get(verb, b"")) for verb in ("STRU", "MODE"))
        return kind in BINARY and all(argument in {b"", b"F", b"S"} for argument in plain)

    def begin(self) -> None:
        """A login was accepted: the client is at home. What a second one leaves of the settings, servers differ in."""
        if self.has_begun and (self.settings or self.moves or self.path is not None or self.restart.pending):
            self.strange = "a second login"
        self.is_known = self.has_begun = True
        self.path = None
        self.moves.clear()
        self.restart.begin()
        self.has_rename = self.has_lost_rename = False

    def learn(self, command: Command, reply: Reply) -> None:
        """Take note of what a server has answered to a command that was passed on."""
        if not 200 <= reply.code < 400:
            return
        if command.verb in LESSONS:
            LESSONS[command.verb](self, command, reply)
        elif command.verb not in VERBS:
            self.strange = command.verb

    def lose_rename(self) -> None:
        """The server is lost, and with it a rename that was begun."""
        self.has_lost_rename = self.has_lost_rename or self.has_rename
        self.has_rename = False

    def misses(self, verb: str) -> str:
        """Return what to say of a command that lacks what was lost with its server, once; empty: nothing is missing."""
        if verb == "RNTO" and self.has_lost_rename:
            self.has_lost_rename = False
            return "503 The server has changed: use RNFR again."
        if self.restart.misses(verb):
            return (
                "450 The server has changed: look at the size of the file again, this one may have another part of it."
            )
        return ""

    def replay(self) -> list[Setting]:
        """Return what makes another server what this one is, in order."""
        steps = [Setting(line, key not in COURTESIES) for key, line in self.settings.items()]
        if self.path is not None:
            steps.append(Setting(b"CWD " + self.path))
        steps += map(Setting, self.moves)
        if self.path is not None and not self.moves:
            steps.append(Setting(b"PWD", path=self.path))
        return steps

    def has_refused(self, line: bytes, reply: Reply, *, is_first: bool) -> bool:
        """Return whether a further server refuses the HOST that the first one took: it would show other files."""
        if reply.code < 400 or line[:4].upper() != b"HOST":
            return False
        if is_first:
            self.refused_host = line
        return self.refused_host != line

    def put(self, key: str, line: bytes) -> None:
        """Keep the newest line of each kind, as long as there is room."""
        if key in self.settings or not self.is_full:
            self.settings[key] = line


def _set(memory: Memory, command: Command, _reply: Reply) -> None:
    memory.put(command.verb, command.raw)


def _set_option(memory: Memory, command: Command, _reply: Reply) -> None:
    word, *more = command.argument.upper().split() or [b""]
    if more or word != b"HASH":  # Without more OPTS HASH asks.
        _put_word(memory, command, word)


def _set_site(memory: Memory, command: Command, _reply: Reply) -> None:
    word, *more = command.argument.upper().split() or [b"HELP"]
    if word in SITE_SETTINGS:
        if more:  # Else it asks.
            _put_word(memory, command, word)
    elif word not in SITE_ACTS:
        memory.strange = f"SITE {word[:16].decode('ascii', 'backslashreplace')}"


def _put_word(memory: Memory, command: Command, word: bytes) -> None:
    memory.put(f"{command.verb} {word.decode('ascii', 'backslashreplace')}", command.raw)


def _move(memory: Memory, command: Command, _reply: Reply) -> None:
    if command.argument.startswith(b"/") and command.verb in {"CWD", "XCWD"}:
        memory.path = None
        memory.moves.clear()
    if not memory.is_full:
        memory.moves.append(command.raw)


def _know(memory: Memory, _command: Command, reply: Reply) -> None:
    path = parse_path_reply(reply.raw) if reply.code == 257 else None
    if path is not None:
        memory.path = path
        memory.moves.clear()


def _pend(memory: Memory, command: Command, _reply: Reply) -> None:
    memory.restart.tell(command.verb, command.raw)


def _look(memory: Memory, _command: Command, _reply: Reply) -> None:
    memory.restart.look()


def _begin_rename(memory: Memory, _command: Command, _reply: Reply) -> None:
    memory.has_rename, memory.has_lost_rename = True, False


def _end_rename(memory: Memory, _command: Command, _reply: Reply) -> None:
    memory.has_rename = False


LESSONS: dict[str, Callable[[Memory, Command, Reply], None]] = {
    **dict.fromkeys(("TYPE", "STRU", "MODE", "LANG", "CLNT", "CSID", "EPSV"), _set),
    "OPTS": _set_option,
    "SITE": _set_site,
    **dict.fromkeys(("CWD", "XCWD", "CDUP", "XCUP", "SMNT"), _move),
    **dict.fromkeys(("PWD", "XPWD"), _know),
    **dict.fromkeys(("REST", "RANG"), _pend),
    **dict.fromkeys(("SIZE", "MLST", "STAT"), _look),
    "RNFR": _begin_rename,
    "RNTO": _end_rename,
}
"""What a reply that is no refusal teaches, by verb. Of EPSV only EPSV ALL is passed on as it is."""


def _argument(line: bytes) -> bytes:
    return b" ".join(line.upper().split()[1:])
