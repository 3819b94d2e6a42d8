"""The table that workers share: exact over processes, bounded, and silent about its keys."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import pytest

from ftpair.core.errors import SetupError
from ftpair.dataplane.shared_table import WAYS, Row, SharedTable, create_table_fd

SALT = b"salt of this test"


@pytest.fixture
def fd() -> Iterator[int]:
    descriptor = create_table_fd("test", sets=4)
    yield descriptor
    os.close(descriptor)


def counted(row: Row | None) -> Row:
    return Row(row.stamp + 1, row.amount + 1) if row else Row(1.0, 1.0)


def always(row: Row) -> Callable[[Row | None], Row]:
    return lambda _former: row


def test_a_row_is_kept_until_it_is_taken_away(fd: int) -> None:
    table = SharedTable(fd, SALT)
    assert table.look(b"kim") is None
    table.change(b"kim", lambda _row: Row(1.5, 2.5, 7))
    assert table.look(b"kim") == Row(1.5, 2.5, 7)
    assert table.look(b"alex") is None
    table.change(b"kim", lambda _row: None)
    assert table.look(b"kim") is None
    assert list(table.rows()) == []


def test_an_image_is_the_table_at_one_moment(fd: int) -> None:
    table = SharedTable(fd, SALT)
    table.change(b"kim", lambda _row: Row(1.0, 2.0, 3))
    image = table.image()
    table.change(b"kim", lambda _row: Row(9.0))
    assert [row for _, row in table.rows(image)] == [Row(1.0, 2.0, 3)]
    assert [row for _, row in table.rows()] == [Row(9.0)]


def test_what_one_process_writes_another_reads(fd: int) -> None:
    SharedTable(fd, SALT).change(b"kim", counted)
    assert SharedTable(fd, SALT).look(b"kim") == Row(1.0, 1.0)


def test_changes_of_several_processes_at_once_are_never_lost(fd: int) -> None:
    script = f"""
from ftpair.dataplane.shared_table import Row, SharedTable
table = SharedTable({fd}, {SALT!r})
for _ in range(2000):
    table.change(b"kim", lambda row: Row(1.0, row.amount + 1 if row else 1.0))
"""
    children = [subprocess.Popen([sys.executable, "-c", script], pass_fds=(fd,)) for _ in range(3)]
    assert [child.wait(60) for child in children] == [0, 0, 0]
    assert SharedTable(fd, SALT).look(b"kim") == Row(1.0, 6000.0)


def test_a_flood_of_keys_takes_the_rows_that_were_longest_unused() -> None:
    fd = create_table_fd("test", sets=1)
    table = SharedTable(fd, SALT)
    for number in range(WAYS + 3):
        table.change(b"%d" % number, always(Row(float(number))))
    kept = sorted(row.stamp for _digest, row in table.rows())
    assert kept == [float(number) for number in range(3, WAYS + 3)]
    os.close(fd)


def test_rows_can_be_carried_into_another_table(fd: int) -> None:
    table = SharedTable(fd, SALT)
    table.change(b"kim", lambda _row: Row(1.0, 2.0, 3))
    other_fd = create_table_fd("other", sets=16)
    other = SharedTable(other_fd, SALT)
    for digest, row in table.rows():
        assert b"kim" not in digest
        other.put(digest, always(row))
    assert other.look(b"kim") == Row(1.0, 2.0, 3)
    os.close(other_fd)


def test_memory_of_another_size_is_refused() -> None:
    fd = os.memfd_create("test")
    with pytest.raises(SetupError, match="wrong size"):
        SharedTable(fd, SALT)
    os.close(fd)
