"""Processes that the supervisor has not started itself: watched, signalled and ended all the same."""

import os
import resource
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from ftpair.dataplane.processes import UNKNOWN, Foreign, ending

MOST_OF_SELECT = 1024
SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
GRANDCHILD = f"""
import subprocess
print(subprocess.Popen({SLEEPS!r}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid, flush=True)
"""


def test_one_that_is_our_child_after_all_is_reaped_and_its_end_known():
    process = Foreign(os.posix_spawn(sys.executable, SLEEPS, os.environ))
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait() == -signal.SIGTERM
    assert ending(process.returncode) == "killed by SIGTERM"
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)


def test_how_somebody_elses_child_has_ended_nobody_tells_us():
    said = subprocess.run([sys.executable, "-c", GRANDCHILD], capture_output=True, text=True, check=True)
    process = Foreign(int(said.stdout))
    process.kill()
    assert process.wait() == process.poll() == UNKNOWN
    assert ending(process.returncode) == "ended"
    process.kill()  # Gone already: nobody else is hit.


def test_it_is_watched_by_who_has_thousands_of_descriptors():
    """As a supervisor has, with a wide passive range."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 2 * MOST_OF_SELECT), hard), hard))
    pid = os.posix_spawn(sys.executable, SLEEPS, os.environ)
    with ExitStack() as held:
        while held.enter_context(Path(os.devnull).open("rb")).fileno() <= MOST_OF_SELECT:
            pass
        process = Foreign(pid)
        assert process.poll() is None
        process.kill()
        assert process.wait() == -signal.SIGKILL


def test_there_must_be_such_a_process():
    with pytest.raises(OSError):
        Foreign(2**22 - 1)
