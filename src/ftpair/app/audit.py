"""The audit trail: who changed what, who was refused, what happened; a database that forgets the oldest."""

from collections.abc import Callable
from pathlib import Path

from ftpair.app.database import Contents, Database
from ftpair.core.account_actions import GetAudit
from ftpair.core.accounts import AuditRow, Outcome

FILE = "audit.sqlite"
KEPT: dict[Outcome, int] = {"done": 80_000, "refused": 20_000, "happened": 20_000}
"""Apart, so that nobody can push out what was done by what he is refused, or lets happen."""
SENTENCE_CHARACTERS = 500
_CONTENTS = Contents(
    "entries of the audit trail",
    (
        """
        CREATE TABLE entry (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            time REAL NOT NULL,
            name TEXT NOT NULL,
            via TEXT NOT NULL,
            address TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            outcome TEXT NOT NULL,
            sentence TEXT NOT NULL
        );
        CREATE INDEX entry_outcome ON entry (outcome, number);
        """,
    ),
    is_written_ahead=True,  # Who is refused a hundred times a second must not keep the supervisor waiting for the disk.
)
_FORGET = """
    DELETE FROM entry WHERE outcome = ?1 AND number <=
        (SELECT number FROM entry WHERE outcome = ?1 ORDER BY number DESC LIMIT 1 OFFSET ?2)
"""
_PAGE = """
    SELECT * FROM entry
    WHERE (?1 = 0 OR number < ?1) AND ?2 IN ('', name) AND ?3 IN ('', action) AND ?4 IN ('', outcome)
    ORDER BY number DESC LIMIT ?5
"""


class Audit:
    """All entries, the newest first. `warn` hears sentences."""

    def __init__(self, path: Path, warn: Callable[[str], None]) -> None:
        self._database = Database(path, _CONTENTS, warn)

    def close(self) -> None:
        """Leave the database."""
        self._database.close()

    def keep(self, row: AuditRow) -> None:
        """Keep an entry; it gets the next number."""
        words = (row.name, row.via, row.address, row.action, row.subject, row.outcome)
        values = (row.time, *words, row.sentence[:SENTENCE_CHARACTERS])
        self._database.write(
            ("INSERT INTO entry VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?)", values),
            (_FORGET, (row.outcome, KEPT[row.outcome])),
        )

    def page(self, wanted: GetAudit) -> tuple[AuditRow, ...]:
        """Return what is asked for."""
        words = (wanted.user, wanted.action, wanted.outcome)
        return tuple(AuditRow(*row) for row in self._database.rows(_PAGE, wanted.before, *words, wanted.limit))
