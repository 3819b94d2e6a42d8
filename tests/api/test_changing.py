"""What the API changes."""

import pytest

from ftpair.core.actions import Applied, Apply, KillSession, Problem, Refused, SetAdmin
from ftpair.core.status import Admin


@pytest.mark.parametrize(("wish", "admin"), [("drain", Admin.DRAIN), ("halt", Admin.HALT), ("online", Admin.ONLINE)])
def test_a_server_is_set_and_the_supervisors_sentence_is_the_answer(http, supervisor, wish, admin):
    response = http.post(f"/api/v1/services/FTPS_VIP/servers/FTP_SVR2/{wish}")
    assert response.json() == {"sentence": f"{wish} FTP_SVR2: 3 sessions stay, 1 transfer"}
    assert supervisor.actions == [SetAdmin("FTPS_VIP", "FTP_SVR2", admin)]


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


@pytest.mark.parametrize(
    ("options", "dry_run"),
    [({}, False), ({"json": {}}, False), ({"json": {"dry_run": False}}, False), ({"json": {"dry_run": True}}, True)],
)
def test_apply_tells_the_steps(http, supervisor, options, dry_run):
    response = http.post("/api/v1/apply", **options)
    assert response.json() == {
        "revision": 5,
        "dry_run": dry_run,
        "steps": ["add server FTP_SVR3 to FTPS_VIP"],
        "warnings": [],
    }
    assert supervisor.actions == [Apply(dry_run)]


def test_warnings_of_the_configuration_are_no_steps(http, supervisor):
    supervisor.answers[Apply] = Applied(5, ("a step",), (Problem("virtual_services.VIP.ports", "is odd", 7),))
    done = http.post("/api/v1/apply").json()
    assert done["steps"] == ["a step"]
    assert done["warnings"] == [{"path": "virtual_services.VIP.ports", "line": 7, "sentence": "is odd"}]


def test_an_invalid_configuration_is_a_problem_with_every_place(http, supervisor):
    found = Problem("virtual_services.VIP.ports", "must be 65535 or less", 7)
    supervisor.answers[Apply] = Refused("invalid", "ftpair.yaml has 1 problem", (found,))
    response = http.post("/api/v1/apply")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:ftpair:problem:invalid",
        "title": "The configuration is invalid; nothing was changed",
        "status": 422,
        "detail": "ftpair.yaml has 1 problem",
        "problems": [{"path": "virtual_services.VIP.ports", "line": 7, "sentence": "must be 65535 or less"}],
    }


@pytest.mark.parametrize("body", ["{", '{"dry_run": "perhaps"}', "[]"])
def test_a_body_that_is_no_wish_is_refused_and_nothing_is_asked(http, supervisor, body):
    response = http.post("/api/v1/apply", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert supervisor.actions == []


@pytest.mark.parametrize(("kind", "status"), [("setup", 409), ("busy", 409), ("internal", 500), ("not-found", 404)])
def test_every_refusal_has_its_status_and_keeps_its_sentence(http, supervisor, kind, status):
    supervisor.answers[Apply] = Refused(kind, "port 21 is in use: stop what listens there")
    response = http.post("/api/v1/apply")
    assert response.status_code == status
    assert response.json()["type"] == f"urn:ftpair:problem:{kind}"
    assert response.json()["detail"] == "port 21 is in use: stop what listens there"
