"""What is asked of the doctor in the browser: the fields as they were typed, and the order that they make."""

from collections.abc import Iterator

from pydantic import BaseModel

from ftpair.core.doctor import Order

LONGEST_WAIT_S, SHORTEST_STEP_S, LONGEST_STEP_S = 86_400.0, 0.1, 600.0
USUAL_STEP_S = 10.0
MOST_FILES = 100


class Wish(BaseModel):
    """What the form sends."""

    services: list[str] = []
    user: str = ""
    password: str = ""
    directory: str = ""
    write: bool = False
    files: str = ""
    """One on each line."""
    wait_s: str = ""
    step_s: str = ""
    ca: str = ""

    def problems(self) -> dict[str, str]:
        """Return what is wrong with it, by field."""
        return dict(self._problems())

    def order(self) -> Order:
        """Return what the doctor is told; only of a wish without problems."""
        return Order(
            user=self.user,
            password=self.password,
            directory=self.directory,
            may_write=self.write,
            files=self._files(),
            wait_s=_number(self.wait_s, 0.0),
            step_s=_number(self.step_s, USUAL_STEP_S),
            ca_pem=self.ca.encode(),
        )

    def _problems(self) -> Iterator[tuple[str, str]]:
        if not self.services:
            yield "services", "Choose what is to be examined."
        if len(self._files()) > MOST_FILES:
            yield "files", f"Name {MOST_FILES} files at most."
        if not 0 <= _number(self.wait_s, 0.0) <= LONGEST_WAIT_S:
            yield "wait_s", f"Write a number of seconds up to {LONGEST_WAIT_S:.0f}, which is a day."
        if not SHORTEST_STEP_S <= _number(self.step_s, USUAL_STEP_S) <= LONGEST_STEP_S:
            yield "step_s", f"Write a number of seconds from {SHORTEST_STEP_S} to {LONGEST_STEP_S:.0f}."

    def _files(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in self.files.splitlines() if line.strip())


def at_field(sentence: str) -> str:
    """Return the field that a refusal of the supervisor speaks of first; empty: none."""
    word = sentence.replace(":", " ").partition(" ")[0]
    return word if word in {"user", "password", "directory", "files", "ca"} else ""


def _number(text: str, otherwise: float) -> float:
    """Return what was typed as a number; -1 if it is none."""
    try:
        return float(text) if text.strip() else otherwise
    except ValueError:
        return -1.0
