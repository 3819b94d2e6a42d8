"""What a stream tells about the rows of a table."""

import json

from ftpair.web.rows import Rows, steady


def told(rows, *tables):
    return [[json.loads(news.data) for news in rows.news(table, 100.0)] for table in tables]


def test_all_of_them_come_first_even_if_there_are_none():
    assert told(Rows(), {}) == [[{"now": 100.0, "whole": True, "rows": [], "gone": []}]]


def test_nothing_is_told_of_what_the_page_has():
    assert told(Rows(), {"a": {"x": 1}}, {"a": {"x": 1}})[1] == []


def test_only_what_changed_is_told_and_what_is_gone_by_its_key():
    first, then = told(Rows(), {"a": {"x": 1}, "b": {"x": 1}, "c": {"x": 1}}, {"a": {"x": 1}, "b": {"x": 2}})
    assert len(first[0]["rows"]) == 3
    assert then == [{"now": 100.0, "whole": False, "rows": [{"x": 2, "key": "b"}], "gone": ["c"]}]


def test_a_moment_that_is_told_late_is_the_same():
    assert (steady(None, 10.04), steady(10.0, 11.4), steady(10.0, 12.04)) == (10.0, 10.0, 12.0)
