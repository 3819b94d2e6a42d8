"""The heartbeat of prober and API: the supervisor replaces a child whose loop does not beat."""

import asyncio
from collections.abc import Callable

from ftpair.core.messages import Beat
from ftpair.core.status import Sample
from ftpair.dataplane.channel import Channel
from ftpair.dataplane.descriptors import open_descriptors
from ftpair.observe.recent import RECENT

BEAT_S = 1.0


class Heart:
    """Sends a `Beat` every `beat_s` until the channel closes; `counters` reads the child's counters, if it has any.

    What the child has logged goes along.
    """

    def __init__(
        self,
        channel: Channel,
        name: str,
        counters: Callable[[], tuple[Sample, ...]] = tuple,
        beat_s: float = BEAT_S,
    ) -> None:
        self._channel, self._name, self._counters, self._beat_s = channel, name, counters, beat_s
        self._beat()

    def _beat(self) -> None:
        if self._channel.is_closed:
            return
        self._channel.send(Beat(self._counters(), (open_fds(self._name),)))
        for lines in RECENT.taken():
            self._channel.send(lines)
        asyncio.get_running_loop().call_later(self._beat_s, self._beat)


def open_fds(process: str) -> Sample:
    """Return how many descriptors this process has open, as a gauge."""
    return Sample("process_open_fds", (process,), float(open_descriptors()))
