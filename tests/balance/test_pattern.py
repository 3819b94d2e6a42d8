"""Expressions fit what Python's own would fit, and no name keeps them busy."""

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.balance.expression import DEEPEST, LONGEST_PATTERN, PatternError
from ftpair.balance.pattern import LONGEST_TEXT, MOST_HELD, MOST_REMEMBERED, Pattern, fits_glob, pattern

PLAIN = st.sampled_from(
    ["a", "b", "-", "\\.", ".", "[ab]", "[^a]", "[a-c_]", "\\d", "\\w", "\\s", "\\D", "[\\d.]", "a]"]
)
EXPRESSIONS = st.recursive(
    PLAIN.map(lambda text: text.replace("]", "\\]") if text == "a]" else text),
    lambda parts: st.one_of(
        st.tuples(parts, st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}"])).map(
            lambda each: f"(?:{each[0]}){each[1]}"
        ),
        st.lists(parts, min_size=1, max_size=3).map("".join),
        st.tuples(parts, parts).map(lambda each: f"({each[0]}|{each[1]})"),
    ),
    max_leaves=8,
)


@given(EXPRESSIONS, st.lists(st.text("ab-_.5 x]", max_size=8), max_size=5))
def test_an_expression_fits_what_pythons_own_would_fit(text, names):
    for name in names:
        assert Pattern(text).fits(name) is bool(re.fullmatch(text, name, re.ASCII))


def test_the_whole_name_must_fit_and_marks_of_its_ends_say_nothing():
    for text in ("kim[0-9]+", "^kim[0-9]+$", "^kim[0-9]+", "kim[0-9]+$"):
        assert pattern(text).fits("kim42")
        assert not pattern(text).fits("kim42x")
        assert not pattern(text).fits("xkim42")
    assert pattern("cash\\$").fits("cash$")
    assert pattern("cash\\\\$").fits("cash\\")


def test_no_name_keeps_an_expression_busy():
    began = time.process_time()
    for text in ("(a+)+b", "(a|a)*b", "(a*)*b", "(.*)(.*)(.*)(.*)b", "(a?){100}a{100}"):
        assert not Pattern(text).fits("a" * LONGEST_TEXT)
    assert time.process_time() - began < 5


def test_a_name_that_is_too_long_fits_nothing():
    assert pattern(".*").fits("a" * LONGEST_TEXT)
    assert not pattern(".*").fits("a" * (LONGEST_TEXT + 1))


def test_what_is_remembered_of_a_walk_is_bounded():
    every = Pattern(".*")
    for number in range(0x1000, 0x1000 + 9000):
        assert every.fits(chr(number))
    assert len(every._known) <= MOST_REMEMBERED


def test_the_sets_that_a_walk_remembers_are_bounded_by_their_places():
    wide, chance = Pattern("[ab]*a[ab]{0,240}"), random.Random(1)
    for _ in range(6):
        wide.fits("".join(chance.choices("ab", k=500)))
    kept = {id(each): each for (places, _sign), reached in wide._known.items() for each in (places, reached)}
    assert wide._known
    assert sum(map(len, kept.values())) <= MOST_HELD


def test_equal_sets_are_remembered_once():
    every = Pattern(".*x{0,200}")
    for number in range(0x1000, 0x1000 + 3000):
        assert every.fits(chr(number))
    assert len({id(reached) for reached in every._known.values()}) == 1


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a" * (LONGEST_PATTERN + 1), "has 257 characters: write 256 or fewer"),
        ("a)", "has a ) without its (: remove it, or write \\)"),
        ("(a", "has a ( without its ): add it, or write \\("),
        ("(?=a)", "has a (? of a kind that is not known: only ( ) and (?: ) are"),
        ("*a", "has * where it means nothing: write \\* for the sign itself"),
        ("a**", "has * where it means nothing"),
        ("a^b", "has ^ where it means nothing"),
        ("a{2", "has a { without its }"),
        ("a{x}", "has { without a number: write {3}, {3,} or {3,5}"),
        ("a{1,x}", "has { without a number"),
        ("a{5,2}", "has {5,2}: write numbers up to 255, the smaller one first"),
        ("a{999}", "has {999}: write numbers up to 255"),
        ("(a{99}){99}", "is too long when its repeats are written out"),
        ("(" * (DEEPEST + 1) + ")" * (DEEPEST + 1), "has more than 16 groups in one another"),
        ("a\\", "ends with a \\: write \\\\ for the sign itself"),
        ("(a)\\1", "has \\1, which is not known"),
        ("[a", "has a [ without its ]: add it, or write \\["),
        ("[", "has a [ without its ]"),
        ("[a-", "has a [ without its ]"),
        ("[z-a]", "has a range in [ ] that goes nowhere"),
        ("[a-\\d]", "has a range in [ ] that goes nowhere"),
        ("[\\D]", "has \\D, \\W or \\S in [ ]: write the signs themselves"),
        ("[a-\\W]", "has \\D, \\W or \\S in [ ]"),
    ],
)
def test_what_is_no_expression_is_told_with_a_remedy(text, why):
    with pytest.raises(PatternError) as caught:
        Pattern(text)
    assert str(caught.value).startswith(why)


def test_a_name_with_stars_and_question_marks_fits_letters():
    assert fits_glob("k*", "kim")
    assert fits_glob("k?m", "kim")
    assert fits_glob("*.example.(org)", "ftp.example.(org)")
    assert not fits_glob("k?m", "kiim")
    assert not fits_glob("k*", "Kim")
    assert fits_glob("kim", "kim")
    assert not fits_glob("kim", "kimo")
