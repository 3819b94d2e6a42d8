"""What affinity remembers outlives the run, and a broken file harms nobody."""

import os
import stat

import msgspec
import pytest

from ftpair.app.affinity import AffinityFile, AffinityKeeper, Kept
from ftpair.dataplane.shared_table import Row, SharedTable, create_table_fd


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state/affinity.bin"


@pytest.fixture
def said():
    return []


@pytest.fixture
def begin(path, said):
    """Begin a run of ftpair at a time; return its keeper and its table."""
    fds = []

    def begun(now=1000.0):
        keeper = AffinityKeeper(AffinityFile(path, said.append), lambda: now)
        fds.append(create_table_fd("test", 8))
        table = SharedTable(fds[-1], keeper.salt)
        keeper.fill(table)
        return keeper, table

    yield begun
    for fd in fds:
        os.close(fd)


def remember(table, key, stamp, mark=7):
    table.change(key, lambda _row: Row(stamp, 0.0, mark))


def test_who_is_remembered_is_known_again_after_a_restart(begin, said):
    keeper, table = begin()
    remember(table, b"kim", 990.0, mark=2**63 - 1)
    keeper.save(3600)
    _, later = begin()
    assert later.look(b"kim") == Row(990.0, 0.0, 2**63 - 1)
    assert later.look(b"bob") is None
    assert said == []


def test_the_file_is_private_and_names_nobody(begin, path):
    keeper, table = begin()
    remember(table, b"kim", 990.0)
    keeper.save(3600)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"kim" not in path.read_bytes()
    assert [each.name for each in path.parent.iterdir()] == ["affinity.bin"]


def test_nothing_is_written_while_nothing_changes(begin, path):
    keeper, table = begin()
    keeper.save(3600)
    assert not path.exists()
    remember(table, b"kim", 990.0)
    keeper.save(3600)
    path.unlink()
    keeper.save(3600)
    assert not path.exists()


def test_what_counts_no_more_is_not_kept(begin):
    keeper, table = begin()
    remember(table, b"old", 100.0)
    remember(table, b"new", 990.0)
    keeper.save(60)
    _, later = begin()
    assert later.look(b"old") is None
    assert later.look(b"new")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\x93\x01",
        *(
            msgspec.msgpack.encode(kept)
            for kept in (Kept(2, bytes(32), []), Kept(1, b"", []), Kept(1, bytes(32), [(bytes(16), 1.0, 2**63)]))
        ),
    ],
)
def test_a_broken_file_is_set_aside_with_a_warning(content, begin, path, said):
    path.parent.mkdir()
    path.write_bytes(content)
    keeper, table = begin()
    (warning,) = said
    assert warning.startswith(f"{path} cannot be read (")
    assert warning.endswith("it is set aside as affinity.bin.broken, and affinity begins anew")
    assert path.with_name("affinity.bin.broken").read_bytes() == content
    remember(table, b"kim", 990.0)
    keeper.save(3600)
    assert begin()[1].look(b"kim")


def test_a_file_that_cannot_even_be_set_aside_is_one_warning(begin, path, said):
    path.mkdir(parents=True)
    (path / "in the way").touch()
    path.with_name("affinity.bin.broken").write_bytes(b"")
    begin()
    assert said == [f"{path} cannot be read ([Errno 21] Is a directory: '{path}'): affinity begins anew"]


def test_a_state_folder_that_cannot_be_written_is_one_warning(begin, path, said):
    path.parent.write_text("a file where the folder should be")
    said.clear()
    keeper, table = begin()
    said.clear()
    for stamp in (990.0, 991.0):
        remember(table, b"kim", stamp)
        keeper.save(3600)
    assert said == [f"{path} cannot be written (File exists): affinity ends with this run"]


def test_every_node_has_a_secret_of_its_own(begin):
    (first, _), (second, _) = begin(), begin()
    assert first.salt != second.salt
    assert len(first.salt) == 32
