"""What a pipe gets."""

from ftpair.cli.plain import plain
from ftpair.cli.sheet import Cell, Column, Table, line

COLUMNS = (Column("NAME"), Column("BYTES", is_number=True), Column("WHY"))


def row(*texts):
    return tuple(map(Cell, texts))


def test_columns_are_aligned_and_no_line_ends_in_blanks():
    table = Table(COLUMNS, (row("a", "12", "x"), row("longer", "3", "")), indent=2)
    assert plain((line("head", indent=1), table)) == (
        " head\n"  #
        "  NAME    BYTES  WHY\n"
        "  a          12  x\n"
        "  longer      3\n"
    )


def test_a_table_without_rows_shows_its_titles():
    assert plain((Table(COLUMNS, ()),)) == "NAME  BYTES  WHY\n"


def test_what_a_terminal_draws_a_pipe_gets_in_ascii():
    assert plain((line(Cell("███", "green", plain="###")),)) == "###\n"


def test_s18_a_name_cannot_begin_a_line_of_its_own():
    table = Table(COLUMNS, (row("evil\nroot", "1", "\x1b[31m"),))
    assert plain((table,)).splitlines()[1] == r"evil\nroot      1  \x1b[31m"


def test_wide_signs_keep_the_columns_aligned():
    lines = plain((Table(COLUMNS, (row("你好", "1", "x"), row("abcd", "1", "x"))),)).splitlines()
    assert lines[1:] == ["你好      1  x", "abcd      1  x"]
