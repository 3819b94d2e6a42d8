"""Standard error: whole lines, and no reader can stop the writer."""

import os
import pty
import time

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
