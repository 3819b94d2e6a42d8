"""The rows that stand for the whole matrix hold every pair of it."""

import pytest

from tests.interop.lab.pairwise import pairs_of, pairwise, product

SMALL = {"a": [1, 2], "b": ["x", "y", "z"], "c": [True, False]}
LARGE = {name: list(range(count)) for name, count in zip("abcdefg", (4, 2, 2, 4, 3, 6, 7), strict=True)}


@pytest.mark.parametrize("factors", [SMALL, LARGE], ids=["small", "large"])
def test_every_pair_of_values_occurs(factors):
    held = {pair for row in pairwise(factors) for pair in pairs_of(row, factors)}
    assert held == {pair for row in product(factors) for pair in pairs_of(row, factors)}


def test_every_row_has_one_value_of_every_factor():
    assert all(row.keys() == LARGE.keys() for row in pairwise(LARGE))


def test_the_rows_are_few():
    assert len(pairwise(LARGE)) <= 70


def test_the_rows_are_the_same_in_every_run():
    assert pairwise(LARGE) == pairwise(LARGE)


def test_the_product_has_every_combination_once():
    rows = product(SMALL)
    assert len(rows) == 12
    assert len({tuple(row.values()) for row in rows}) == 12
