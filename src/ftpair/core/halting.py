"""What becomes of the sessions of a server that is taken away from them."""

from typing import NamedTuple


class Halted(NamedTuple):
    """How many sessions have ended and how many go to other servers (`rescue`), and how many transfers were cut."""

    ended: int
    moved: int
    cut: int

    @property
    def sentence(self) -> str:
        """In words: `1 session ended, 2 sessions go to other servers, 1 transfer cut`."""
        go = "goes to another server" if self.moved == 1 else "go to other servers"
        ended = [f"{_number(self.ended, 'session')} ended"] if self.ended or not self.moved else []
        moved = [f"{_number(self.moved, 'session')} {go}"] if self.moved else []
        return ", ".join((*ended, *moved, f"{_number(self.cut, 'transfer')} cut"))


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
