"""Where in its file the next transfer begins (REST, RANG), and which server was told. Knows no conversation."""

FILES = frozenset({"RETR", "STOR", "STOU", "APPE"})
"""Transfers that a REST is for; it may wait for them at the server if another command comes first."""
UPLOADS = FILES - {"RETR"}
NOWHERE = b"REST 0"


class Restart:
    """Changed by its session alone."""

    __slots__ = ("has_looked", "is_outdated", "owed", "pending", "stray")

    def __init__(self) -> None:
        self.pending: dict[str, bytes] = {}
        """The accepted REST and RANG that no transfer has taken yet."""
        self.owed: set[str] = set()
        """Those of them that the server of the session was not told."""
        self.stray: set[str] = set()
        """What the server may still go by though its transfer was none, or was refused."""
        self.has_looked = False
        """Whether the client was told by this server how long files are."""
        self.is_outdated = False
        """Whether the client goes by what a server has told that is lost."""

    def tell(self, verb: str, line: bytes) -> None:
        """The server has accepted REST or RANG."""
        self.pending[verb] = line
        self.owed.discard(verb)
        self.stray.discard(verb)

    def look(self) -> None:
        """The client is told how long files are."""
        self.has_looked, self.is_outdated = True, False

    def take(self, verb: str) -> tuple[tuple[bytes, ...], bool, bool]:
        """Return what holds for the transfer that begins now, whether it is yet to be said, if more may hold."""
        lines, is_owed, is_astray = tuple(self.pending.values()), bool(self.owed), bool(self.stray)
        self.stray |= self.pending.keys() if verb in FILES else self.pending.keys() - self.owed
        self._forget()
        if verb not in FILES:
            self.look()
        return lines, is_owed and verb in FILES, is_astray

    def settle(self, verb: str) -> None:
        """The server has begun with a transfer."""
        if verb in FILES:
            self.stray.clear()

    def begin(self) -> None:
        """The client has logged in anew."""
        self.stray |= self.pending.keys() - self.owed
        self._forget()

    def move(self) -> None:
        """Another server has the session."""
        self.owed = set(self.pending)
        self.stray.clear()
        self.is_outdated = self.is_outdated or self.has_looked or bool(self.pending)
        self.has_looked = False

    def misses(self, verb: str) -> bool:
        """Return whether an upload would go on with a part that was on another server, once: the next one may begin."""
        goes_on = verb == "APPE" or self.pending.get("REST", NOWHERE).split()[1:] != [b"0"]
        if verb not in UPLOADS or not goes_on or not (self.is_outdated or "REST" in self.owed):
            return False
        self.is_outdated = False
        if self.pending:
            self.pending, self.owed = {"REST": NOWHERE}, {"REST"}
        return True

    def _forget(self) -> None:
        self.pending.clear()
        self.owed.clear()
