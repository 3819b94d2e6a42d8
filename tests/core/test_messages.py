"""Messages between the supervisor and its children: how many descriptors come with each."""

import pytest

from ftpair.core.messages import TABLES, HandOver, ListenerKey, Stop, UseHandover, UseMates, UsePlan, UseWeb
from ftpair.core.plan import Plan, WebPlan

LISTENER = ListenerKey("VIP", "explicit", "192.0.2.10", 21)


@pytest.mark.parametrize(
    ("message", "count"),
    [
        (UsePlan(Plan(1, 1, ()), (LISTENER, LISTENER)), 2),
        (UsePlan(Plan(1, 1, ())), 0),
        (UseWeb(WebPlan("127.0.0.1", 8443)), 1),
        (UseWeb(None), 0),
        (Stop(1.0), 0),
        (UseHandover("alike"), 1),
        (UseMates((1, 2)), 3),
        (HandOver(0, "alike", "0.1.0", 0, 8, "", b"", (LISTENER,), (("192.0.2.10", 1025),)), TABLES + 2),
    ],
)
def test_a_message_says_how_many_descriptors_it_brings(message, count):
    assert message.fd_count == count
