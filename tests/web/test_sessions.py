"""Sessions: the table that lives, one session in all its details, and the end of one."""

import pytest

from ftpair.core.accounts import Role
from ftpair.core.actions import GetSessions, KillSession, SessionTable
from tests.api.supervisor import session, transfer
from tests.web.streams import ESCAPED, HOSTILE, SHOWN, tables, told


def test_the_page_has_the_search_as_the_url_says(admin):
    page = admin.get("/sessions", params={"q": 'a"b', "service": "OTHER_VIP", "server": "GONE", "sort": "-rate"}).text
    assert 'value="a&#34;b"' in page
    assert '<option value="OTHER_VIP" selected>' in page
    assert '<option value="GONE" selected>' in page
    assert 'data-wanted="-rate"' in page


def test_a_stream_tells_every_row_once_and_then_what_changed_and_what_is_gone(admin, supervisor):
    one, two, new = session(id="0-1"), session(id="0-2", state="idle"), session(id="0-3")
    changed = session(id="0-2", state="idle", command="NOOP")
    supervisor.answers[GetSessions] = tables((one, two), (changed, new))
    first, then = told(admin, "sessions", 2)
    assert (first["whole"], [row["key"] for row in first["rows"]], first["gone"]) == (True, ["0-1", "0-2"], [])
    assert (then["whole"], [row["key"] for row in then["rows"]], then["gone"]) == (False, ["0-2", "0-3"], ["0-1"])
    assert then["rows"][0]["command"] == "NOOP"


def test_a_rate_is_what_moved_since_the_last_look(admin, supervisor):
    supervisor.answers[GetSessions] = tables(
        (session(bytes_down=0),), (session(bytes_down=10_000_000),), (session(bytes_down=10_000_000),)
    )
    first, then, last = told(admin, "sessions", 3)
    assert [each["rows"][0]["rate"] for each in (first, last)] == [0, 0]
    assert 5_000_000 < then["rows"][0]["rate"] < 12_000_000


def test_names_from_the_net_arrive_as_they_read(admin, supervisor):
    supervisor.answers[GetSessions] = tables((session(user=HOSTILE, command=f"RETR {HOSTILE}"),))
    (row,) = told(admin, "sessions", 1)[0]["rows"]
    assert row["user"] == SHOWN


def test_a_session_that_survived_its_server_tells_where_it_was(admin, supervisor):
    supervisor.answers[GetSessions] = tables((session(rescued_from="FTP_SVR2"),))
    assert told(admin, "sessions", 1)[0]["rows"][0]["server"] == "FTP_SVR1 (rescued from FTP_SVR2)"


def test_what_an_apply_removed_says_so(admin, supervisor):
    supervisor.answers[GetSessions] = tables((session(removed="server"),))
    assert told(admin, "sessions", 1)[0]["rows"][0]["server"] == "FTP_SVR1 (removed)"


def test_one_session_is_shown_with_its_transfer(admin, supervisor):
    supervisor.answers[GetSessions] = SessionTable(
        (session(user=HOSTILE),), (transfer(path=HOSTILE), transfer(session="0-9", path="other.txt"))
    )
    page = admin.get("/sessions/0-1f").text
    assert page.count(ESCAPED) == 2
    assert "<img src=x" not in page
    assert "other.txt" not in page


def test_a_session_that_has_ended_says_so_and_leads_back(admin):
    page = admin.get("/sessions/9-9").text
    assert "This session has ended" in page
    assert 'href="/sessions"' in page


def test_the_dialog_says_whose_session_it_is_and_what_is_cut(admin, supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(user=HOSTILE),), (transfer(),))
    dialog = admin.get("/sessions/0-1f/end", headers={"HX-Request": "true"}).text
    assert ESCAPED in dialog
    assert "1 transfer of it is cut, and the file stays incomplete" in dialog
    assert "backup.tar" in dialog


def test_a_session_without_a_transfer_loses_nothing(admin, supervisor):
    supervisor.answers[GetSessions] = SessionTable((session(),), ())
    assert "It transfers nothing at the moment." in admin.get("/sessions/0-1f/end").text


def test_it_is_ended_and_the_sentence_is_shown(admin, supervisor):
    answer = admin.act("POST", "/sessions/0-1f/end")
    assert (answer.status_code, answer.headers["hx-trigger"]) == (200, "dialog:close")
    assert "kill 0-1f: ended" in answer.text
    assert supervisor.actions[-1] == KillSession("0-1f")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_one_that_is_gone_is_a_message_on_the_page(admin, method):
    answer = admin.act(method, "/sessions/9-9/end")
    assert answer.status_code == 404
    assert 'role="alert"' in answer.text


def test_who_only_sees_ends_nothing(browsing, supervisor):
    with browsing(Role.VIEWER) as viewer:
        assert "data-end" not in viewer.get("/sessions").text
        assert "/sessions/0-1f/end" not in viewer.get("/sessions/0-1f").text
        assert viewer.act("POST", "/sessions/0-1f/end").status_code == 403
    assert not any(isinstance(action, KillSession) for action in supervisor.actions)
