"""What a command shows, before it is known where: lines and tables of cells. No terminal here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cell:
    """A few words and how they look; `plain` is what a pipe gets instead, where it differs."""

    text: str
    style: str = ""
    plain: str | None = None

    @property
    def plain_text(self) -> str:
        """The words for a pipe or a file."""
        return self.text if self.plain is None else self.plain


@dataclass(frozen=True, slots=True)
class Line:
    """Cells side by side, `indent` columns from the left."""

    cells: tuple[Cell, ...]
    indent: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """One column; on a narrow terminal the columns of the highest `rank` are left out first, rank 0 never."""

    title: str
    rank: int = 0
    is_number: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under titles."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    indent: int = 0
    below: tuple[Line, ...] = ()
    """What stands under the table where it is too narrow for the last column."""
    if_empty: str = ""
    """What a terminal shows instead of titles without rows."""


Part = Line | Table
Sheet = tuple[Part, ...]


def line(*words: str | Cell, indent: int = 0) -> Line:
    """Return a line of words."""
    return Line(tuple(word if isinstance(word, Cell) else Cell(word) for word in words), indent)
