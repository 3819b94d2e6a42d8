"""Sheets as plain aligned text, for pipes and files."""

from ftpair.cli.sheet import Line, Sheet, Table
from ftpair.cli.text import columns
from ftpair.core.text import safe

GAP = "  "


def plain(sheet: Sheet) -> str:
    """Return the sheet as text, every line ended."""
    rows = (row for part in sheet for row in (_table(part) if isinstance(part, Table) else [_line(part)]))
    return "".join(f"{row.rstrip()}\n" for row in rows)


def _line(part: Line) -> str:
    return " " * part.indent + "".join(safe(cell.plain_text) for cell in part.cells)


def _table(table: Table) -> list[str]:
    rows = [[column.title for column in table.columns]]
    rows += [[safe(cell.plain_text) for cell in row] for row in table.rows]
    widths = [max(map(columns, texts)) for texts in zip(*rows, strict=True)]
    return [" " * table.indent + GAP.join(_padded(table, row, widths)) for row in rows]


def _padded(table: Table, row: list[str], widths: list[int]) -> list[str]:
    filled = zip(row, widths, table.columns, strict=True)
    return [_to_width(text, width, column.is_number) for text, width, column in filled]


def _to_width(text: str, width: int, is_number: bool) -> str:
    space = " " * (width - columns(text))
    return space + text if is_number else text + space
