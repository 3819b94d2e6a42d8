import ssl
import threading
from dataclasses import replace

import pytest

from ftpair.demo.certificates import issue
from ftpair.demo.stage import Stage
from ftpair.demo.trial import MIB, StoppedError, Watch, Way, make_sample, try_way

WAY = Way("implicit", ssl.TLSVersion.TLSv1_3)


def nobody() -> Watch:
    return Watch(lambda *_: None, threading.Event())


@pytest.fixture
def papers(place):
    return issue(place.folder / "tls", place.vip)


def test_a_file_that_arrived_is_right_both_ways_and_says_who_served(place, papers):
    with Stage(place, papers):
        up, down = try_way(place, papers.ca, WAY, make_sample(place.folder, MIB), nobody())
    assert (up.is_right, down.is_right) == (True, True)
    assert (up.direction, down.direction) == ("upload", "download")
    assert up.server == down.server in place.servers
    assert up.tls.startswith("TLSv1.3 TLS_")
    assert up.is_resumed


def test_a_file_that_differs_is_wrong(place, papers):
    with Stage(place, papers):
        sample = replace(make_sample(place.folder, 1024), sha256="0" * 64)
        up, down = try_way(place, papers.ca, WAY, sample, nobody())
    assert (up.fault, down.fault) == ("the checksum differs", "the checksum differs")


def test_bytes_are_counted_while_they_move(place, papers):
    moved: dict[str, int] = {"upload": 0, "download": 0}

    def count(_way, direction, _size, size):
        moved[direction] += size

    with Stage(place, papers):
        try_way(place, papers.ca, WAY, make_sample(place.folder, MIB), Watch(count, threading.Event()))
    assert moved == {"upload": MIB, "download": MIB}


def test_a_transfer_ends_when_the_person_stops_it(place, papers):
    watch = nobody()
    watch.stopped.set()
    with Stage(place, papers), pytest.raises(StoppedError):
        try_way(place, papers.ca, WAY, make_sample(place.folder, MIB), watch)


def test_a_session_that_cannot_be_made_is_two_wrong_transfers_with_the_reason(place, papers):
    sample = make_sample(place.folder, 1024)
    outcomes = try_way(place, papers.ca, WAY, sample, nobody())
    assert [outcome.fault for outcome in outcomes] == ["[Errno 111] Connection refused"] * 2
