"""A soak of a few seconds: it makes its transfers, and measures every process."""

import re
import subprocess
import sys


def test_a_short_soak_makes_its_transfers_and_measures_every_process():
    command = [sys.executable, "-m", "tests.soak", "--transfers", "160", "--rounds", "4"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert re.search(r"^160 transfers in", done.stdout, re.MULTILINE)
    rows = re.findall(r"^\| (\w[\w ]*) \| [\d.]+ MiB", done.stdout, re.MULTILINE)
    assert rows == ["supervisor", "worker 0", "worker 1", "prober", "api", "both workers"]
