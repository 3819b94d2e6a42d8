"""What a drain has moved since it began, and whom it ended."""

import os

import pytest

from ftpair.app.drain_book import DrainBook
from ftpair.core.columns import BYTES_DOWN, BYTES_UP, SESSIONS
from ftpair.core.drain import Drain, Moving
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import ServerPlan
from ftpair.core.status import Sample
from ftpair.dataplane.counts import Counts, create_counts_fd

SERVER = ServerPlan(1, "VIP", "FTP_SVR1", Endpoint("10.0.0.1", 21))
DRAIN = Drain("transfers", 100.0, 200.0)


@pytest.fixture
def counts():
    fd = create_counts_fd(1)
    yield Counts(fd, 1, 1)
    os.close(fd)


def test_bytes_count_from_the_beginning_of_a_drain_and_anew_for_the_next(counts):
    book = DrainBook(counts)
    counts.add(1, BYTES_UP, 1000)
    assert book.bytes(SERVER, DRAIN) == 0
    counts.add(1, BYTES_DOWN, 7)
    assert book.bytes(SERVER, DRAIN) == 7
    assert book.bytes(SERVER, Drain("transfers", 150.0)) == 0


def test_a_drain_that_is_over_is_forgotten_and_what_it_ended_stays_counted(counts):
    book = DrainBook(counts)
    book.note_cut(SERVER, DRAIN, 2)
    book.note_ended(SERVER, 1)
    assert book.status(SERVER, DRAIN, Moving(0, 0, 0, 0.0), 300.0).cut_sessions == 2
    book.keep(((SERVER, DRAIN),))
    assert book.status(SERVER, DRAIN, Moving(0, 0, 0, 0.0), 300.0).sentence.endswith("2 sessions ended at the deadline")
    book.keep(())
    assert book.status(SERVER, DRAIN, Moving(0, 0, 0, 0.0), 300.0).cut_sessions == 0
    assert set(book.counters()) == {
        Sample("drained_sessions_total", ("VIP", "FTP_SVR1", "cut"), 2.0),
        Sample("drained_sessions_total", ("VIP", "FTP_SVR1", "ended"), 1.0),
    }


def test_that_a_server_is_empty_is_told_once_if_it_ever_was_not(counts):
    book = DrainBook(counts)
    assert not book.has_emptied(SERVER, DRAIN)
    counts.add(1, SESSIONS, 1)
    assert not book.has_emptied(SERVER, DRAIN)
    counts.add(1, SESSIONS, -1)
    assert [book.has_emptied(SERVER, DRAIN) for _ in range(2)] == [True, False]
