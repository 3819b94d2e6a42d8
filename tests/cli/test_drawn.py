"""What a terminal gets."""

import io
from dataclasses import replace

from rich.console import Console

from ftpair.cli.drawn import drawn, fitted
from ftpair.cli.sheet import Cell, Column, Table, line

WIDE = Table(
    (Column("NAME"), Column("ADDRESS", rank=2), Column("WHY", rank=1)),
    ((Cell("FTP_SVR1"), Cell("10.0.0.11:21"), Cell("connection refused")),),
)


def on_console(sheet, width, **options):
    console = Console(file=io.StringIO(), width=width, force_terminal=True, markup=False, highlight=False, **options)
    console.print(drawn(sheet, width))
    return console.file.getvalue()


def titles(table):
    return [column.title for column in table.columns]


def test_a_narrow_terminal_loses_the_least_columns_first_and_the_name_never():
    assert titles(fitted(WIDE, 80)) == ["NAME", "ADDRESS", "WHY"]
    assert titles(fitted(WIDE, 41)) == ["NAME", "WHY"]
    assert titles(fitted(WIDE, 12)) == ["NAME"]
    assert titles(fitted(WIDE, 3)) == ["NAME"]


def test_no_line_is_wider_than_the_terminal():
    for width in (5, 20, 41, 80):
        assert max(map(len, on_console((WIDE,), width, no_color=True, color_system=None).splitlines())) <= width


def test_states_are_coloured_and_still_words():
    assert "\x1b[32mserving\x1b[0m" in on_console((line(Cell("serving", "green")),), 40, color_system="standard")


def test_s18_markup_in_a_name_is_only_a_name():
    table = Table((Column("USER"),), ((Cell("[red]x[/red]"),),))
    shown = on_console((table, line("[bold]y")), 40, color_system="standard")
    assert "[red]x[/red]" in shown
    assert "[bold]y" in shown


def test_s18_escape_sequences_in_a_name_never_reach_the_terminal():
    table = Table((Column("USER"),), ((Cell("\x1b]0;title\x07\u202e"),),))
    shown = on_console((table, line("\x1b[2J")), 60, color_system=None)
    assert "\x1b]0" not in shown
    assert "\x1b[2J" not in shown
    assert r"\x1b]0;title\x07\u202e" in shown


def test_s18_a_name_of_4_kib_is_cut_to_the_terminal():
    table = Table((Column("USER"), Column("SERVER")), ((Cell("x" * 4096), Cell("FTP_SVR1")),))
    (_, shown) = on_console((table,), 60, color_system=None).splitlines()
    assert len(shown) <= 60
    assert "…" in shown


def test_what_the_last_column_would_tell_stands_under_a_table_that_has_lost_it():
    row = (Cell("FTP_SVR1"), Cell("10.0.0.11:21"), Cell("connection refused (3 of 3 checks failed)"))
    table = replace(WIDE, rows=(row,), indent=2, below=(line("FTP_SVR1 is down: connection refused", indent=2),))
    assert "FTP_SVR1 is down" not in on_console((table,), 80, color_system=None)
    assert on_console((table,), 40, color_system=None).splitlines()[-1].rstrip() == (
        "  FTP_SVR1 is down: connection refused"
    )


def test_a_table_without_rows_is_a_sentence():
    table = Table(WIDE.columns, (), if_empty="No sessions.")
    assert on_console((table,), 40, color_system=None).split("\n")[0].rstrip() == "No sessions."
