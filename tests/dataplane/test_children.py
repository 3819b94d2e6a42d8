"""Children: real processes that are killed, hang and refuse to end, and the one that replaces them."""

import asyncio
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import msgspec
import pytest

import ftpair
from ftpair.config.machine import CAPABILITIES
from ftpair.core.errors import SetupError
from ftpair.core.messages import Beat, FromWorker, ListSessions, Ready, Sessions
from ftpair.core.requests import Request
from ftpair.dataplane.children import Child, Deadlines, Recipe, account, check_user
from ftpair.dataplane.rights import wrapper

SHORT = Deadlines(ready_s=3.0, beat_s=0.5, stop_margin_s=0.5)


class Parent:
    """Keeps what it hears."""

    def __init__(self):
        self.started, self.said, self.ended, self.times = [], [], [], []

    def child_started(self, child):
        self.started.append(child.pid)

    def child_said(self, child, message):
        self.said.append(message)
        if isinstance(message, Ready):
            self.times.append(time.monotonic())

    def child_ended(self, child, why):
        self.ended.append(why)


@asynccontextmanager
async def living_child(behaviour="", folder=Path(__file__).parent, **more):
    parent = Parent()
    environment = {"BEHAVIOUR": behaviour, "PYTHONPATH": str(folder)}
    child = Child(Recipe("worker 1", "a_child", FromWorker, environment=environment, **more), parent)
    task = asyncio.create_task(child.run())
    try:
        yield child, parent
    finally:
        child.stop(5)
        child.kill("the test is over")
        await task


async def until(condition, timeout_s=20):
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


def play(scenario):
    asyncio.run(scenario())


def test_a_child_is_ready_talks_and_ends_when_asked():
    async def scenario():
        async with living_child() as (child, parent):
            await until(lambda: child.is_ready)
            child.send(ListSessions(3))
            await until(lambda: Sessions(3, (), (), ended=os.getuid()) in parent.said)
            child.stop(5)
            await until(lambda: parent.ended)
            assert parent.ended == ["exit status 0"]
            assert (child.pid, child.restarts) == (0, 0)

    play(scenario)


def test_a_killed_child_is_replaced_at_once():
    async def scenario():
        async with living_child() as (child, parent):
            await until(lambda: child.is_ready)
            first = child.pid
            os.kill(first, signal.SIGKILL)
            await until(lambda: len(parent.started) == 2)
            await until(lambda: len(parent.times) == 2)
            assert parent.ended == ["killed by SIGKILL"]
            assert child.pid != first
            assert child.restarts == 1

    play(scenario)


def test_a_child_that_always_dies_young_is_started_again_with_growing_pauses():
    async def scenario():
        async with living_child("dies") as (child, parent):
            begun = time.monotonic()
            await until(lambda: child.restarts >= 3)
            assert time.monotonic() - begun > 0.1 + 0.2 + 0.4
            assert parent.ended[0] == "exit status 7"
            assert not child.is_ready

    play(scenario)


def test_a_child_that_hangs_is_killed_and_replaced():
    async def scenario():
        async with living_child("hangs", deadlines=SHORT) as (_child, parent):
            await until(lambda: len(parent.started) == 2)
            assert parent.ended == ["hung: no sign of life for 0.5 s"]
            assert any(isinstance(message, Beat) for message in parent.said)

    play(scenario)


def test_a_child_that_is_never_ready_is_killed_and_replaced():
    async def scenario():
        async with living_child("mute", deadlines=SHORT) as (_child, parent):
            await until(lambda: len(parent.started) == 2)
            assert parent.ended == ["was not ready within 3 s"]

    play(scenario)


def test_a_child_that_will_not_end_is_killed_after_its_grace():
    async def scenario():
        async with living_child("stubborn", deadlines=SHORT) as (child, parent):
            await until(lambda: child.is_ready)
            child.stop(0.2)
            await until(lambda: parent.ended)
            assert parent.ended == ["did not end within 0.2 s"]

    play(scenario)


def test_a_child_that_says_what_is_not_its_to_say_is_cut_off_and_replaced():
    async def scenario():
        async with living_child("orders", deadlines=SHORT) as (_child, parent):
            await until(lambda: len(parent.started) == 2)
            assert not any(isinstance(message, Request) for message in parent.said)

    play(scenario)


def test_a_child_sees_the_end_of_its_supervisor():
    async def scenario():
        async with living_child() as (child, parent):
            await until(lambda: child.is_ready)
            child._channel.close()
            await until(lambda: parent.ended)
            assert parent.ended == ["exit status 0"]

    play(scenario)


@pytest.fixture
def open_to_nobody(monkeypatch):
    """A Python and the needed packages where the user `nobody` can read them, even if all of it lies in /root."""
    nobody = pwd.getpwnam("nobody")
    with tempfile.TemporaryDirectory() as folder:
        for source in (Path(ftpair.__file__).parent, Path(msgspec.__file__).parent):
            shutil.copytree(source, Path(folder) / source.name)
        shutil.copy(Path(__file__).parent / "a_child.py", folder)
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        monkeypatch.setenv("PYTHONPATH", folder)
        for python in (sys.executable, "/usr/bin/python3.11", "/usr/bin/python3"):
            with suppress(OSError, subprocess.SubprocessError):
                subprocess.run([python, "-c", "import a_child"], check=True, timeout=30, user=nobody.pw_uid)
                yield python, folder
                return
        pytest.fail("set-up: no Python that the user nobody can run; apt-get install python3")


