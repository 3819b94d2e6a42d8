"""The history of the configuration on the disk: what is kept, and what happens when the disk does not play along."""

import contextlib
import resource
import sqlite3

import pytest

from ftpair.app import revisions as room
from ftpair.app.revisions import Revisions
from ftpair.core.errors import NotFoundError
from ftpair.core.revisions import Revision, Unconfirmed


@pytest.fixture
def said():
    return []


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "revisions.sqlite"


def opened(path, said, **more):
    return Revisions(path, said.append, lambda: 1000.0, **more)


@contextlib.contextmanager
def nothing_more_on_the_disk(path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_was_kept_is_there_after_the_next_start(path, said):
    first = opened(path, said)
    first.keep(1, b"one", "anna", "the first")
    first.keep(2, "zwölf".encode(), "file", "")
    first.applied(1)
    first.await_confirmation(Unconfirmed(2, 1, 1060.0))
    first.close()
    again = opened(path, said)
    assert again.page(10) == (Revision(2, 1000.0, "file", ""), Revision(1, 1000.0, "anna", "the first", 1000.0))
    assert again.content(2).decode() == "zwölf"
    assert again.unconfirmed() == Unconfirmed(2, 1, 1060.0)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not said


def test_pages_go_back_in_time(path, said):
    revisions = opened(path, said)
    for number in range(1, 6):
        revisions.keep(number, b"", "", "")
    assert [each.number for each in revisions.page(2)] == [5, 4]
    assert [each.number for each in revisions.page(2, before=4)] == [3, 2]


def test_the_oldest_are_forgotten(path, said, monkeypatch):
    revisions = opened(path, said)
    for number in range(1, room.KEPT + 4):
        revisions.keep(number, b"", "", "")
        if number == 2:
            revisions.applied(number)
    assert len(revisions.page(2000)) == room.KEPT + 1
    assert revisions.content(2) == b"", "it runs"
    with pytest.raises(NotFoundError, match="there is no revision 3; `ftpair revisions` lists them"):
        revisions.content(3)


@pytest.mark.parametrize(
    ("text", "above", "number"), [(b"new", 0, 4), (b"three", 0, 3), (b"three", 3, 4), (b"one", 0, 4), (b"new", 9, 10)]
)
def test_a_text_keeps_its_number_until_it_was_tried(path, said, text, above, number):
    revisions = opened(path, said)
    for at, content in enumerate((b"one", b"two", b"three"), 1):
        revisions.keep(at, content, "", "")
    assert revisions.number_for(text, above) == number


def test_a_revision_is_never_written_over(path, said):
    revisions = opened(path, said)
    revisions.keep(1, b"one", "anna", "")
    revisions.keep(1, b"other", "ben", "")
    assert revisions.content(1) == b"one"


def test_a_broken_file_is_set_aside(path, said):
    path.parent.mkdir()
    path.write_bytes(b"no database at all, " * 200)
    revisions = opened(path, said)
    revisions.keep(1, b"one", "", "")
    assert (path.parent / "revisions.sqlite.broken").exists()
    assert "is set aside as revisions.sqlite.broken, revisions begin anew" in said[0]
    assert opened(path, said).content(1) == b"one"


def test_a_file_of_a_newer_ftpair_is_left_alone(path, said):
    opened(path, said).close()
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 99")
    revisions = opened(path, said)
    revisions.keep(1, b"one", "", "")
    assert revisions.content(1) == b"one"
    assert "written by a newer ftpair, version 99" in said[0]
    assert sqlite3.connect(path).execute("SELECT count(*) FROM revision").fetchone() == (0,)


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path, said):
    (tmp_path / "state").write_text("a file")
    revisions = opened(tmp_path / "state" / "revisions.sqlite", said)
    revisions.keep(1, b"one", "", "")
    assert revisions.content(1) == b"one"
    assert "revisions are kept in memory, for this run only" in said[0]


def test_a_disk_that_fails_later_loses_nothing_of_this_run(path, said):
    revisions = opened(path, said)
    revisions.keep(1, b"one", "", "")
    with nothing_more_on_the_disk(path):
        revisions.keep(2, b"two" * 9999, "", "")
    revisions.keep(3, b"three", "", "")
    assert [each.number for each in revisions.page(10)] == [3, 2, 1]
    assert len(said) == 1
    assert "cannot be written" in said[0]


def test_it_is_known_which_names_a_way_back_could_bring_again(path, said):
    revisions = opened(path, said, kept=2)
    revisions.keep(1, b"virtual_services: {VIP: {real_servers: {FTP_SVR1: {}, FTP_SVR2: {}}}}", "anna", "")
    revisions.keep(2, b"virtual_services: {VIP: {real_servers: {FTP_SVR1: {}}}}", "anna", "")
    revisions.applied(2)
    assert revisions.has_names("VIP", "FTP_SVR2")
    assert not revisions.has_names("OFFICE", "FTP_SVR2")
    revisions.keep(3, b"virtual_services: {VIP: {real_servers: {FTP_SVR1: {}}}}", "anna", "")
    assert not revisions.has_names("VIP", "FTP_SVR2")
    assert revisions.has_names("VIP", "FTP_SVR1")
