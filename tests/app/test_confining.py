"""The processes of a running ftpair as the kernel sees them: what each of them has given up."""

import os
import re
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

import ftpair
from ftpair.app.confining import LAZY
from ftpair.config.machine import CAPABILITIES
from ftpair.dataplane.confinement import landlock_version
from tests.app.test_supervisor import connect, running


def status_of(pid):
    rows = (row.partition(":") for row in Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: value.strip() for name, _, value in rows}


def files_of(pid):
    """What a process holds open, sockets and pipes aside."""
    targets = (fd.readlink() for fd in Path(f"/proc/{pid}/fd").iterdir())
    return {str(target) for target in targets if str(target).startswith("/")}


def test_every_child_is_confined_and_the_status_says_so(site):
    with running(site) as node:
        node.heard("READY=1")
        said = node.api("/api/v1/status").json()["confinement"]
        assert said == dict.fromkeys(("worker 0", "worker 1", "prober", "api"), f"landlock {landlock_version()}")
        for module, pids in node.children().items():
            for pid in pids:
                status = status_of(pid)
                assert status["NoNewPrivs"] == "1", module
                kept = int(status["CapEff"], 16)
                most = sum(1 << CAPABILITIES[name] for name in ("net_raw", "net_bind_service")) | 1 << 24
                assert kept & ~(most if module == "ftpair.app.worker" else 0) == 0, module
                limits = Path(f"/proc/{pid}/limits").read_text()
                assert re.search(r"Max core file size +0 +0 ", limits), module
        limits = Path(f"/proc/{node.process.pid}/limits").read_text()
        assert re.search(r"Max core file size +0 +0 ", limits), "the supervisor holds keys and passwords too"
        assert node.end() == 0


def test_no_child_holds_a_file_but_the_log_memory_and_the_lists_of_descriptors_and_free_memory(site):
    with running(site) as node:
        node.heard("READY=1")
        connect(site.port)[0].close()
        for pids in node.children().values():
            for pid in pids:
                held = {name for name in files_of(pid) if not name.startswith("/memfd:")}
                held -= {name for name in held if name.startswith("/sys/fs/cgroup/")}  # How much memory there is.
                assert held <= {"/dev/null", str(node.log), f"/proc/{pid}/fd", "/proc/meminfo"}, held
        assert node.end() == 0


def test_the_api_may_read_its_program_and_nothing_that_holds_a_secret():
    code = "from ftpair.app.confining import program; print(*program(), sep='\\n')"
    told = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    folders = [Path(line) for line in told.stdout.splitlines()]
    for file in (Path(ftpair.__file__), Path(msgspec.__file__), Path(os.__file__)):
        assert any(folder in file.parents for folder in folders), file
    for private in (Path("/etc"), Path("/"), Path("/var"), Path.home(), Path.cwd()):
        assert private not in folders


@pytest.mark.parametrize("name", LAZY)
def test_what_is_read_beforehand_exists_in_this_python(name):
    assert subprocess.run([sys.executable, "-c", f"import {name}"], check=False).returncode == 0


READS = """
import datetime, logging, os, ssl, sys, time, traceback
from ftpair.app import confining
from ftpair.config.contexts import client_context
from ftpair.core.plan import ServerTls
print(getattr(confining, sys.argv[1])(), flush=True)
assert client_context(ServerTls(mode="explicit")).get_ca_certs()
assert "example".encode("idna") and time.strftime("%Z", time.localtime())
try:
    1 / 0
except ZeroDivisionError:
    assert "ZeroDivisionError" in traceback.format_exc()
try:
    os.listdir("/etc")
except PermissionError:
    print("closed")
"""


@pytest.mark.parametrize("kind", ["confine_worker", "confine_prober"])
def test_authorities_names_times_and_tracebacks_need_no_file_any_more(kind):
    done = subprocess.run([sys.executable, "-c", READS, kind], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == [f"landlock {landlock_version()}", "closed"]


def test_another_process_of_the_same_user_cannot_look_into_their_memory(site):
    onlooker = str(Path(__file__).parent / "an_onlooker.py")
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    with running(site) as node, subprocess.Popen([*powerless, "sleep", "60"]) as neighbour:
        node.heard("READY=1")
        pids = [node.process.pid, *(pid for pids in node.children().values() for pid in pids), neighbour.pid]
        seen = subprocess.run(
            [*powerless, sys.executable, onlooker, *map(str, pids)], capture_output=True, text=True, check=True
        )
        answers = dict(line.split() for line in seen.stdout.splitlines())
        assert answers.pop(str(neighbour.pid)) == "open", "the onlooker can look into who does not mind"
        assert set(answers.values()) == {"EACCES"}, answers
        neighbour.kill()
        assert node.end() == 0
