"""A database of the state folder: `test_revisions` shows what it does when the disk fails."""

import sqlite3

import pytest

from ftpair.app.database import Contents, Database

FIRST = "CREATE TABLE thing (name TEXT PRIMARY KEY);"
SECOND = "ALTER TABLE thing ADD COLUMN colour TEXT NOT NULL DEFAULT 'grey';"


def opened(path, said, *migrations):
    return Database(path, Contents("things", migrations or (FIRST,)), said.append)


def test_an_older_file_is_brought_to_the_present_version_once(tmp_path):
    said, path = [], tmp_path / "things.sqlite"
    first = opened(path, said)
    first.write(("INSERT INTO thing VALUES (?)", ("lamp",)))
    first.close()
    for _start in range(2):
        later = opened(path, said, FIRST, SECOND)
        assert later.rows("SELECT * FROM thing") == [("lamp", "grey")]
        later.close()
    assert said == []


def test_a_wrong_statement_is_no_fault_of_the_disk(tmp_path):
    said = []
    things = opened(tmp_path / "things.sqlite", said)
    for statements in [
        [("INSERT INTO thing VALUES (?)", ("lamp",))],
        [("INSERT INTO thing VALUES (?)", ("table",)), ("INSERT INTO thing VALUES (?)", ("lamp",))],
    ]:
        try:
            things.write(*statements)
        except sqlite3.IntegrityError:
            continue
    assert things.rows("SELECT * FROM thing") == [("lamp",)], "all of it, or nothing"
    assert (things.is_kept, said) == (True, [])


def test_it_says_whether_the_next_run_will_know(tmp_path):
    said = []
    (tmp_path / "file").write_text("")
    things = opened(tmp_path / "file" / "things.sqlite", said)
    assert not things.is_kept
    assert "things are kept in memory, for this run only" in said[0]


def test_nobody_else_may_read_it(tmp_path):
    opened(tmp_path / "things.sqlite", []).close()
    assert (tmp_path / "things.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("name", "found"), [("lamp", ("lamp",)), ("chair", None)])
def test_a_row_is_there_or_not(tmp_path, name, found):
    things = opened(tmp_path / "things.sqlite", [])
    things.write(("INSERT INTO thing VALUES (?)", ("lamp",)))
    assert things.row("SELECT * FROM thing WHERE name = ?", name) == found


def test_what_is_dispensable_is_written_ahead_and_never_copied_into_memory(tmp_path):
    said, path = [], tmp_path / "things.sqlite"
    things = Database(path, Contents("things", (FIRST,), is_dispensable=True, is_written_ahead=True), said.append)
    assert things.rows("PRAGMA journal_mode") == [("wal",)]
    things.rows("PRAGMA query_only = 1")
    with pytest.raises(sqlite3.OperationalError):
        things.write(("INSERT INTO thing VALUES (?)", ("lamp",)))
    assert (things.is_kept, said) == (True, [])
    things.close()
