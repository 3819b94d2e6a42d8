"""What a process that has confined itself can do no more; each question is asked in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ftpair.dataplane.confinement import landlock_version

PROBE = """
import ctypes, errno, json, os, resource, signal, socket, subprocess, sys
from pathlib import Path
from ftpair.dataplane.confinement import Needs, confine

readable, secret, tcp, port, neighbour = json.loads(sys.argv[1])
name = confine(Needs(tuple(map(Path, readable)), tcp=tcp, capabilities=frozenset(["net_raw"])))
pipe = os.pipe()

def tried(what):
    try:
        what()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

def connect():
    with socket.socket() as sock:
        sock.connect(("127.0.0.1", port))

def bind():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))

memory = os.memfd_create("keys")
print(json.dumps({
    "name": name,
    "read": tried(lambda: os.open(secret, os.O_RDONLY)),
    "list": tried(lambda: os.listdir(os.path.dirname(secret))),
    "write": tried(lambda: os.open(secret, os.O_WRONLY)),
    "make": tried(lambda: os.open(secret + ".new", os.O_CREAT | os.O_WRONLY)),
    "remove": tried(lambda: os.unlink(secret)),
    "passwd": tried(lambda: os.open("/etc/passwd", os.O_RDONLY)),
    "run": tried(lambda: subprocess.run(["/bin/true"])),
    "memory of the neighbour": tried(lambda: os.open(f"/proc/{neighbour}/environ", os.O_RDONLY)),
    "signal the neighbour": tried(lambda: os.kill(neighbour, signal.SIGCONT)),
    "signal itself": tried(lambda: os.kill(os.getpid(), signal.SIGCONT)),
    "connect": tried(connect),
    "bind": tried(bind),
    "memory file": tried(lambda: os.open(f"/proc/self/fd/{memory}", os.O_RDONLY)),
    "pipe": tried(lambda: os.open(f"/proc/self/fd/{pipe[1]}", os.O_WRONLY | os.O_NONBLOCK)),
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "core": resource.getrlimit(resource.RLIMIT_CORE),
}))
sys.stdout.flush()
sys.stdin.read()
"""


def confined(secret, *, readable=(), tcp=True, port=9):
    """Return what a confined process could do, and its status as the kernel tells it."""
    with subprocess.Popen(["sleep", "60"]) as neighbour:
        given = json.dumps([list(map(str, readable)), str(secret), tcp, port, neighbour.pid])
        command = [sys.executable, "-c", PROBE, given]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            answers = json.loads(process.stdout.readline())
            rows = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            process.stdin.close()
        neighbour.kill()
    return answers, {name: value.strip() for name, _, value in (row.partition(":") for row in rows)}


@pytest.fixture
def secret(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text("key")
    return file


def test_the_kernel_of_this_machine_knows_landlock():
    assert landlock_version() >= 6, "without it these tests prove nothing: boot with lsm=landlock,..."


def test_a_confined_process_opens_no_file_runs_no_program_and_sees_no_neighbour(secret):
    answers, _status = confined(secret)
    for what in ("read", "list", "write", "make", "remove", "passwd", "run", "memory of the neighbour"):
        assert answers[what] == "EACCES", (what, answers)
    assert answers["signal the neighbour"] == "EPERM"
    assert answers["name"] == f"landlock {landlock_version()}"
    assert secret.read_text() == "key"


def test_what_needs_no_file_goes_on_working(secret):
    answers, _status = confined(secret)
    for what in ("memory file", "pipe", "bind", "signal itself"):
        assert answers[what] == "done", (what, answers)
    assert answers["connect"] == "ECONNREFUSED"


def test_what_it_needs_may_be_read_and_not_written(secret):
    answers, _status = confined(secret, readable=[secret.parent, Path("/nowhere")])
    assert (answers["read"], answers["list"]) == ("done", "done")
    assert {answers[what] for what in ("write", "make", "remove", "passwd")} == {"EACCES"}


def test_who_needs_no_tcp_opens_none(secret):
    answers, _status = confined(secret, tcp=False)
    assert (answers["connect"], answers["bind"]) == ("EACCES", "EACCES")


def test_no_new_privileges_no_core_no_dump_and_of_roots_powers_only_what_it_names(secret):
    answers, status = confined(secret)
    assert answers["core"] == [0, 0]
    assert answers["dumpable"] == 0
    assert status["NoNewPrivs"] == "1"
    held = int(status["CapPrm"], 16)
    assert held == (1 << 13 if os.geteuid() == 0 else 0)
    assert {int(status[row], 16) for row in ("CapEff", "CapInh")} == {held}
    assert int(status["CapAmb"], 16) == 0
