"""Standard error: whole lines, and no reader can stop the writer."""

import os
import pty
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress

from ftpair.observe.stderr import PATIENCE_MS, Stderr


def test_a_line_arrives_with_its_end():
    reader, writer = os.pipe()
    Stderr(writer).msg(b"hello")
    assert os.read(reader, 100) == b"hello\n"
    os.close(reader)
    os.close(writer)


def test_a_reader_that_stops_costs_lines_and_hardly_any_time():
    reader, writer = os.pipe()
    sink = Stderr(writer)
    began = time.monotonic()
    for _ in range(1000):
        sink.msg(b"x" * 1000)
    assert time.monotonic() - began < PATIENCE_MS / 1000 + 1
    assert sink.lost > 900
    while len(os.read(reader, 65536)) == 65536:
        pass
    lost = sink.lost
    sink.msg(b"again")
    assert (lost > 900, sink.lost) == (True, 0)
    assert os.read(reader, 100) == b"again\n"
    os.close(reader)
    os.close(writer)


def test_a_reader_that_is_gone_is_no_error():
    reader, writer = os.pipe()
    os.close(reader)
    sink = Stderr(writer)
    sink.msg(b"anybody?")
    assert sink.lost == 1
    os.close(writer)


def test_a_full_disk_is_no_error():
    full = os.open("/dev/full", os.O_WRONLY)
    sink = Stderr(full)
    sink.msg(b"room?")
    assert sink.lost == 1
    os.close(full)


def test_a_terminal_is_known_from_a_pipe():
    reader, writer = os.pipe()
    master, terminal = pty.openpty()
    assert (Stderr(terminal).is_terminal, Stderr(writer).is_terminal) == (True, False)
    for descriptor in (reader, writer, master, terminal):
        os.close(descriptor)


HASTY = """
import sys
from ftpair.core.facts import ServerFailed
from ftpair.observe import log

log.configure("json")
sys.stdin.readline()
for number in range(300):
    log.log_fact(ServerFailed("S", "x" * 9000, f"reason {number}"))
print("done", flush=True)
"""


def test_two_processes_with_endless_lines_and_a_reader_that_never_reads_are_not_stopped():
    reader, writer = os.pipe()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", HASTY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=writer, text=True
        )
        for _ in range(2)
    ]
    try:
        for process in started:
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.communicate(timeout=20)[0] for process in started] == ["done\n", "done\n"]
    finally:
        for process in started:
            process.kill()
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        lines = pipe.read().splitlines()
    assert all(line.startswith(b"{") and line.endswith(b"}") for line in lines), "every line is whole"


def test_the_patience_for_a_slow_reader_is_spent_once_and_not_for_every_line():
    reader, writer = os.pipe()
    sink = Stderr(writer)
    waited = 0.0
    for _ in range(200):
        began = time.monotonic()
        sink.msg(b"x" * 4000)
        waited += time.monotonic() - began
        if sink.lost:
            os.read(reader, 4096)
    assert waited < 2 * PATIENCE_MS / 1000
    os.close(reader)
    os.close(writer)


def test_a_socket_that_nobody_reads_stops_nobody():
    ours, theirs = socket.socketpair()
    sink = Stderr(theirs.fileno())
    for _ in range(1000):
        sink.msg(b"x" * 1000)
    assert sink.lost
    assert ours.recv(1001) == b"x" * 1000 + b"\n"
    ours.close()
    theirs.close()


def test_who_shares_the_descriptor_keeps_it_as_it_was():
    reader, writer = os.pipe()
    Stderr(writer).msg(b"hello")
    assert os.get_blocking(writer)
    os.close(reader)
    os.close(writer)


def test_lines_in_a_file_and_what_others_write_there_do_not_overwrite_each_other():
    with tempfile.TemporaryFile() as file:
        os.write(file.fileno(), b"before\n")
        Stderr(file.fileno()).msg(b"line")
        os.write(file.fileno(), b"after\n")
        assert os.pread(file.fileno(), 100, 0) == b"before\nline\nafter\n"


def test_what_is_passed_on_to_children_does_not_block_them_either():
    """A child under another user may not open a pipe of root's anew, so it inherits one that never blocks."""
    reader, writer = os.pipe()
    shared = os.dup(writer)
    sink = Stderr(shared)
    sink.pass_on()
    assert (os.get_blocking(shared), os.get_blocking(writer)) == (False, True)
    os.write(shared, b"from a child\n")
    assert os.read(reader, 100) == b"from a child\n"
    for descriptor in (reader, writer, shared):
        os.close(descriptor)


def test_a_line_that_went_through_in_part_is_lost_and_the_next_begins_anew():
    ours, theirs = socket.socketpair()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.setblocking(False)
    sink = Stderr(theirs.fileno())
    sink.msg(b"x" * 1_000_000)
    assert sink.lost == 1
    with suppress(BlockingIOError):
        while ours.recv(1 << 20, socket.MSG_DONTWAIT):
            pass
    sink.msg(b"whole")
    assert (ours.recv(100), sink.lost) == (b"\nwhole\n", 0)
    ours.close()
    theirs.close()
