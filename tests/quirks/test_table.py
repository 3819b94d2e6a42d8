"""Every habit of peers that the documentation tells of has a test, and every such test exists."""

import ast
from functools import cache
from pathlib import Path

import pytest

from tests.quirks.table import TESTS

HERE = Path(__file__).parents[1]
PAGE = HERE.parent / "docs" / "quirks.md"


@cache
def functions_of(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def habits_of_the_page() -> set[str]:
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return {row[1] for row in rows if len(row) == 3} - {"habit"}


@pytest.mark.parametrize("habit", list(TESTS))
def test_a_habit_has_a_test_that_exists(habit):
    for name in TESTS[habit]:
        path, _, test = name.partition("::")
        assert (HERE / path).exists(), name
        assert not test or test in functions_of(HERE / path), name


def test_the_page_and_the_table_tell_of_the_same_habits():
    assert habits_of_the_page() == set(TESTS)
