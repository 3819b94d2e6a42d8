"""Faults of ftpair's own processes."""

import contextlib
import os
import signal
import time

from tests.chaos.crowd import crowd
from tests.chaos.scenario import EVERYWHERE, FTP_MODE, ONE_OF_EACH_MODE, Figures, Run, scenario
from tests.chaos.site import site


def _stopped(run: Run, name: str, seconds: float) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        pid = node.pids()[name]
        with clients.fault():
            os.kill(pid, signal.SIGSTOP)
            time.sleep(seconds)
            with contextlib.suppress(ProcessLookupError):  # It has been replaced meanwhile.
                os.kill(pid, signal.SIGCONT)
        return clients.figures()


def _killed(run: Run, name: str) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        pid = node.pids()[name]
        with clients.fault():
            os.kill(pid, signal.SIGKILL)
        return clients.figures()


@scenario("One of two workers is killed (kill -9).", on=(*FTP_MODE, "builtin"))
def worker_killed(run: Run) -> Figures:
    return _killed(run, "worker 0")


@scenario("One of two workers stands still (SIGSTOP) for 5 s.", on=("ftps", "builtin"))
def worker_stopped(run: Run) -> Figures:
    return _stopped(run, "worker 0", 5)


@scenario("The API with the web UI is killed (kill -9).", on=ONE_OF_EACH_MODE)
def api_killed(run: Run) -> Figures:
    return _killed(run, "api")


@scenario("The API with the web UI stands still (SIGSTOP) for 20 s.", on=ONE_OF_EACH_MODE)
def api_stopped(run: Run) -> Figures:
    return _stopped(run, "api", 20)


@scenario("The prober is killed (kill -9).", on=("ftp",))
def prober_killed(run: Run) -> Figures:
    return _killed(run, "prober")


@scenario("The supervisor stands still (SIGSTOP) for 20 s.", on=ONE_OF_EACH_MODE)
def supervisor_stopped(run: Run) -> Figures:
    return _stopped(run, "supervisor", 20)


@scenario("HAProxy's worker is killed (kill -9).", on=("haproxy",))
def haproxy_killed(run: Run) -> Figures:
    return _killed(run, "haproxy worker")


@scenario("HAProxy's worker stands still (SIGSTOP) for 5 s.", on=("haproxy",))
def haproxy_stopped(run: Run) -> Figures:
    return _stopped(run, "haproxy worker", 5)


@scenario("HAProxy's master is killed (kill -9).", on=("haproxy",))
def haproxy_master_killed(run: Run) -> Figures:
    return _killed(run, "haproxy master")


@scenario("The supervisor is killed (kill -9), and started again 1 s later, as systemd does.", on=EVERYWHERE)
def supervisor_killed(run: Run) -> Figures:
    with site(run) as node, crowd(run, node) as clients:
        with clients.fault():
            os.kill(node.balancer.daemon.pid, signal.SIGKILL)
            time.sleep(1)
            node.balancer.restart()
        return clients.figures()
