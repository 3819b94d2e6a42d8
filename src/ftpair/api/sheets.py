"""Rows as CSV (RFC 4180), for spreadsheets: a name made to look like a formula is no formula (CWE-1236)."""

import csv
import io
from collections.abc import Iterable

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
FORMULA_SIGNS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""What a spreadsheet takes for the beginning of a formula, wide signs too."""


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """Return rows as lines that end in CR LF; a text that begins like a formula gets a `'` in front."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([_safe(value) if isinstance(value, str) else value for value in row] for row in rows)
    return text.getvalue()


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
