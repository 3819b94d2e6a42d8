"""Sessions and downloads that survive their servers (`rescue: transfers`)."""

import time

from tests.chaos.crowd import crowd
from tests.chaos.scenario import FTP_MODE, Figures, Run, scenario
from tests.chaos.site import site


@scenario("Real servers are killed at random moments, one at a time, while downloads are rescued.", FTP_MODE, times=500)
def rescued(run: Run) -> Figures:
    """Kill faster than a session may be rescued: more than five times in a minute end it."""
    return _killed(run, (0, 0.5))


@scenario("A real server is killed every 5 s, six times, while sessions and downloads are rescued.", FTP_MODE, times=6)
def sessions_rescued(run: Run) -> Figures:
    """Kill no faster than sessions may be rescued."""
    return _killed(run, (5, 5))


def _killed(run: Run, pause_s: tuple[float, float]) -> Figures:
    with site(run, rescue="transfers") as node, crowd(run, node) as clients:
        with clients.fault():
            for _ in range(run.times):
                server = node.servers[run.chance.choice(sorted(node.servers))]
                time.sleep(run.chance.uniform(*pause_s))
                server.kill()
                time.sleep(run.chance.uniform(0, 0.2))
                server.start()
        return clients.figures()
