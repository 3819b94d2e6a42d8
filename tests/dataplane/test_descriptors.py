"""Counting descriptors works when there are none left."""

import os
import resource

from ftpair.dataplane.descriptors import OpenDescriptors, is_one_left, most_descriptors, open_descriptors, used_up

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


def test_the_soft_limit_is_what_may_be_open():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (1000, hard))
        assert most_descriptors() == 1000
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_whether_one_is_left_is_tried_and_a_failure_is_counted():
    before = used_up["connect"]
    assert is_one_left()
    with descriptors.only(0):
        assert not is_one_left()
    assert used_up["connect"] == before + 1
