"""A supervisor that is killed costs nothing: its workers go on, and the next one finds them."""

import ftplib
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress

import pytest

from tests.app.test_supervisor import (
    SIZE,
    begin_download,
    bytes_until_the_end,
    connect,
    is_alive,
    real_server,
    refused,
    running,
    sessions_by_worker,
    until,
)

__all__ = ["real_server"]
WORKER = "ftpair.app.worker"


@contextmanager
def orphaned(site):
    """A supervisor that was killed, and its workers; they are ended with the test."""
    with running(site) as former:
        former.heard("READY=1")
        pids = sorted(former.children()[WORKER])
        yield former, pids


def kill(ftpair):
    ftpair.process.kill()
    ftpair.process.wait()


def log_in(port):
    client = ftplib.FTP()
    client.connect("127.0.0.1", port, timeout=20)
    client.login()
    return client


def status_of(ftpair):
    return ftpair.api("/api/v1/status").json()


def test_workers_go_on_without_their_supervisor_and_the_next_one_finds_them(site, real_server):
    with orphaned(site) as (former, pids):
        client, data = begin_download(site.port)
        first = data.recv(1000)
        kill(former)
        newcomers = [log_in(site.port) for _ in range(4)]
        assert newcomers[0].nlst("large.bin") == ["large.bin"]
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            status = status_of(ftpair)
            assert sorted(worker["pid"] for worker in status["workers"]) == pids
            assert status["last_apply"] == "2 workers of a supervisor that is gone go on with 5 sessions"
            service = status["services"][0]
            assert (service["sessions"], service["transfers"]) == (5, 1)
            assert len(ftpair.api("/api/v1/sessions").json()) == 5
            assert bytes_until_the_end(data) == SIZE - len(first)
            assert client.voidresp().startswith("226")
            until(lambda: ftpair.api("/api/v1/transfers/history").json()["transfers"])
            for name in ("FTP_SVR1", "FTP_SVR2"):
                ftpair.api(f"/api/v1/services/VIP/servers/{name}/drain", "POST")
            with pytest.raises(ftplib.error_temp):
                log_in(site.port)
            site.write(greeting="Welcome.")
            assert ftpair.api("/api/v1/apply", "POST").status_code == 200
            assert connect(site.port)[1] == b"220 Welcome.\r\n"
            newcomers[0].quit()
            until(lambda: len(ftpair.api("/api/v1/sessions").json()) < 6)
            os.kill(pids[0], signal.SIGKILL)  # A worker that was found is replaced as any other.
            until(
                lambda: (
                    len(ready := [each for each in status_of(ftpair)["workers"] if each["is_ready"]]) == 2
                    and pids[0] not in {each["pid"] for each in ready}
                )
            )
            assert connect(site.port)[1] == b"220 Welcome.\r\n"
            assert ftpair.end() == 0
            assert not any(map(is_alive, pids))


def test_sessions_are_spread_evenly_without_a_supervisor_and_under_the_next_one(site):
    with orphaned(site) as (former, _pids):
        kill(former)
        clients = [connect(site.port)[0] for _ in range(6)]
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            assert sessions_by_worker(ftpair) == {0: 3, 1: 3}
            clients += [connect(site.port)[0] for _ in range(6)]
            assert sessions_by_worker(ftpair) == {0: 6, 1: 6}


def test_a_supervisor_may_be_killed_again_and_again(site, real_server):
    with orphaned(site) as (former, pids):
        client, data = begin_download(site.port)
        kill(former)
        for _ in range(2):
            with running(site, ends_workers=False) as ftpair:
                ftpair.heard("READY=1")
                assert sorted(ftpair.workers()) == pids
                kill(ftpair)
        assert bytes_until_the_end(data) == SIZE
        assert client.voidresp().startswith("226")


