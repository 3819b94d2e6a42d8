"""The latest lines of all processes: found by level, words and process, bounded, in the order of time."""

import json
import signal
import time

import pytest

from ftpair.app.recent_log import KEPT, KEPT_GRAVE, RecentLog
from ftpair.core.actions import GetLog
from ftpair.core.messages import LogLines
from tests.app.test_supervisor import running, until


def log_of(*lines):
    log = RecentLog()
    for process, *line in lines:
        log.hear(process, LogLines((tuple(line),)))
    return log


def texts(log, **wanted):
    return [line.text for line in log.find(GetLog(**wanted)).lines]


def test_lines_come_in_the_order_of_time_whoever_was_heard_first():
    log = log_of(("worker 0", 2.0, "info", "second"), ("supervisor", 1.0, "info", "first"))
    assert texts(log) == ["first", "second"]
    assert log.find(GetLog()).latest == 2


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"level": "info"}, ["b", "c", "dD"]),
        ({"level": "error"}, ["dD"]),
        ({"contains": "Dd"}, ["dD"]),
        ({"process": "worker 0"}, ["a", "c"]),
        ({"limit": 2}, ["c", "dD"]),
        ({"after": 3}, ["dD"]),
        ({"after": 4}, []),
    ],
)
def test_lines_are_found_by_what_is_asked(wanted, expected):
    log = log_of(
        ("worker 0", 1.0, "debug", "a"),
        ("prober", 2.0, "info", "b"),
        ("worker 0", 3.0, "warning", "c"),
        ("supervisor", 4.0, "error", "dD"),
    )
    assert texts(log, **wanted) == expected


def test_colours_of_a_terminal_are_left_out():
    assert texts(log_of(("supervisor", 1.0, "info", "\x1b[2m2026\x1b[0m [\x1b[32;1minfo\x1b[0m]"))) == ["2026 [info]"]


def test_a_flood_pushes_out_old_lines_but_no_warning():
    log = log_of(("supervisor", 0.0, "warning", "grave"))
    for number in range(KEPT + 5):
        log.hear("worker 0", LogLines(((1.0 + number, "info", str(number)),)))
    assert texts(log, limit=5000) == ["grave", *map(str, range(5, KEPT + 5))]
    assert texts(log, level="warning") == ["grave"]
    for number in range(2 * KEPT):
        log.hear("worker 0", LogLines(((1e4 + number, "error", str(number)),)))
    assert len(texts(log, limit=10**4)) == KEPT > KEPT_GRAVE


def test_the_log_of_every_process_is_at_hand(site):
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        ftpair.process.send_signal(signal.SIGHUP)
        until(lambda: "applied" in ftpair.api("/api/v1/log", params={"contains": '"applied"'}).text)
        lines = ftpair.api("/api/v1/log", params={"limit": 2000, "level": "info"}).json()["lines"]
        written = ftpair.log.read_text().splitlines()
        assert {line["process"] for line in lines} >= {"supervisor"}
        assert all(line["text"] in written for line in lines)
        assert [json.loads(line["text"])["level"] for line in lines] == [line["level"] for line in lines]
        assert all(abs(line["at"] - time.time()) < 60 for line in lines)
        assert ftpair.end() == 0


def test_the_link_that_makes_an_admin_is_shown_to_nobody_who_only_looks():
    line = "make the first one by this link link=https://127.0.0.1:8443/setup?key=aB-_9 more=1"
    log = log_of(("supervisor", 1.0, "warning", line))
    assert texts(log) == ["make the first one by this link link=https://127.0.0.1:8443/setup?key=... more=1"]
