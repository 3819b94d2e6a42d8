"""HAProxy's log line about a session, read."""

import pytest

from ftpair.haproxy.journal import Line, read

LINE = "client=127.0.0.1:4711 service=VIP door=990 server=A ms=1500 bytes_down=20 bytes_up=10 end={}"


def test_a_line_is_read():
    assert read(LINE.format("CD")) == Line("127.0.0.1:4711", "VIP", 990, "A", 1.5, 10, 20, "ended by the client")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("--", "ended"),
        ("cD", "idle for too long"),
        ("K-", "ended by the administrator"),
        ("KD", "ended by the administrator"),
        ("D-", "server down"),
        ("SC", "the server could not be reached"),
        ("xx", "xx"),
    ],
)
def test_its_two_letters_become_words(code, words):
    assert read(LINE.format(code)).ended == words


def test_no_server_is_none():
    assert read(LINE.replace("server=A", "server=<NOSRV>").format("SC")).server == ""
