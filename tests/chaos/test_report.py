"""What a run prints and writes."""

from tests.chaos.__main__ import judged
from tests.chaos.report import BEGIN, END, row, written
from tests.chaos.scenario import Figures, Scenario

SCENARIO = Scenario("storm", "A storm.", ("ftp",), 1, lambda _run: Figures(9, 6, 120, 4, 2.54))


def test_a_row_has_all_figures() -> None:
    assert row(SCENARIO, "ftp", Figures(9, 6, 120, 4, 2.54)) == (
        "| A storm. | FTP mode, clear | 6 of 9 | 4 of 120 | 2.5 | 0 |"
    )


def test_a_service_that_stays_away_is_never_there_again() -> None:
    assert row(SCENARIO, "builtin", Figures(9, 0, 120, 4, None, wrong=("a",))).endswith("| never | 1 |")


def test_figures_are_written_between_their_marks() -> None:
    text = f"before\n{BEGIN}\nold\n{END}\nafter\n"
    assert written(text, ["new"]) == f"before\n{BEGIN}\n\nnew\n\n{END}\nafter\n"
    assert written(written(text, ["other"]), ["new"]) == written(text, ["new"])


def test_what_a_change_must_not_cost_is_trouble() -> None:
    figures = Figures(9, 9, 120, 0, 0.1, undue=("1 x a new connection: refused",))
    assert judged(SCENARIO, "ftp", figures) == ["storm on ftp: 1 x a new connection: refused"]
