"""Tests of ftpair.config.problems."""

from ftpair.config.problems import Finding, Lines, describe, describe_warnings, locate, path_of, refusal, shown
from ftpair.core.actions import Problem


def test_problems_come_in_the_order_of_the_file_and_each_once():
    lines = Lines({("a",): 1, ("b",): 2})
    found = [
        Finding(("b",), "second"),
        Finding(("a",), "first"),
        Finding(("b",), "second"),
        Finding(("a",), "x", line=9),
    ]
    assert [problem.sentence for problem in locate(found, lines)] == ["first", "second", "x"]


def test_a_finding_is_dropped_when_what_it_rests_on_is_broken():
    finding = Finding(("a", "b"), "x", depends=(("c",),))
    assert finding.rests_on([("a",)])
    assert finding.rests_on([("a", "b", "d")])
    assert finding.rests_on([("c",)])
    assert not finding.rests_on([("a", "x"), ("d",)])


def test_the_refusal_names_file_number_and_first_problem():
    problem = Problem("a.b", "is wrong: write 1", 7)
    assert refusal("f.yaml", (problem,)).sentence == "f.yaml has 1 problem: line 7, a.b: is wrong: write 1"
    two = refusal("f.yaml", (problem, Problem("", "gone")))
    assert two.sentence == "f.yaml has 2 problems: the first is line 7, a.b: is wrong: write 1"
    assert two.exit_status == 3
    assert len(two.problems) == 2


def test_a_problem_is_described_with_what_is_known_of_its_place():
    assert describe(Problem("", "is gone")) == "is gone"
    assert describe(Problem("a", "is odd")) == "a: is odd"
    assert describe_warnings([Problem("a", "is odd", 3)]) == ("warning: line 3, a: is odd",)


def test_places_and_values_are_shown_as_people_write_them():
    assert path_of(("a", 0, "b")) == "a.0.b"
    assert [shown({}), shown([]), shown(True), shown("\x1b[2J"), len(shown("x" * 100))] == [
        "a block of keys",
        "a list",
        "true",
        r"'\x1b[2J'",
        60,
    ]


def test_lines_are_no_part_of_what_a_configuration_says():
    assert Lines({("a",): 1}) == Lines()
    assert Lines().of(("a",)) == 0
