"""Users, tokens and the audit trail over the API; the answers of the supervisor are given."""

import pytest

from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    ChangeUser,
    GetAudit,
    RemoveToken,
    RemoveUser,
)
from ftpair.core.accounts import Role

PASSWORD = "correct horse battery"


def test_users_are_listed_without_their_secrets(http):
    anna, ben = http.get("/api/v1/users").json()
    assert anna == {
        "name": "anna",
        "role": "admin",
        "has_totp": True,
        "is_disabled": False,
        "made": 1767225600.0,
        "last_login": 1767229200.0,
    }
    assert (ben["name"], ben["role"], ben["is_disabled"]) == ("ben", "viewer", True)


def test_a_user_is_added_changed_and_removed(http, supervisor):
    added = http.post("/api/v1/users", json={"name": "ben", "password": PASSWORD, "role": "operator"})
    assert added.json() == {"sentence": "ben may log in as operator"}
    assert http.patch("/api/v1/users/ben", json={"role": "admin", "is_disabled": False}).status_code == 200
    assert http.patch("/api/v1/users/ben", json={"forget_totp": True}).status_code == 200
    assert http.delete("/api/v1/users/ben").json() == {"sentence": "ben is removed"}
    assert supervisor.actions == [
        AddUser("ben", PASSWORD, Role.OPERATOR),
        ChangeUser("ben", role=Role.ADMIN, is_disabled=False),
        ChangeUser("ben", forget_totp=True),
        RemoveUser("ben"),
    ]


def test_who_is_not_said_to_be_more_is_a_viewer(http, supervisor):
    http.post("/api/v1/users", json={"name": "ben", "password": PASSWORD})
    http.post("/api/v1/tokens", json={"name": "prometheus"})
    assert supervisor.actions == [
        AddUser("ben", PASSWORD, Role.VIEWER),
        AddToken("prometheus", Role.VIEWER, 90 * 86_400),
    ]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("users", {"name": "ben"}),
        ("users", {"name": "ben", "password": PASSWORD, "role": "root"}),
        ("users", {"name": "", "password": PASSWORD}),
        ("tokens", {"name": "t", "for_s": 0}),
        ("tokens", {"name": "t", "for_s": 1e12}),
        ("tokens", {"name": "t", "role": None}),
    ],
)
def test_what_makes_no_sense_reaches_nobody(http, supervisor, path, body):
    answer = http.post(f"/api/v1/{path}", json=body)
    assert (answer.status_code, supervisor.actions) == (400, [])
    assert PASSWORD not in answer.text


def test_the_secret_of_a_token_is_told_once(http, supervisor):
    made = http.post("/api/v1/tokens", json={"name": "prometheus", "role": "viewer", "for_s": 60})
    assert made.json() == {"secret": "ftpair_secret", "sentence": "token prometheus"}
    assert "secret" not in http.get("/api/v1/tokens").text
    assert http.delete("/api/v1/tokens/prometheus").status_code == 200
    assert supervisor.actions[0] == AddToken("prometheus", Role.VIEWER, 60.0)
    assert supervisor.actions[-1] == RemoveToken("prometheus")


def test_the_audit_trail_is_paged_and_narrowed(http, supervisor):
    (entry,) = http.get("/api/v1/audit").json()
    assert (entry["name"], entry["action"], entry["outcome"]) == ("anna", "drain", "done")
    http.get("/api/v1/audit", params={"limit": 5, "before": 9, "user": "anna", "action": "drain", "outcome": "refused"})
    assert supervisor.actions == [GetAudit(), GetAudit(5, 9, "anna", "drain", "refused")]


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "before=-1", "outcome=failed"])
def test_a_wrong_question_is_told_what_is_wrong(http, query):
    answer = http.get(f"/api/v1/audit?{query}")
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:ftpair:problem:wrong-request")
