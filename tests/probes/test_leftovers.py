"""Which probe files may be deleted."""

import time

import pytest

from ftpair.probes.leftovers import MOST_KEPT, OLD_S, in_listing, is_crowded, new_name


def test_names_are_unique_and_found_again_in_any_listing(at):
    names = {new_name(at(21)) for _ in range(100)}
    assert len(names) == 100
    unix = "\r\n".join(f"-rw-r--r--   1 ftp ftp 20001 Nov 30 04:00 {name}" for name in names)
    windows = "\r\n".join(f"11-30-26  04:00AM   20001 {name}" for name in names)
    for listing in (unix, windows):
        assert set(in_listing(listing.encode(), at(21), 5.0)) == names


@pytest.mark.parametrize(
    ("age_s", "is_old"), [(0.0, False), (OLD_S, False), (OLD_S + 30.0, False), (OLD_S + 90.0, True), (-OLD_S, False)]
)
def test_a_file_of_another_prober_is_left_until_it_is_old(at, age_s, is_old):
    name = new_name(at(21, slot=2), now=time.time() - age_s)
    assert in_listing(name.encode(), at(21), longest_visit_s=60.0) == ([name] if is_old else [])


def test_another_entrance_of_the_same_server_is_another_prober(at):
    assert in_listing(new_name(at(990)).encode(), at(21), 5.0) == []


@pytest.mark.parametrize("name", ["ftpair-probe-.tmp", "ftpair-probe-x-1-2.tmp", "ftpair-doctor-00.tmp", "a\r\nb"])
def test_other_files_are_never_touched(at, name):
    assert in_listing(name.encode(), at(21), 5.0) == []


def test_many_are_a_crowd_whosever_they_are(at):
    listing = "\n".join(new_name(at(21, slot=slot)) for slot in range(MOST_KEPT))
    assert is_crowded(listing.encode())
    assert not is_crowded(listing.rpartition("\n")[0].encode())
