"""The latest happenings, in memory: for pages that are open just now. What must be kept is in the log."""

import time
from collections import deque
from collections.abc import Callable

from ftpair.core.actions import (
    Action,
    AddBan,
    Applied,
    Confirm,
    KillSession,
    LiftBan,
    PatchConfiguration,
    Said,
    SaveConfiguration,
    SetAdmin,
)
from ftpair.core.certificates import CertificateIs, DeleteCertificate, SaveCertificate
from ftpair.core.happenings import Happening, Kind
from ftpair.core.requests import Answer
from ftpair.core.upgrades import Upgrade

REMEMBERED = 200
KINDS: dict[type[Action], Kind] = {
    SetAdmin: "admin",
    AddBan: "ban",
    LiftBan: "ban",
    KillSession: "session",
    Upgrade: "configuration",
    Confirm: "configuration",
    SaveConfiguration: "configuration",
    PatchConfiguration: "configuration",
    SaveCertificate: "configuration",
    DeleteCertificate: "configuration",
}
"""What a done action is to those who look on. Applies are told where they are made: nobody needs to ask for one."""


class Happenings:
    """The last `REMEMBERED` happenings; numbers go on for as long as the supervisor runs."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._latest: deque[Happening] = deque(maxlen=REMEMBERED)

    @property
    def latest(self) -> int:
        """Return the number of the latest; 0 before the first."""
        return self._latest[-1].number if self._latest else 0

    def after(self, number: int) -> tuple[Happening, ...]:
        """Return those of a higher number that are still remembered."""
        return tuple(each for each in self._latest if each.number > number)

    def note(self, kind: Kind, sentence: str, service: str = "") -> None:
        """Remember that something happened."""
        self._latest.append(Happening(self.latest + 1, self._now(), kind, service, sentence))

    def note_answer(self, action: Action, answer: Answer) -> None:
        """Remember what an action has changed, if it has changed anything."""
        kind, sentence = KINDS.get(type(action)), sentence_of(action, answer)
        if kind and sentence and not getattr(action, "dry_run", False):
            self.note(kind, sentence, getattr(action, "service", ""))


def sentence_of(action: Action, answer: Answer) -> str:
    """Return what was changed, in words; empty: nothing was."""
    match answer:
        case Said(sentence) | CertificateIs(_, sentence):
            return sentence
        case Applied(revision, steps) if isinstance(action, SaveConfiguration | PatchConfiguration):
            return f"revision {revision} is saved, not applied yet: {'; '.join(steps) or 'nothing to change'}"
        case _:
            return ""
