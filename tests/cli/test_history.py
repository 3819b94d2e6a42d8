"""`transfers --history`."""

import json

import pytest

from ftpair.core.actions import GetTransferHistory, TransferHistoryIs
from tests.api.supervisor import past_transfer


def test_ended_transfers_are_a_table_the_newest_first(ftpair, supervisor):
    ran = ftpair("transfers", "--history")
    assert ran.status == 0
    assert ran.err == ""
    titles, first, second = (line.split() for line in ran.out.splitlines())
    assert titles == [
        *("ENDED", "SERVICE", "USER", "CLIENT", "SERVER", "VERB", "BYTES", "FOR", "RATE", "RESULT", "PATH", "WHY")
    ]
    assert first[2:7] == ["FTPS_VIP", "alice", "198.51.100.7:50122", "FTP_SVR1", "RETR"]
    assert first[7:] == ["256.0", "MiB", "5.1", "s", "50.0", "MiB/s", "complete", "backup.tar"]
    assert second[-2:] == ["cut", "backup.tar"]


def test_what_is_sought_reaches_the_supervisor(ftpair, supervisor):
    words = ("--user", "ann", "--client", "192.0.2.7", "--path", "a/b", "--result", "failed", "--limit", "7")
    ftpair("transfers", "--history", *words, "--since", "2026-01-01T00:00:00+00:00")
    assert supervisor.actions == [
        GetTransferHistory(user="ann", client="192.0.2.7", path="a/b", result="failed", since=1767225600.0, limit=7)
    ]


def test_a_long_search_goes_on_until_enough_is_found(ftpair, supervisor):
    pages = {0: TransferHistoryIs((past_transfer(number=9),), 9, 0), 9: TransferHistoryIs((), 5, 0)}
    pages[5] = TransferHistoryIs((past_transfer(number=4),), 0, 2)
    supervisor.answers[GetTransferHistory] = lambda action: pages[action.before]
    ran = ftpair("transfers", "--history", "--json")
    assert [row["number"] for row in json.loads(ran.out)["transfers"]] == [9, 4]
    ran = ftpair("transfers", "--history")
    assert ran.err == "2 transfers could not be recorded since the start; the log says why.\n"
    assert len(json.loads(ftpair("transfers", "--history", "--json", "--limit", "1").out)["transfers"]) == 1


def test_csv_is_what_the_api_says(ftpair, supervisor):
    ran = ftpair("transfers", "--history", "--csv")
    with supervisor.http() as http:
        assert ran.out == http.get("/api/v1/transfers/history", params={"format": "csv"}).text
    assert ran.out.startswith("number,at,service,")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--csv",), "--csv is for transfers that have ended: say --history, too."),
        (("--since", "2h", "--path", "a"), "--path, --since is for transfers that have ended: say --history, too."),
        (("--history", "--watch"), "--watch shows running transfers"),
        (("--history", "--since", "soon"), "'soon' is no time"),
        (("--history", "--json", "--csv"), "Say --json or --csv, not both."),
        (("--history", "--result", "odd"), "result"),
    ],
)
def test_wrong_use_is_one_sentence(ftpair, supervisor, words, sentence):
    ran = ftpair("transfers", *words)
    assert ran.status == 2
    assert sentence in ran.err
    assert ran.out == ""