def test_a_child_drops_the_privileges_of_its_supervisor(open_to_nobody):
    async def scenario():
        python, folder = open_to_nobody
        check_user("nobody", python)
        async with living_child(user="nobody", python=python, folder=folder) as (child, _parent):
            await until(lambda: child.is_ready)
            status = Path(f"/proc/{child.pid}/status").read_text()
            nobody = pwd.getpwnam("nobody")
            assert f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}" in status
            assert f"Gid:\t{nobody.pw_gid}\t{nobody.pw_gid}\t{nobody.pw_gid}" in status
            assert "Groups:\t \n" in status

    play(scenario)


def capabilities_of(pid):
    rows = dict(row.split(":\t") for row in Path(f"/proc/{pid}/status").read_text().splitlines() if "\t" in row)
    return {kind: int(rows[kind], 16) for kind in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}


def test_a_child_keeps_the_capability_that_the_plan_needs_and_no_other(open_to_nobody):
    async def scenario():
        python, folder = open_to_nobody
        recipe = {"user": "nobody", "python": python, "folder": folder, "capabilities": ("net_raw",)}
        async with living_child(**recipe) as (child, _parent):
            await until(lambda: child.is_ready)
            status = Path(f"/proc/{child.pid}/status").read_text()
            nobody = pwd.getpwnam("nobody")
            assert f"Uid:\t{nobody.pw_uid}\t{nobody.pw_uid}\t{nobody.pw_uid}" in status
            assert f"Gid:\t{nobody.pw_gid}\t{nobody.pw_gid}\t{nobody.pw_gid}" in status
            assert "Groups:\t \n" in status
            assert set(capabilities_of(child.pid).values()) == {1 << CAPABILITIES["net_raw"]}

    play(scenario)


def test_a_child_without_need_keeps_nothing_of_root(open_to_nobody):
    async def scenario():
        python, folder = open_to_nobody
        async with living_child(user="nobody", python=python, folder=folder) as (child, _parent):
            await until(lambda: child.is_ready)
            assert not any(value for kind, value in capabilities_of(child.pid).items() if kind != "CapBnd")

    play(scenario)


BECOME = """
import os
from ftpair.dataplane.rights import wrapper
command = [*wrapper(None, {kept!r}), "grep", "CapEff", "/proc/self/status"]
os.execvp(command[0], command)
"""


@pytest.mark.parametrize(("kept", "effective"), [((), 0), (("net_raw",), 1 << CAPABILITIES["net_raw"])])
def test_what_a_unit_gives_the_supervisor_is_not_handed_on_without_need(open_to_nobody, kept, effective):
    python, _folder = open_to_nobody
    given = "-all,+net_raw,+net_bind_service"
    unit = ["--reuid=nobody", "--regid=nogroup", "--clear-groups", f"--inh-caps={given}", f"--ambient-caps={given}"]
    done = subprocess.run(
        ["setpriv", *unit, python, "-c", BECOME.format(kept=kept)], capture_output=True, text=True, check=True
    )
    assert int(done.stdout.split()[1], 16) == effective


AS_A_CLIENT = """
import socket
from ftpair.dataplane.confinement import WORKER, confine
from ftpair.dataplane.opening import Opening
confine(WORKER)
with socket.socket() as sock:
    Opening(source="192.0.2.7").bind(sock, "127.0.0.1")
    print(sock.getsockname()[0])
"""


@pytest.mark.parametrize(("kept", "status", "said"), [(("net_raw",), 0, "192.0.2.7\n"), (("net_bind_service",), 1, "")])
def test_a_confined_worker_needs_net_raw_and_no_more_to_be_a_client(open_to_nobody, kept, status, said):
    python, _folder = open_to_nobody
    command = [*wrapper(pwd.getpwnam("nobody"), kept), python, "-c", AS_A_CLIENT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (status, said), done.stderr
    assert said or "PermissionError" in done.stderr


def test_a_machine_without_setpriv_is_told_the_remedy(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SetupError, match=r"setpriv is not installed.*apt-get install util-linux"):
        wrapper(pwd.getpwnam("nobody"), ("net_raw",))


def test_a_user_who_cannot_read_ftpair_is_said_before_anything_starts(tmp_path):
    closed = tmp_path / "python"
    closed.symlink_to(sys.executable)
    tmp_path.chmod(0o700)
    with pytest.raises(SetupError, match=f"'nobody' cannot run {closed}; install ftpair where every user"):
        check_user("nobody", str(closed))


def test_a_user_that_does_not_exist_is_said_with_the_remedy():
    with pytest.raises(SetupError, match="there is no user 'ftp-nobody'; create it"):
        account("ftp-nobody")