def test_a_worker_that_died_while_nobody_watched_leaves_no_count_and_gets_a_successor(site, real_server):
    with orphaned(site) as (former, pids):
        clients = [log_in(site.port) for _ in range(6)]
        while not all(worker["sessions"] for worker in status_of(former)["workers"]):
            clients.append(log_in(site.port))  # The kernel chooses the worker.
        kill(former)
        os.kill(pids[0], signal.SIGKILL)
        until(lambda: not is_alive(pids[0]))
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            status = status_of(ftpair)
            assert pids[1] in [worker["pid"] for worker in status["workers"]]
            alive = sum(worker["sessions"] for worker in status["workers"])
            assert status["services"][0]["sessions"] == alive == len(ftpair.api("/api/v1/sessions").json())
            assert 0 < alive < len(clients)
            for _ in range(8):
                assert connect(site.port)[1] == b"220 Hello.\r\n"
            assert ftpair.end() == 0
        del clients


def test_a_worker_that_hangs_while_nobody_watches_is_found_when_it_goes_on(site):
    with orphaned(site) as (former, pids):
        os.kill(pids[0], signal.SIGSTOP)
        kill(former)
        with running(site) as ftpair:
            time.sleep(1)
            os.kill(pids[0], signal.SIGCONT)
            ftpair.heard("READY=1")
            assert sorted(ftpair.workers()) == pids


def test_a_file_that_cannot_be_worked_by_leaves_the_workers_as_they_are(site):
    with orphaned(site) as (former, pids):
        kill(former)
        site.write(more="colour: red")
        status, said = refused(site)
        assert (status, "colour" in said) == (3, True)
        assert connect(site.port)[1] == b"220 Hello.\r\n"
        assert all(map(is_alive, pids))


def test_other_settings_of_workers_replace_them_and_sessions_stay_until_they_end(site, real_server):
    with orphaned(site) as (former, pids):
        client, data = begin_download(site.port)
        kill(former)
        site.write(workers=1)
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            status = status_of(ftpair)
            assert status["last_apply"].endswith("; 1 session stays with 2 former workers until they end")
            assert [worker["is_former"] for worker in status["workers"]].count(False) == 1
            assert (status["services"][0]["sessions"], status["services"][0]["transfers"]) == (1, 1)
            (row,) = ftpair.api("/api/v1/sessions").json()
            assert row["user"] == "anonymous"
            assert bytes_until_the_end(data) == SIZE
            assert client.voidresp().startswith("226")
            client.quit()
            until(lambda: not any(map(is_alive, pids)))
            until(lambda: len(status_of(ftpair)["workers"]) == 1)
            assert ftpair.end() == 0


def test_a_second_supervisor_is_refused_while_the_first_one_lives(site):
    with orphaned(site) as (former, _pids):
        status, said = refused(site)
        assert (status, "ftpair runs already" in said) == (1, True)
        assert former.api("/readyz").status_code == 200


def test_nobody_finds_a_worker_whose_supervisor_lives(site):
    with orphaned(site) as (_former, pids), socket.socket(socket.AF_UNIX) as somebody:
        with pytest.raises(ConnectionRefusedError):
            somebody.connect(str(site.folder / "run" / "workers" / f"{pids[0]}.sock"))


def test_no_other_user_is_told_anything_by_an_orphan(site, tmp_path):
    with orphaned(site) as (former, pids):
        kill(former)
        place = site.folder / "run" / "workers" / f"{pids[0]}.sock"
        until(lambda: _listens(place))
        for folder in (*place.parents, place):
            with suppress(PermissionError):
                folder.chmod(0o777)
        asks = f"import socket; s = socket.socket(socket.AF_UNIX); s.connect({str(place)!r}); print(len(s.recv(9)))"
        told = subprocess.run(
            [sys.executable, "-c", asks], user="nobody", capture_output=True, text=True, check=True, timeout=20
        )
        assert told.stdout == "0\n"


def _listens(place):
    with socket.socket(socket.AF_UNIX) as sock, suppress(ConnectionRefusedError):
        sock.connect(str(place))
        return True
    return False
