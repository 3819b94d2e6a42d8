"""Processes that the supervisor has not started itself: watched, signalled and ended all the same."""

import os
import signal
import subprocess
import sys

import pytest

from ftpair.dataplane.processes import UNKNOWN, Foreign, ending

SLEEPS = [sys.executable, "-c", "import time; time.sleep(60)"]
GRANDCHILD = f"""
import subprocess
print(subprocess.Popen({SLEEPS!r}, stdout=subprocess.DEVNULL).pid, flush=True)
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


def test_there_must_be_such_a_process():
    with pytest.raises(OSError):
        Foreign(2**22 - 1)
