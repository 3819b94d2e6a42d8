"""The shell completes names of the running ftpair, and is silent when none runs."""

import os
import subprocess
import sys

import pytest


def completed(words, **environment):
    """What bash would offer after these words; the last is the one being typed."""
    variables = {"_FTPAIR_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    line = [sys.executable, "-m", "ftpair.cli.main"]
    ran = subprocess.run(
        line, capture_output=True, text=True, env=os.environ | variables | environment, check=False, timeout=20
    )
    assert ran.stderr == ""
    return ran.stdout.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ftpair", "drain", ""], ["FTPS_VIP", "FTP_SVR1", "FTP_SVR2", "FTP_SVR9", "OTHER_VIP"]),
        (["ftpair", "drain", "OTH"], ["OTHER_VIP"]),
        (["ftpair", "drain", "OTHER_VIP", ""], ["FTP_SVR1", "FTP_SVR9"]),
        (["ftpair", "kill", ""], ["0-1f", "1-2"]),
        (["ftpair", "status", "F"], ["FTPS_VIP"]),
        (["ftpair", "sessions", "--server", "FTP_SVR9"], ["FTP_SVR9"]),
        (["ftpair", "dra"], ["drain"]),
    ],
)
def test_names_are_completed(supervisor, words, offered):
    assert completed(words) == offered


def test_completion_is_silent_when_no_ftpair_runs(tmp_path):
    assert completed(["ftpair", "drain", ""], FTPAIR_SOCKET=str(tmp_path / "none")) == []
