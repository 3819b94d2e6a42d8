"""The latest lines between two beats: bounded, and no warning is pushed out."""

import os

from ftpair.observe.recent import MOST, MOST_GRAVE, Recent, Sink
from ftpair.observe.stderr import Stderr


def lines(recent):
    return [text for message in recent.taken() for _, _, text in message.lines]


def test_lines_are_taken_once_in_order_with_moment_and_level():
    moments = iter((1.0, 2.0))
    recent = Recent(now=lambda: next(moments))
    recent.add("info", b"one")
    recent.add("warning", "zw\u00f6\xff".encode("latin-1"))
    (message,) = recent.taken()
    assert message.lines == ((1.0, "info", "one"), (2.0, "warning", "zw\\xf6\\xff"))
    assert list(recent.taken()) == []


def test_a_flood_pushes_out_old_lines_but_no_warning():
    recent = Recent()
    recent.add("error", b"grave")
    for number in range(3 * MOST):
        recent.add("info", b"%d" % number)
    assert lines(recent) == ["grave", *map(str, range(2 * MOST, 3 * MOST))]
    for number in range(3 * MOST):
        recent.add("warning", b"%d" % number)
    assert len(lines(recent)) == MOST > MOST_GRAVE


def test_every_line_goes_to_standard_error_and_into_memory():
    reader, writer = os.pipe()
    recent = Recent()
    sink = Sink(Stderr(writer), recent)
    for level in ("debug", "info", "warning", "error", "critical"):
        getattr(sink, level)(level.encode())
    assert os.read(reader, 1000) == b"debug\ninfo\nwarning\nerror\ncritical\n"
    (message,) = recent.taken()
    assert [level for _, level, _ in message.lines] == ["debug", "info", "warning", "error", "error"]
    os.close(reader)
    os.close(writer)
