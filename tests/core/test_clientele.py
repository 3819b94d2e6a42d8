"""Tests of ftpair.core.clientele."""

import pytest

from ftpair.core.clientele import Seen, client_rows, judge


def seen(resumed=0, not_resumed=0, clear=0, client="192.0.2.1", tls="TLSv1.3", at=1.0):
    return Seen("VIP", client, "ann", "Prog", resumed, not_resumed, clear, tls, at)


@pytest.mark.parametrize(
    ("one", "would_break", "verdict"),
    [
        (seen(1), False, "would work: 1 data connection resumed the session's TLS"),
        (seen(12), False, "would work: 12 data connections resumed the session's TLS"),
        (seen(clear=3), True, "would be refused: its data connections are in clear text"),
        (seen(not_resumed=3), True, "would break: it never resumes the session's TLS"),
        (seen(2, 1), True, "would break at times: of 3 data connections 1 not resumed"),
        (seen(2, clear=1), True, "would break at times: of 3 data connections 1 in clear text"),
        (seen(2, 1, 1), True, "would break at times: of 4 data connections 1 not resumed and 1 in clear text"),
    ],
)
def test_what_becomes_of_a_client_is_told_in_a_sentence(one, would_break, verdict):
    assert judge(one) == (would_break, verdict)


def test_what_several_workers_have_seen_of_a_client_is_one_row():
    (row,) = client_rows([seen(2, at=5.0, tls=""), seen(1, 1, at=3.0, tls="TLSv1.2"), seen(clear=1, at=4.0, tls="")])
    assert (row.resumed, row.not_resumed, row.clear, row.seen, row.tls) == (3, 1, 1, 5.0, "TLSv1.2")
    assert (row.service, row.client, row.user, row.program) == ("VIP", "192.0.2.1", "ann", "Prog")


def test_the_newest_client_comes_first():
    rows = client_rows([seen(1, client="a", at=1.0), seen(1, client="b", at=3.0), seen(1, client="c", at=2.0)])
    assert [row.client for row in rows] == ["b", "c", "a"]
