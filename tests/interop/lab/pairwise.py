"""A small set of rows in which every pair of values of any two factors occurs; the same set in every run."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

Pair = tuple[tuple[str, Any], tuple[str, Any]]
Row = dict[str, Any]


def pairwise(factors: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Return rows, each with one value of every factor, that together hold every pair of values."""
    open_pairs = dict.fromkeys(_all_pairs(factors))
    rows: list[Row] = []
    while open_pairs:
        row = _fill(dict(next(iter(open_pairs))), factors, open_pairs)
        for pair in pairs_of(row, factors):
            open_pairs.pop(pair, None)
        rows.append(row)
    return rows


def product(factors: Mapping[str, Sequence[Any]]) -> list[Row]:
    """Return every combination, the first factor changing slowest."""
    return [dict(zip(factors, values, strict=True)) for values in itertools.product(*factors.values())]


def pairs_of(row: Row, factors: Mapping[str, Sequence[Any]]) -> list[Pair]:
    """Return the pairs of values that a row holds, in the order of the factors."""
    return list(itertools.combinations(((name, row[name]) for name in factors if name in row), 2))


def _all_pairs(factors: Mapping[str, Sequence[Any]]) -> list[Pair]:
    return [
        ((one, first), (other, second))
        for one, other in itertools.combinations(factors, 2)
        for first, second in itertools.product(factors[one], factors[other])
    ]


def _fill(row: Row, factors: Mapping[str, Sequence[Any]], open_pairs: dict[Pair, None]) -> Row:
    """Give every other factor the value that closes the most open pairs with what the row has already."""
    for name in factors:
        if name not in row:
            row[name] = max(factors[name], key=lambda value: _gain({**row, name: value}, factors, open_pairs))
    return row


def _gain(row: Row, factors: Mapping[str, Sequence[Any]], open_pairs: dict[Pair, None]) -> int:
    return sum(pair in open_pairs for pair in pairs_of(row, factors))
