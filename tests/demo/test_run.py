import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from ftpair.cli.client import Client
from ftpair.core.status import NodeStatus, SessionRow
from ftpair.demo.certificates import issue
from ftpair.demo.run import prove, run
from ftpair.demo.stage import Stage
from ftpair.demo.trial import KIB, MIB, SIZES, WAYS

SMALL = (KIB, MIB)
PROGRAM = """
import sys
from pathlib import Path
from ftpair.core.endpoint import Endpoint
from ftpair.demo.place import Place
from ftpair.demo.run import run
servers = {f"SVR{number}": Endpoint(f"127.0.0.{110 + number}", 2121) for number in (1, 2, 3)}
place = Place(Path(sys.argv[1]), vip="127.0.0.110", web=Endpoint("127.0.0.110", 8443), servers=servers)
sys.exit(run(place, (1024,), is_once=False))
"""


def test_every_way_in_is_right_and_the_status_says_so(place):
    assert run(place, SMALL, is_once=True) == 0


def test_the_files_are_of_1_kib_10_mib_and_256_mib():
    assert SIZES == (1024, 10 * 1024 * 1024, 256 * 1024 * 1024)


def test_it_stays_up_until_ctrl_c_and_then_ends_well(place):
    command = [sys.executable, "-c", PROGRAM, str(place.folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C ends"):
                break
        with Client(place.socket, 5) as client:
            assert client.get(("status",), NodeStatus).is_ready
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    assert "All 8 transfers arrived byte for byte" in "".join(said)


def test_a_killed_worker_costs_only_its_own_sessions(place):
    papers = issue(place.folder / "tls", place.vip)
    with Stage(place, papers), ThreadPoolExecutor(1) as aside:
        proof = aside.submit(prove, place, papers, (128 * MIB,))
        lost = kill_a_worker_at_work(place)
        outcomes = proof.result()
    wrong = {outcome.way for outcome in outcomes if not outcome.is_right}
    assert len(outcomes) == 2 * len(WAYS)
    assert len(wrong) == lost


def kill_a_worker_at_work(place) -> int:
    """Kill -9 the worker with the fewest sessions when all four transfer; return how many sessions it had."""
    with Client(place.socket, 5) as client:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            rows = client.get(("sessions",), list[SessionRow])
            if len(rows) == len(WAYS) and all(row.bytes_up for row in rows):
                number, sessions = min(Counter(row.worker for row in rows).items(), key=lambda pair: pair[1])
                node = client.get(("status",), NodeStatus)
                os.kill(next(worker.pid for worker in node.workers if worker.number == number), signal.SIGKILL)
                return sessions
            threading.Event().wait(0.02)
    raise AssertionError("the transfers were never seen")
