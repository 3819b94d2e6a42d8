"""The log: what is remembered comes first, then what is new; as text that does nothing."""

import pytest

from ftpair.core.actions import GetLog, LogIs
from ftpair.core.log_lines import LogLine
from tests.web.streams import HOSTILE, SHOWN, following, told


def line(number, text="session began", level="info", process="worker 0"):
    return LogLine(number, 1767225600.25, level, process, text)


def test_what_is_remembered_comes_first_and_then_only_what_is_new(admin, supervisor):
    supervisor.answers[GetLog] = following(LogIs((line(1), line(2)), 2), LogIs((), 2), LogIs((line(5),), 5))
    first, then = told(admin, "log", 2)
    assert (first["whole"], [row["key"] for row in first["rows"]]) == (True, ["1", "2"])
    assert (then["whole"], [row["key"] for row in then["rows"]]) == (False, ["5"])
    assert [action.after for action in supervisor.actions if isinstance(action, GetLog)] == [0, 2, 2]


def test_an_empty_log_is_told_once(admin, supervisor):
    supervisor.answers[GetLog] = following(LogIs((), 0), LogIs((line(1),), 1))
    first, then = told(admin, "log", 2)
    assert (first["rows"], first["whole"], then["whole"]) == ([], True, False)


def test_a_line_does_nothing_and_keeps_its_lines(admin, supervisor):
    supervisor.answers[GetLog] = LogIs((line(1, f"{HOSTILE}\nTraceback"),), 1)
    assert told(admin, "log", 1)[0]["rows"][0]["text"] == f"{SHOWN}\nTraceback"


@pytest.mark.parametrize("level", ["warning", "nonsense"])
def test_the_page_has_the_filters_as_the_url_says(admin, level):
    page = admin.get("/log", params={"q": '"x"', "level": level, "process": "worker 1"}).text
    assert 'value="&#34;x&#34;"' in page
    assert '<option value="worker 1" selected>' in page
    assert ('<option value="warning" selected>' in page) == (level == "warning")
