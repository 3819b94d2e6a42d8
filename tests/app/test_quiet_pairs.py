"""A session of TCP mode is over when its client has no data connection and its control connection is quiet."""

from dataclasses import replace

from ftpair.api import examples
from ftpair.app.quiet_pairs import QuietPairs
from ftpair.core.actions import SessionTable
from ftpair.core.endpoint import Endpoint
from ftpair.core.plan import ServerPlan
from ftpair.core.status import SessionRow, TransferRow

ONE = ServerPlan(1, "VIP", "ONE", Endpoint("10.0.0.1", 21))
SESSION = replace(
    SessionRow(**examples.SESSION), id="s", service="VIP", server="ONE", client="192.0.2.7:50000", bytes_up=5
)
TRANSFER = replace(TransferRow(**examples.TRANSFER), session="", service="VIP", server="ONE", client="192.0.2.7:50001")


def look(pairs, now, sessions=(SESSION,), transfers=()):
    return [row.id for row in pairs.look(SessionTable(tuple(sessions), tuple(transfers)), [ONE], now)]


def test_a_session_that_is_quiet_for_long_enough_is_over():
    pairs = QuietPairs(3.0)
    assert [look(pairs, now) for now in (10.0, 12.9, 13.0)] == [[], [], ["s"]]


def test_a_command_or_a_reply_begins_the_time_anew():
    pairs = QuietPairs(3.0)
    look(pairs, 10.0)
    spoken = replace(SESSION, bytes_down=1)
    assert [look(pairs, now, [spoken]) for now in (13.0, 15.9, 16.0)] == [[], [], ["s"]]


def test_a_transfer_of_the_same_client_keeps_it_however_long_it_takes():
    pairs = QuietPairs(3.0)
    look(pairs, 10.0)
    assert look(pairs, 1000.0, transfers=[TRANSFER]) == []
    assert [look(pairs, now) for now in (1001.0, 1004.0)] == [[], ["s"]]


def test_transfers_of_other_clients_servers_and_services_keep_nobody():
    for other in ({"client": "192.0.2.70:1"}, {"server": "TWO"}, {"service": "VIP2"}):
        pairs = QuietPairs(3.0)
        look(pairs, 10.0)
        assert look(pairs, 13.0, transfers=[replace(TRANSFER, **other)]) == ["s"]


def test_sessions_of_other_servers_stay():
    pairs = QuietPairs(0.0)
    assert look(pairs, 10.0, [replace(SESSION, server="TWO"), replace(SESSION, service="VIP2")]) == []
