"""What the API changes."""

import pytest

from ftpair.core.actions import KillSession, SetAdmin
from ftpair.core.status import Admin


@pytest.mark.parametrize(("wish", "admin"), [("drain", Admin.DRAIN), ("halt", Admin.HALT), ("online", Admin.ONLINE)])
def test_a_server_is_set_and_the_supervisors_sentence_is_the_answer(http, supervisor, wish, admin):
    response = http.post(f"/api/v1/services/FTPS_VIP/servers/FTP_SVR2/{wish}")
    assert response.json() == {"sentence": f"{wish} FTP_SVR2: 3 sessions stay, 1 transfer"}
    assert supervisor.actions == [SetAdmin("FTPS_VIP", "FTP_SVR2", admin)]


def test_a_drain_has_its_way_and_its_deadline(http, supervisor):
    http.post("/api/v1/services/FTPS_VIP/servers/FTP_SVR2/drain", json={"wait_for": "transfers", "deadline_s": 300})
    assert supervisor.actions == [SetAdmin("FTPS_VIP", "FTP_SVR2", Admin.DRAIN, wait_for="transfers", deadline_s=300.0)]


@pytest.mark.parametrize(
    "how", [{"wait_for": "rain"}, {"deadline_s": -1}, {"deadline_s": "NaN"}, {"wait": "transfers"}]
)
def test_a_way_to_drain_that_there_is_not_asks_the_supervisor_nothing(http, supervisor, how):
    assert http.post("/api/v1/services/FTPS_VIP/servers/FTP_SVR2/drain", json=how).status_code == 400
    assert supervisor.actions == []


def test_an_unknown_wish_asks_the_supervisor_nothing(http, supervisor):
    response = http.post("/api/v1/services/FTPS_VIP/servers/FTP_SVR2/explode")
    assert response.status_code == 400
    assert "drain" in response.json()["detail"]
    assert supervisor.actions == []


def test_a_get_changes_nothing(http, supervisor):
    response = http.get("/api/v1/services/FTPS_VIP/servers/FTP_SVR2/drain")
    assert response.status_code == 405
    assert response.headers["allow"] == "POST"
    assert supervisor.actions == []


def test_an_unknown_server_is_refused_in_the_supervisors_words(http):
    response = http.post("/api/v1/services/FTPS_VIP/servers/NONE/drain")
    assert response.status_code == 404
    assert response.json()["detail"] == "there is no server FTPS_VIP NONE"


def test_a_session_is_ended(http, supervisor):
    assert http.delete("/api/v1/sessions/0-1f").json() == {"sentence": "kill 0-1f: ended"}
    assert supervisor.actions == [KillSession("0-1f")]


def test_a_session_that_is_gone_is_not_found(http):
    assert http.delete("/api/v1/sessions/9-9").status_code == 404


def test_a_drain_can_be_told_without_being_done(http, supervisor):
    http.post("/api/v1/services/FTPS_VIP/servers/FTP_SVR1/drain", params={"dry_run": True})
    assert supervisor.actions == [SetAdmin("FTPS_VIP", "FTP_SVR1", Admin.DRAIN, dry_run=True)]
