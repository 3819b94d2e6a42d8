"""The node: a worker that dies is replaced, told everything anew, and takes only its own sessions along."""

import asyncio
import os
import signal

from ftpair.core.status import Sample
from ftpair.dataplane.counts import SESSIONS, Counts


def test_a_killed_worker_is_replaced_at_once_and_told_the_newest_plan(site):
    async def scenario():
        async with site.running() as node:
            one, other = node.workers
            slot, service = node.slots[("VIP", "FTP_SVR1")], node.slots[("VIP", "")]
            for number, sessions in ((0, 3), (1, 2)):
                for row in (slot, service):
                    Counts(node.counts.fd, number, node.counts.places_in_all).add(row, SESSIONS, sessions)
            assert (node.sessions_of(one), node.sessions_of(other)) == (3, 2)
            pid, others = one.pid, other.pid
            await asyncio.sleep(0.2)
            os.kill(pid, signal.SIGKILL)
            assert await node.until(lambda: not one.is_ready, 5)
            assert node.counts.sessions(slot) == 2
            assert await node.until(lambda: one.is_ready and node.is_followed(), 10)
            assert one.pid != pid
            assert (other.pid, other.restarts, one.restarts) == (others, 0, 1)
            await asyncio.sleep(0.3)
            # Three of each life: two lives of one worker and one of the other.
            assert node.figures.counters() == (Sample("logins_total", ("VIP", "accepted"), 9.0),)

    asyncio.run(scenario())
