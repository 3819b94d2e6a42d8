"""The latest lines of the log over HTTP."""

import pytest

from ftpair.core.actions import GetLog


def test_lines_and_where_to_go_on(http, supervisor):
    answer = http.get("/api/v1/log").json()
    assert answer["latest"] == 3
    assert answer["lines"] == [
        {"number": 3, "at": 1767225600.0, "level": "info", "process": "worker 0", "text": "a line"}
    ]
    words = {"level": "error", "contains": "x", "process": "api", "limit": 7, "after": 2}
    http.get("/api/v1/log", params=words)
    assert supervisor.actions == [GetLog(), GetLog(**words)]


@pytest.mark.parametrize("wrong", [{"level": "loud"}, {"limit": 0}, {"limit": 2501}, {"after": -1}])
def test_what_means_nothing_is_a_problem(http, wrong):
    assert http.get("/api/v1/log", params=wrong).status_code == 400
