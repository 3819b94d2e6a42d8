import socket

import pytest

from ftpair.core.errors import SetupError
from ftpair.demo.certificates import issue
from ftpair.demo.stage import Stage


def is_open(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def test_everything_listens_inside_and_nothing_is_left_behind(place):
    ports = [(at.host, at.port) for at in place.servers.values()]
    ports += [(place.vip, port) for port in place.ports.values()]
    with Stage(place, issue(place.folder / "tls", place.vip)):
        assert all(is_open(*port) for port in ports)
    assert not any(is_open(*port) for port in ports)


def test_a_server_that_does_not_start_is_one_sentence_and_leaves_nothing_behind(place):
    first, second = list(place.servers.values())[:2]
    with (
        socket.create_server((second.host, second.port)),
        pytest.raises(SetupError, match=r"^SVR2 did not start: .*Address already in use"),
        Stage(place, issue(place.folder / "tls", place.vip)),
    ):
        pass
    assert not is_open(first.host, first.port)


def test_the_last_words_of_ftpair_are_told_when_it_does_not_start(place):
    papers = issue(place.folder / "tls", place.vip)
    papers.key.unlink()
    with pytest.raises(SetupError, match=r"^ftpair did not start: .*key\.pem"), Stage(place, papers):
        pass
