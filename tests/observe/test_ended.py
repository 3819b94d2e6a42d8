"""Ended transfers between two beats: all of them up to a bound, and the rest counted."""

from ftpair.observe.ended import FRAME, MOST, EndedTransfers
from tests.observe.examples import transfer


def test_every_transfer_is_told_once_with_its_moment():
    moments = iter((10.0, 11.0))
    ended = EndedTransfers(now=lambda: next(moments))
    ended.add(transfer(path="/a"))
    ended.add(transfer(path="/b"))
    (message,) = ended.taken()
    assert [(at, fact.path) for at, fact in message.transfers] == [(10.0, "/a"), (11.0, "/b")]
    assert message.unrecorded == 0
    assert list(ended.taken()) == []


def test_what_is_more_than_a_beat_carries_is_counted_and_not_kept():
    ended = EndedTransfers()
    for _ in range(MOST + 7):
        ended.add(transfer())
    messages = list(ended.taken())
    assert [len(message.transfers) for message in messages] == [FRAME] * (MOST // FRAME)
    assert [message.unrecorded for message in messages] == [7] + [0] * (MOST // FRAME - 1)
    ended.add(transfer())
    assert [message.unrecorded for message in ended.taken()] == [0]
