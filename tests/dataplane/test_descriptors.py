"""Counting descriptors works when there are none left."""

import os
import resource

from ftpair.dataplane.descriptors import FEWEST_SESSIONS, OpenDescriptors, most_sessions, open_descriptors

from . import descriptors


def test_every_open_descriptor_is_counted():
    before = open_descriptors()
    fds = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
    assert open_descriptors() == before + 3
    for fd in fds:
        os.close(fd)
    assert open_descriptors() == before


def test_without_a_free_descriptor_the_last_figure_is_told_again():
    counting = OpenDescriptors()
    before = counting.count()
    assert before > 0
    with descriptors.only(0):
        assert counting.count() == before


def test_a_count_that_begins_without_a_free_descriptor_is_zero_and_no_error():
    with descriptors.only(0):
        assert OpenDescriptors().count() == 0


def test_no_more_sessions_are_let_in_than_there_are_descriptors_for():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
        assert most_sessions() == 418
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, hard))
        assert most_sessions() == FEWEST_SESSIONS
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
