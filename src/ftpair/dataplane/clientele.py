"""What this worker has seen of its clients' data connections: the newest clients, a bounded number of them."""

import time
from collections import OrderedDict
from collections.abc import Callable

from ftpair.core.clientele import Key, Seen
from ftpair.core.facts import Tls

MOST_CLIENTS = 2000
"""So many are remembered; who has not been seen for longest is forgotten first."""


class Clientele:
    """Counts how the data connections of each client were secured."""

    def __init__(self, now: Callable[[], float] = time.time, most: int = MOST_CLIENTS) -> None:
        self._now, self._most = now, most
        self._seen: OrderedDict[Key, Seen] = OrderedDict()

    def note(self, who: Key, agreed: Tls | None) -> None:
        """Count one data connection; None: it is in clear text."""
        now = self._now()
        if agreed is None:
            one = Seen(*who, clear=1, at=now)
        else:
            one = Seen(
                *who, resumed=int(agreed.resumed), not_resumed=int(not agreed.resumed), tls=agreed.version, at=now
            )
        former = self._seen.pop(who, None)
        self._seen[who] = former.plus(one) if former is not None else one
        if len(self._seen) > self._most:
            self._seen.popitem(last=False)

    def all(self) -> tuple[Seen, ...]:
        """Return everybody who is remembered."""
        return tuple(self._seen.values())
