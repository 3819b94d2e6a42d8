"""Who is here: exact over all workers, and right again when one of them has died."""

import os
from collections.abc import Iterator

import pytest

from ftpair.dataplane.presence import Presence, forget
from ftpair.dataplane.shared_table import SharedTable, create_table_fd


@pytest.fixture
def table() -> Iterator[SharedTable]:
    fd = create_table_fd("test", sets=16)
    yield SharedTable(fd, b"salt")
    os.close(fd)


def test_sessions_of_all_workers_are_counted_together(table: SharedTable):
    one, two = Presence(table, 0, lambda: (1,)), Presence(table, 1, lambda: (0,))
    assert [one.enter(b"anna"), two.enter(b"anna"), one.enter(b"anna"), two.enter(b"bert")] == [1, 2, 3, 1]
    one.leave(b"anna")
    assert (one.total(b"anna"), two.total(b"anna"), two.total(b"bert"), one.total(b"carl")) == (2, 2, 1, 0)


def test_who_has_left_leaves_no_row(table: SharedTable):
    presence = Presence(table, 0, lambda: ())
    presence.enter(b"anna")
    presence.leave(b"anna")
    assert not list(table.rows())


def test_when_the_table_is_full_who_came_last_is_known(table: SharedTable):
    presence, other = Presence(table, 0, lambda: (1,)), Presence(table, 1, lambda: (0,))
    for number in range(1000):
        presence.enter(b"%d" % number)
    assert [other.total(b"%d" % number) for number in range(990, 1000)] == [1] * 10


def test_the_sessions_of_a_dead_worker_vanish_and_no_others(table: SharedTable):
    one, two = Presence(table, 0, lambda: (1,)), Presence(table, 1, lambda: (0,))
    for presence in (one, one, two):
        presence.enter(b"anna")
    forget(table, 0)
    assert two.total(b"anna") == 1
    assert Presence(table, 0, lambda: (1,)).enter(b"anna") == 2


def test_a_flood_of_keys_cannot_make_a_count_wrong_for_longer_than_until_the_next_step(table: SharedTable):
    one, two = Presence(table, 0, lambda: (1,)), Presence(table, 1, lambda: (0,))
    one.enter(b"anna")
    for number in range(2000):
        two.enter(b"%d" % number)
    one.enter(b"anna")
    assert two.total(b"anna") == 2
