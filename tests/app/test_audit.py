"""The audit trail on the disk: bounded, and nobody pushes out what was done."""

import sqlite3
from contextlib import closing

import pytest

from ftpair.app.audit import FILE, KEPT, Audit
from ftpair.core.account_actions import GetAudit
from ftpair.core.accounts import AuditRow


def row(action, outcome="done", name="anna", sentence="it is so"):
    return AuditRow(0, 1000.0, name, "web", "192.0.2.7", action, "subject", outcome, sentence)


def opened(folder, said):
    return Audit(folder / FILE, said.append)


def actions(audit, **wanted):
    return [entry.action for entry in audit.page(GetAudit(**wanted))]


def test_what_was_kept_is_there_after_the_next_start(tmp_path):
    said = []
    audit = opened(tmp_path, said)
    audit.keep(row("drain"))
    audit.close()
    assert opened(tmp_path, said).page(GetAudit()) == (
        AuditRow(1, 1000.0, "anna", "web", "192.0.2.7", "drain", "subject", "done", "it is so"),
    )
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600
    assert said == []


def test_entries_are_found_by_user_action_and_outcome_the_newest_first(tmp_path):
    audit = opened(tmp_path, [])
    for entry in (row("drain"), row("drain", "refused", "ben"), row("kill"), row("kill", name="ben")):
        audit.keep(entry)
    assert actions(audit) == ["kill", "kill", "drain", "drain"]
    assert [entry.number for entry in audit.page(GetAudit(limit=2, before=4))] == [3, 2]
    assert [entry.number for entry in audit.page(GetAudit(user="ben"))] == [4, 2]
    assert [entry.number for entry in audit.page(GetAudit(action="drain", outcome="done"))] == [1]
    assert audit.page(GetAudit(user="' OR 1 --")) == ()


def test_the_oldest_are_forgotten_and_refusals_push_out_refusals_only(tmp_path):
    audit = opened(tmp_path, [])
    audit.keep(row("drain"))
    audit.keep(row("log-in", "refused"))
    audit.keep(row("kill", "refused"))
    many = [(1000.0, "", "nobody", "", "flood", "", "refused", "")] * (KEPT["refused"] - 2)
    audit._database._connection.executemany("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", many)
    audit.keep(row("flood", "refused"))
    assert actions(audit, action="drain") == ["drain"]
    assert actions(audit, action="log-in") == []
    assert actions(audit, action="kill") == ["kill"]
    assert len(audit.page(GetAudit(limit=100_000, outcome="refused"))) == KEPT["refused"]


def test_a_long_sentence_is_cut(tmp_path):
    audit = opened(tmp_path, [])
    audit.keep(row("apply", sentence="x" * 10_000))
    assert len(audit.page(GetAudit())[0].sentence) == 500


def test_a_full_disk_stops_nothing(tmp_path):
    said = []
    (tmp_path / "file").write_text("")
    audit = opened(tmp_path / "file", said)
    audit.keep(row("drain"))
    assert actions(audit) == ["drain"]
    assert "entries of the audit trail are kept in memory, for this run only" in said[0]


def test_who_is_refused_again_and_again_makes_nobody_wait_for_the_disk(tmp_path):
    audit = Audit(tmp_path / FILE, pytest.fail)
    with closing(sqlite3.connect(tmp_path / FILE)) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    audit.close()
