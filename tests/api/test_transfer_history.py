"""Ended transfers over HTTP: pages of JSON, and a sheet that no spreadsheet runs."""

import csv
import io

import httpx
import pytest

from ftpair.api.sheets import csv_text
from ftpair.core.actions import GetTransferHistory, Refused, TransferHistoryIs
from tests.api.supervisor import past_transfer

ROUTE = "/api/v1/transfers/history"


def test_a_page_has_the_transfers_and_where_to_go_on(http, supervisor):
    supervisor.answers[GetTransferHistory] = TransferHistoryIs((past_transfer(),), 1207, 3)
    answer = http.get(ROUTE).json()
    assert answer["transfers"][0]["path"] == "backup.tar"
    assert (answer["next"], answer["unrecorded"]) == (1207, 3)


def test_everything_that_is_sought_reaches_the_supervisor(http, supervisor):
    words = {"service": "VIP", "server": "S", "user": "ann", "client": "192.0.2.7", "path": "a/b", "result": "failed"}
    http.get(ROUTE, params=words | {"from": 10, "until": 20.5, "limit": 7, "before": 99})
    assert supervisor.actions == [GetTransferHistory(**words, since=10.0, until=20.5, limit=7, before=99)]


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": 1001}, {"result": "odd"}, {"from": "nan"}, {"before": -1}, {"format": "xml"}],
)
def test_what_means_nothing_is_a_problem(http, wrong):
    response = http.get(ROUTE, params=wrong)
    assert response.status_code == 400
    assert next(iter(wrong)) in response.json()["detail"]


def test_a_sheet_has_all_pages(http, supervisor):
    pages = {0: TransferHistoryIs((past_transfer(number=9),), 9, 0), 9: TransferHistoryIs((), 5, 0)}
    pages[5] = TransferHistoryIs((past_transfer(number=4, path='a "b", c'),), 0, 0)
    supervisor.answers[GetTransferHistory] = lambda action: pages[action.before]
    response = http.get(ROUTE, params={"format": "csv", "user": "alice"})
    assert response.headers["content-disposition"] == 'attachment; filename="transfers.csv"'
    titles, *rows = csv.reader(io.StringIO(response.text, newline=""))
    assert (titles[0], titles[8]) == ("number", "path")
    assert [(row[0], row[1], row[8]) for row in rows] == [
        ("9", "2026-01-01T00:00:00.250Z", "backup.tar"),
        ("4", "2026-01-01T00:00:00.250Z", 'a "b", c'),
    ]
    assert {action.user for action in supervisor.actions} == {"alice"}


def test_a_sheet_that_cannot_be_ended_is_cut_and_does_not_look_whole(http, supervisor):
    pages = {0: TransferHistoryIs((past_transfer(),), 9, 0), 9: Refused("busy", "the disk is busy")}
    supervisor.answers[GetTransferHistory] = lambda action: pages[action.before]
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        http.get(ROUTE, params={"format": "csv"})


def test_a_sheet_that_cannot_be_begun_is_a_problem(http, supervisor):
    supervisor.answers[GetTransferHistory] = Refused("busy", "the disk is busy")
    assert http.get(ROUTE, params={"format": "csv"}).status_code == 409


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@a", "\tx", "\rx", "\uff1dx"])
def test_no_name_is_a_formula(name):
    ((cell, number),) = csv.reader(io.StringIO(csv_text([(name, -1)]), newline=""))
    assert cell == f"'{name}"
    assert number == "-1"


def test_lines_end_as_rfc_4180_has_it_and_quotes_are_doubled():
    assert csv_text([("a", 'b"c', "d,e", "f\ng")]) == 'a,"b""c","d,e","f\ng"\r\n'
