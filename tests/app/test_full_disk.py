"""A full disk stops what is written, and no session; when there is room again, all is written that must be."""

import json
import signal
import sys
import time
from pathlib import Path

from tests.app.test_adoption import log_in, status_of
from tests.app.test_supervisor import SIZE, begin_download, bytes_until_the_end, real_server, running, until

__all__ = ["real_server"]
SMALL = ("unshare", "--mount", "sh", "-c")


def small_disk(site):
    """Words before a program whose state folder, and log, are on a disk of 8 MB of its own."""
    state = site.folder / "state"
    state.mkdir()
    return (*SMALL, f'mount -t tmpfs -o size=8m none {state} && exec "$0" "$@" 2>{state}/log')


def test_a_full_disk_stops_no_session_and_loses_no_wish(site, real_server):
    program = [*small_disk(site), sys.executable]
    with running(site, program=program) as ftpair:
        ftpair.heard("READY=1")
        state = Path(f"/proc/{ftpair.process.pid}/root{site.folder}/state")
        fill(state / "filler")
        lines = (state / "log").stat().st_size
        client, data = begin_download(site.port)
        assert bytes_until_the_end(data) == SIZE
        assert client.voidresp().startswith("226")
        client.quit()
        answer = ftpair.api("/api/v1/services/VIP/servers/FTP_SVR2/drain", "POST")
        assert answer.json()["sentence"].startswith("drain FTP_SVR2")
        site.write(greeting="Full.")
        assert ftpair.api("/api/v1/apply", "POST").is_success
        newcomer = log_in(site.port)
        assert newcomer.getwelcome() == "220 Full."
        newcomer.quit()
        until(lambda: _warnings(ftpair, "admin.json cannot be written (No space left on device)") == 1)
        until(lambda: _warnings(ftpair, "revisions.sqlite", "kept in memory") == 1)
        assert (state / "log").stat().st_size - lines < 8192, "lines were lost: there was no room"
        (state / "filler").unlink()
        until((state / "admin.json").exists)
        kept = json.loads((state / "admin.json").read_text())
        assert kept["VIP"]["FTP_SVR2"]["wait_for"] == "sessions"
        time.sleep(10)
        site.write(greeting="Room.")
        assert ftpair.api("/api/v1/apply", "POST").is_success
        until(lambda: any("sqlite can be written again" in line for line in (state / "log").read_text().splitlines()))
        client, data = begin_download(site.port)
        assert bytes_until_the_end(data) == SIZE
        client.quit()
        until(lambda: ftpair.api("/api/v1/transfers/history").json()["transfers"])
        assert status_of(ftpair)["revision"] == 3
        assert ftpair.end(signal.SIGTERM) == 0


def fill(path):
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                continue


def _warnings(ftpair, *words):
    lines = [each["text"] for each in ftpair.api("/api/v1/log?level=warning").json()["lines"]]
    return sum(all(word in line for word in words) for line in lines)
