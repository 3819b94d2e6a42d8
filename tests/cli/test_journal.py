"""`log`."""

import json
import signal
import subprocess
import sys

from ftpair.core.actions import GetLog, LogIs
from ftpair.core.log_lines import LogLine


def test_lines_are_written_as_they_are_and_harmless(ftpair, supervisor):
    lines = (LogLine(1, 1.0, "info", "api", "a\x1b[2Jb\nTraceback"), LogLine(2, 2.0, "info", "api", "{}"))
    supervisor.answers[GetLog] = LogIs(lines, 2)
    ran = ftpair("log", "--level", "info", "--contains", "x", "--process", "api", "-n", "7")
    assert ran.status == 0
    assert ran.out == "a\\x1b[2Jb\nTraceback\n{}\n"
    assert supervisor.actions == [GetLog("info", "x", "api", 7)]
    assert [json.loads(line)["number"] for line in ftpair("log", "--json").out.splitlines()] == [1, 2]


def test_a_wrong_level_is_one_sentence(ftpair, supervisor):
    ran = ftpair("log", "--level", "loud")
    assert ran.status == 2
    assert "level" in ran.err
    assert ran.out == ""


def test_follow_goes_on_where_it_was_until_ctrl_c_which_is_a_good_end(supervisor):
    supervisor.answers[GetLog] = lambda action: LogIs(
        (LogLine(action.after + 1, 1.0, "info", "api", f"line {action.after + 1}"),), action.after + 1
    )
    command = [sys.executable, "-m", "ftpair.cli.main", "log", "--follow"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert [process.stdout.readline() for _ in range(3)] == ["line 1\n", "line 2\n", "line 3\n"]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
