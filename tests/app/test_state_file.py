"""A file of the state folder: whole or not at all; a full disk costs one warning, and nothing once there is room."""

import os
import signal
import subprocess
import sys
import time

import pytest

from ftpair.app.state_file import StateFile


@pytest.fixture
def said():
    return []


@pytest.fixture
def file(tmp_path, said):
    return StateFile(tmp_path / "folder" / "state.json", said.append, "it begins anew", "it ends with this run")


def test_what_cannot_be_written_is_one_warning_and_is_written_when_there_is_room(tmp_path, file, said):
    (tmp_path / "folder").write_text("in the way")
    assert not file.write(b"first")
    assert not file.write(b"second")
    file.write_again()
    assert said == [f"{file.path} cannot be written (File exists): it ends with this run"]
    (tmp_path / "folder").unlink()
    file.write_again()
    assert file.path.read_bytes() == b"second"
    assert said[1:] == [f"{file.path} can be written again: nothing of it is missing"]
    file.write_again()
    assert len(said) == 2


def test_each_time_that_the_disk_is_full_is_told(tmp_path, file, said):
    for _ in range(2):
        (tmp_path / "folder").write_text("in the way")
        file.write(b"first")
        (tmp_path / "folder").unlink()
        file.write_again()
        file.path.unlink()
        file.path.parent.rmdir()
    assert len(said) == 4


def test_a_draft_that_a_full_disk_has_cut_is_removed(tmp_path, said):
    program = f"""
import resource, signal
from pathlib import Path
from ftpair.app.state_file import StateFile
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = StateFile(Path({str(tmp_path)!r}) / "state.json", print, "", "")
file.write(b"whole")
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
file.write(b"x" * 5000)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "cannot be written (File too large)" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert (tmp_path / "state.json").read_bytes() == b"whole"


def test_whoever_is_killed_while_writing_leaves_the_former_content_or_the_new_one(tmp_path):
    program = f"""
from pathlib import Path
from ftpair.app.state_file import StateFile
file = StateFile(Path({str(tmp_path)!r}) / "state.json", print, "", "")
number = 0
while True:
    file.write(b"%d " % number * 20000)
    number += 1
"""
    path = tmp_path / "state.json"
    for _ in range(10):
        with subprocess.Popen([sys.executable, "-c", program]) as process:
            path.unlink(missing_ok=True)
            while not path.exists():
                assert process.poll() is None
            time.sleep(int.from_bytes(os.urandom(1), "big") / 2000)
            process.send_signal(signal.SIGKILL)
            process.wait()
        words = path.read_bytes().split()
        assert (len(words), len(set(words))) == (20000, 1)
