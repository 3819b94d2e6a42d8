"""Transfers that have ended: what the form asks for, what is wrong in it, page by page, and the sheet."""

import pytest

from ftpair.core.actions import GetTransferHistory, TransferHistoryIs
from tests.api.supervisor import past_transfer
from tests.web.streams import ESCAPED, HOSTILE

FORM = {
    "service": "FTPS_VIP",
    "server": "FTP_SVR1",
    "user": "alice & bob",
    "client": "198.51.100.7",
    "path": "a/b",
    "result": "failed",
    "from": "2026-01-01T00:00",
    "until": "2026-01-02T00:00:30",
}


def asked(supervisor):
    return next(action for action in supervisor.actions if isinstance(action, GetTransferHistory))


def test_every_field_is_asked_for(admin, supervisor):
    assert admin.get("/transfers/history", params=FORM | {"before": "77"}).status_code == 200
    assert asked(supervisor) == GetTransferHistory(
        service="FTPS_VIP",
        server="FTP_SVR1",
        user="alice & bob",
        client="198.51.100.7",
        path="a/b",
        result="failed",
        since=1767225600.0,
        until=1767312030.0,
        limit=50,
        before=77,
    )


def test_what_was_typed_stands_in_the_form_and_in_the_links(admin, supervisor):
    supervisor.answers[GetTransferHistory] = TransferHistoryIs((past_transfer(),), 40, 0)
    page = admin.get("/transfers/history", params=FORM).text
    assert 'value="alice &amp; bob"' in page
    assert '<option value="failed" selected>' in page
    assert "user=alice+%26+bob" in page
    assert "before=40" in page
    assert "/api/v1/transfers/history?" in page
    assert "from=1767225600.0" in page


def test_the_sheet_that_the_button_leads_to_is_there(admin):
    page = admin.get("/transfers/history", params=FORM).text
    sheet = page.split('href="/api/v1/transfers/history?')[1].split('"')[0].replace("&amp;", "&")
    answer = admin.get(f"/api/v1/transfers/history?{sheet}")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8; header=present")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("from", "yesterday", "Write a date and a time such as 2026-03-31T18:00."),
        ("until", "2026-13-01T00:00", "Write a date and a time such as 2026-03-31T18:00."),
        ("result", "lost", "Choose one of complete, failed, refused, cut, aborted."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(admin, supervisor, field, value, sentence):
    answer = admin.get("/transfers/history", params=FORM | {field: value})
    assert answer.status_code == 422
    assert f'id="wrong-{field}">{sentence}' in answer.text
    assert f'aria-describedby="wrong-{field}" autofocus' in answer.text
    assert 'value="alice &amp; bob"' in answer.text
    assert not any(isinstance(action, GetTransferHistory) for action in supervisor.actions)


def test_names_from_the_net_are_text(admin, supervisor):
    hostile = past_transfer(user=HOSTILE, path=HOSTILE, result="cut", reason=HOSTILE)
    supervisor.answers[GetTransferHistory] = TransferHistoryIs((hostile,), 0, 0)
    page = admin.get("/transfers/history").text
    assert page.count(ESCAPED) == 4
    assert "<img" not in page.replace('<img src="/static/mark.svg', "")


@pytest.mark.parametrize(
    ("found", "query", "sentence"),
    [
        (TransferHistoryIs((), 0, 0), "", "No transfer has ended yet"),
        (TransferHistoryIs((), 0, 0), "?user=anna", "No transfer is like that"),
        (TransferHistoryIs((), 9, 0), "?user=anna", "The search has not come to the end yet"),
        (TransferHistoryIs((), 0, 3), "", "3 transfers of this run could not be recorded"),
    ],
)
def test_what_is_not_there_is_said(admin, supervisor, found, query, sentence):
    supervisor.answers[GetTransferHistory] = found
    assert sentence in admin.get(f"/transfers/history{query}").text
