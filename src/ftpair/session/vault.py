"""Where the words of a login lie for as long as its session lives; only a rescue asks for them. Decides nothing."""

from typing import Protocol


class Vault(Protocol):
    """What a session asks of the one who keeps its PASS and ACCT."""

    def keep(self, verb: str, line: bytes) -> None:
        """Keep a line of the login, its end stripped, in the place of a former one of its verb."""

    def lines(self) -> tuple[bytes, ...]:
        """Return the lines in the order in which they came."""

    def forget(self) -> None:
        """Let nothing be left of them; harmless when there is nothing."""


class _Nowhere:
    """Keeps nothing."""

    def keep(self, _verb: str, _line: bytes) -> None:
        pass

    def lines(self) -> tuple[bytes, ...]:
        return ()

    def forget(self) -> None:
        pass


NOWHERE: Vault = _Nowhere()
