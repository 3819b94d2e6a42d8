"""Counts in shared memory: exact over processes, and sums that never fall."""

import os
import subprocess
import sys

import pytest

from ftpair.core.columns import BYTES_DOWN, BYTES_UP, SESSIONS, TRANSFERS
from ftpair.core.errors import SetupError
from ftpair.dataplane.counts import SLOTS, Counts, create_counts_fd


@pytest.fixture
def fd():
    number = create_counts_fd(places=2)
    yield number
    os.close(number)


def test_the_sessions_of_a_server_are_summed_over_all_workers(fd):
    first, second = Counts(fd, 0, 2), Counts(fd, 1, 2)
    first.add(7, SESSIONS, 2)
    second.add(7, SESSIONS, 1)
    second.add(8, SESSIONS, 1)
    assert (first.sessions(7), second.sessions(7), first.sessions(8)) == (3, 3, 1)


def test_another_process_sees_and_adds_to_the_same_counts(fd):
    counts = Counts(fd, 0, 2)
    counts.add(3, TRANSFERS, 4)
    program = f"from ftpair.dataplane.counts import *; c = Counts({fd}, 1, 2); c.add(3, TRANSFERS, c.transfers(3))"
    subprocess.run([sys.executable, "-c", program], pass_fds=[fd], check=True, timeout=30)
    assert counts.transfers(3) == 8
    assert counts.of_worker(1, 3, TRANSFERS) == 4


def test_a_dead_worker_takes_its_sessions_along_but_not_the_bytes_it_moved(fd):
    supervisor, dead, alive = Counts(fd, 2, 2), Counts(fd, 0, 2), Counts(fd, 1, 2)
    for column, amount in ((SESSIONS, 5), (TRANSFERS, 2), (BYTES_UP, 100), (BYTES_DOWN, 200)):
        dead.add(SLOTS - 1, column, amount)
        alive.add(SLOTS - 1, column, 1)
    supervisor.clear(0)
    assert [supervisor.total(SLOTS - 1, column) for column in range(4)] == [1, 1, 101, 201]
    dead.add(SLOTS - 1, SESSIONS, 1)
    assert alive.sessions(SLOTS - 1) == 2


def test_counts_made_for_another_number_of_workers_are_refused(fd):
    with pytest.raises(SetupError, match="do not have 3 places"):
        Counts(fd, 0, 3)
