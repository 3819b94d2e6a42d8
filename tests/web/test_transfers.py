"""Transfers that run: a table that lives."""

from ftpair.core.accounts import Role
from ftpair.core.actions import GetSessions, SessionTable
from tests.api.supervisor import transfer
from tests.web.streams import HOSTILE, SHOWN, following, told


def tables(*of_transfers):
    return following(*(SessionTable((), tuple(transfers)) for transfers in of_transfers))


def test_a_transfer_is_told_with_its_rate_of_this_moment(admin, supervisor):
    supervisor.answers[GetSessions] = tables((transfer(bytes=0, bytes_per_second=7.0),), (transfer(bytes=10_000_000),))
    first, then = told(admin, "transfers", 2)
    assert (first["rows"][0]["rate"], first["rows"][0]["verb"]) == (7, "RETR down")
    assert 5_000_000 < then["rows"][0]["rate"] < 12_000_000


def test_the_next_file_of_a_session_is_another_row(admin, supervisor):
    supervisor.answers[GetSessions] = tables((transfer(path="a"),), (transfer(path="b"),))
    _first, then = told(admin, "transfers", 2)
    assert ([row["path"] for row in then["rows"]], len(then["gone"])) == (["b"], 1)


def test_connections_that_only_haproxy_knows_are_told_apart(admin, supervisor):
    hidden = {"session": "", "user": "", "verb": "", "path": ""}
    rows = (transfer(**hidden, client="198.51.100.7:1"), transfer(**hidden, client="198.51.100.7:2"))
    supervisor.answers[GetSessions] = tables(rows)
    assert len({row["key"] for row in told(admin, "transfers", 1)[0]["rows"]}) == 2


def test_names_from_the_net_arrive_as_they_read(admin, supervisor):
    supervisor.answers[GetSessions] = tables((transfer(user=HOSTILE, path=HOSTILE),))
    (row,) = told(admin, "transfers", 1)[0]["rows"]
    assert (row["user"], row["path"]) == (SHOWN, SHOWN)


def test_who_only_sees_gets_no_buttons(browsing):
    with browsing(Role.VIEWER) as viewer:
        assert "data-end" not in viewer.get("/transfers").text
