"""What nobody has ordered, told to the audit trail: ejections, drained sessions, rescues and refusals, by the counters.

A flood of them is one entry a minute for each kind.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable

from ftpair.app.audit import Audit
from ftpair.core.accounts import AuditRow
from ftpair.core.status import Sample
from ftpair.core.units import counted

Key = tuple[str, tuple[str, ...]]
EVERY_S = 60.0
TOLD = {
    "ejections_total": ("eject", "{0} {1}", "ejection", "for {2}"),
    "drained_sessions_total": ("end-drained", "{0} {1}", "session", "{2}"),
    "rescues_total": ("rescue", "{0}", "{1}", "{2}"),
    "refusals_total": ("refuse", "{0}", "refusal", "for {1}"),
}
"""By counter: the action, its subject, what is counted and what is said of it, by the counter's labels."""


class Chronicle:
    """Looks at the counters of a node; what they had at the first look was told by a former supervisor."""

    def __init__(
        self, audit: Audit, counters: Callable[[], Iterable[Sample]], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._audit, self._counters, self._now = audit, counters, now
        self._told: Counter[Key] | None = None
        self._next = 0.0

    def look(self) -> None:
        """Tell, when it is time."""
        if self._now() >= self._next:
            self._next = self._now() + EVERY_S
            self.tell()

    def tell(self) -> None:
        """Tell what has happened since the last time."""
        counts: Counter[Key] = Counter()
        for each in self._counters():
            if each.name in TOLD:
                counts[each.name, each.labels] += int(each.value)
        told = counts if self._told is None else self._told
        self._told = counts
        for key, grown in (counts - told).items():
            self._audit.keep(_row(*key, grown))


def _row(name: str, labels: tuple[str, ...], grown: int) -> AuditRow:
    action, subject, noun, said = (words.format(*labels) for words in TOLD[name])
    sentence = f"{counted(grown, noun)} {said}"
    return AuditRow(0, time.time(), "ftpair", "itself", "", action, subject, "happened", sentence)
