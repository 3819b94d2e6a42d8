"""Sheets on a terminal: colours, and tables fitted to its width. Nothing is ever read as Rich markup."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import chain
from typing import Literal

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.table import Table as Grid
from rich.text import Text

from ftpair.cli.sheet import Column, Line, Sheet, Table, line
from ftpair.cli.text import columns
from ftpair.core.text import safe

GAP = 2


def draw(sheet: Sheet) -> None:
    """Put the sheet on the terminal."""
    console = _console()
    console.print(drawn(sheet, console.width))


def draw_until_stopped(sheet_now: Callable[[], Sheet], every_s: float) -> None:
    """Draw the sheet anew every `every_s` seconds, on a screen of its own."""
    console = _console()
    with Live(drawn(sheet_now(), console.width), console=console, auto_refresh=False, screen=True) as live:
        while True:
            live.refresh()
            time.sleep(every_s)
            live.update(drawn(sheet_now(), console.width))


class Screen:
    """A screen of its own, on which one sheet replaces the other."""

    def __init__(self, console: Console, live: Live) -> None:
        self._console, self._live = console, live

    @property
    def rows(self) -> int:
        """Return how many lines there are."""
        return self._console.height

    def put(self, sheet: Sheet) -> None:
        """Draw a sheet in place of the former one."""
        self._live.update(drawn(sheet, self._console.width), refresh=True)


@contextmanager
def on_screen() -> Iterator[Screen]:
    """Give a screen, and the former one back."""
    console = _console()
    with Live(console=console, auto_refresh=False, screen=True) as live:
        yield Screen(console, live)


def drawn(sheet: Sheet, width: int) -> Group:
    """Return the sheet for Rich, fitted to `width` columns."""
    parts = (_with_table(part, width) if isinstance(part, Table) else [_line(part)] for part in sheet)
    return Group(*chain.from_iterable(parts))


def fitted(table: Table, width: int) -> Table:
    """Return the table without the columns of high rank that do not fit into `width`."""
    while _needed(table) > width and any(column.rank for column in table.columns):
        table = _without(table, max(range(len(table.columns)), key=lambda at: table.columns[at].rank))
    return table


def _console() -> Console:
    return Console(markup=False, highlight=False, emoji=False)


def _line(part: Line) -> RenderableType:
    text = Text.assemble(*((safe(cell.text), cell.style) for cell in part.cells), overflow="fold")
    return Padding(text, (0, 0, 0, part.indent))


def _with_table(table: Table, width: int) -> list[RenderableType]:
    if not table.rows and table.if_empty:
        return [_line(line(table.if_empty, indent=table.indent))]
    kept = fitted(table, width - table.indent)
    below = table.below if kept.columns[-1] != table.columns[-1] else ()
    return [_grid(kept), *map(_line, below)]


def _grid(kept: Table) -> RenderableType:
    grid = Grid(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold dim")
    for column in kept.columns:
        grid.add_column(column.title, justify=_side(column), no_wrap=True, overflow="ellipsis")
    for row in kept.rows:
        grid.add_row(*(Text(safe(cell.text), style=cell.style) for cell in row))
    return Padding(grid, (0, 0, 0, kept.indent))


def _side(column: Column) -> Literal["left", "right"]:
    return "right" if column.is_number else "left"


def _needed(table: Table) -> int:
    texts = zip(*([column.title for column in table.columns], *_texts(table)), strict=True)
    return sum(max(map(columns, of_column)) + GAP for of_column in texts) - GAP


def _texts(table: Table) -> list[list[str]]:
    return [[safe(cell.text) for cell in row] for row in table.rows]


def _without(table: Table, at: int) -> Table:
    rows = tuple(row[:at] + row[at + 1 :] for row in table.rows)
    return replace(table, columns=table.columns[:at] + table.columns[at + 1 :], rows=rows)
