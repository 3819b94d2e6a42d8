"""What a client has set at its server, as the commands that set the same at another one. Knows no conversation."""

from collections.abc import Callable
from typing import NamedTuple

from ftpair.ftp.command import Command
from ftpair.ftp.paths import parse_path_reply
from ftpair.ftp.reply import Reply

MOST_SETTINGS = 32
MOST_MOVES = 256
"""So much is kept of one session; one that sets more is not rescued. An absolute CWD, or PWD, makes moves one."""
SITE_SETTINGS = frozenset({b"UMASK", b"IDLE"})
"""SITE commands of common servers that hold for the rest of the session."""
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
        "pending",
        "refused_host",
        "rescues",
        "settings",
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
        self.pending: dict[str, bytes] = {}
        """What holds for the next transfer only: REST, RANG."""
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
    def is_binary(self) -> bool:
        """Whether a byte of a download is a byte of its file: TYPE I, STRU F, MODE S."""
        kind = _argument(self.settings.get("TYPE", b"TYPE A"))
        plain = (_argument(self.settings.get(verb, b"")) for verb in ("STRU", "MODE"))
        return kind in BINARY and all(argument in {b"", b"F", b"S"} for argument in plain)

    def begin(self) -> None:
        """A login was accepted: the client is at home. What a second one leaves of the settings, servers differ in."""
        self.is_known = not self.has_begun or not self.settings
        self.has_begun = True
        self.path = None
        self.moves.clear()
        self.pending.clear()
        self.has_rename = self.has_lost_rename = False

    def learn(self, command: Command, reply: Reply) -> None:
        """Take note of what a server has answered to a command that was passed on."""
        if command.verb in LESSONS and 200 <= reply.code < 400:
            LESSONS[command.verb](self, command, reply)

    def take_pending(self) -> tuple[bytes, ...]:
        """Return what holds for the transfer that begins now, and for no other."""
        lines = tuple(self.pending.values())
        self.pending.clear()
        return lines

    def lose_rename(self) -> None:
        """The server is lost, and with it a rename that was begun."""
        self.has_lost_rename = self.has_lost_rename or self.has_rename
        self.has_rename = False

    def misses(self, verb: str) -> bool:
        """Return whether a command lacks the one before it, which was lost with its server."""
        is_missing = verb == "RNTO" and self.has_lost_rename
        self.has_lost_rename = self.has_lost_rename and not is_missing
        return is_missing

    def replay(self) -> list[Setting]:
        """Return what makes another server what this one is, in order."""
        steps = [Setting(line, key not in COURTESIES) for key, line in self.settings.items()]
        if self.path is not None:
            steps.append(Setting(b"CWD " + self.path))
        steps += map(Setting, self.moves)
        if self.path is not None and not self.moves:
            steps.append(Setting(b"PWD", path=self.path))
        return steps + [Setting(line) for line in self.pending.values()]

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


def _set_word(memory: Memory, command: Command, _reply: Reply) -> None:
    word = (command.argument.upper().split(maxsplit=1) or [b""])[0]
    if command.verb != "SITE" or word in SITE_SETTINGS:
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
    memory.pending[command.verb] = command.raw


def _begin_rename(memory: Memory, _command: Command, _reply: Reply) -> None:
    memory.has_rename, memory.has_lost_rename = True, False


def _end_rename(memory: Memory, _command: Command, _reply: Reply) -> None:
    memory.has_rename = False


LESSONS: dict[str, Callable[[Memory, Command, Reply], None]] = {
    **dict.fromkeys(("TYPE", "STRU", "MODE", "LANG", "CLNT", "CSID", "EPSV"), _set),
    **dict.fromkeys(("OPTS", "SITE"), _set_word),
    **dict.fromkeys(("CWD", "XCWD", "CDUP", "XCUP", "SMNT"), _move),
    **dict.fromkeys(("PWD", "XPWD"), _know),
    **dict.fromkeys(("REST", "RANG"), _pend),
    "RNFR": _begin_rename,
    "RNTO": _end_rename,
}
"""What a reply that is no refusal teaches, by verb. Of EPSV only EPSV ALL is passed on as it is."""


def _argument(line: bytes) -> bytes:
    return b" ".join(line.upper().split()[1:])
