"""Faults of one real server out of three."""

import time

from tests.chaos.crowd import crowd
from tests.chaos.scenario import EVERYWHERE, WITH_TLS, Figures, Run, scenario
from tests.chaos.site import site


@scenario("One real server of three is killed (kill -9), and started again 3 s later.", on=EVERYWHERE)
def server_killed(run: Run) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        with clients.fault():
            node.servers["SVR1"].kill()
            time.sleep(3)
            node.servers["SVR1"].start()
        return clients.figures()


@scenario("One real server of three stands still (SIGSTOP) for 8 s.", on=WITH_TLS)
def server_stopped(run: Run) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        with clients.fault():
            node.stop("SVR2")
            time.sleep(8)
            node.go_on("SVR2")
        return clients.figures()
