"""What sessions say of their servers: errors go to the supervisor at once, successes are only counted.

The counts are shared, so whoever hears of an error can tell whether any worker saw the server do well since the last.
"""

from collections.abc import Callable

from ftpair.core.columns import GOOD
from ftpair.core.ejection import ASPECT_OF
from ftpair.core.messages import ServerErred
from ftpair.dataplane.counts import Counts
from ftpair.session.effects import Blame, Credit


def _unheard(_error: ServerErred) -> None:
    pass


class Outcomes:
    """The outcomes of one worker."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self.report: Callable[[ServerErred], None] = _unheard
        """Called with every error."""

    def blame(self, effect: Blame) -> None:
        """A server has erred."""
        good = self._counts.total(effect.slot, GOOD[ASPECT_OF[effect.kind]])
        self.report(ServerErred(effect.slot, effect.kind, effect.reason, good))

    def credit(self, effect: Credit) -> None:
        """A server has done well."""
        self._counts.add(effect.slot, GOOD[effect.aspect], 1)
