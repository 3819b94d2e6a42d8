"""Bans over the API."""

import pytest

from ftpair.api import examples
from ftpair.core.actions import AddBan, GetBans, LiftBan, Refused

REFUSED = Refused("not-found", "FTPS_VIP has no ban of 'anna'; `ftpair bans` lists them")


def test_bans_are_listed_and_may_be_those_of_one_service(http, supervisor):
    rows = http.get("/api/v1/bans").json()
    assert [row["subject"] for row in rows] == ["198.51.100.7", "anna"]
    assert rows[0] == examples.BAN
    assert [row["subject"] for row in http.get("/api/v1/bans?service=OTHER_VIP").json()] == ["anna"]
    assert supervisor.actions == [GetBans(), GetBans()]


def test_somebody_is_banned_in_the_supervisors_words(http, supervisor):
    answer = http.post("/api/v1/services/FTPS_VIP/bans", json={"subject": "198.51.100.7"})
    assert answer.json() == {"sentence": "address 198.51.100.7 for 900.0 s"}
    http.post("/api/v1/services/FTPS_VIP/bans", json={"subject": "anna", "kind": "user", "for_s": 60})
    assert supervisor.actions == [
        AddBan("FTPS_VIP", "address", "198.51.100.7", 900.0),
        AddBan("FTPS_VIP", "user", "anna", 60.0),
    ]


@pytest.mark.parametrize("wrong", [{}, {"subject": ""}, {"subject": "a", "kind": "town"}, {"subject": "a", "for_s": 0}])
def test_a_wish_that_means_nothing_asks_the_supervisor_nothing(http, supervisor, wrong):
    assert http.post("/api/v1/services/FTPS_VIP/bans", json=wrong).status_code == 400
    assert supervisor.actions == []


@pytest.mark.parametrize(
    ("path", "lifted"),
    [
        ("address/198.51.100.7", LiftBan("FTPS_VIP", "address", "198.51.100.7")),
        ("address/2001:db8::%2F64", LiftBan("FTPS_VIP", "address", "2001:db8::/64")),
        ("user/a%2Fb", LiftBan("FTPS_VIP", "user", "a/b")),
    ],
)
def test_a_ban_is_lifted_whatever_its_subject_looks_like(http, supervisor, path, lifted):
    assert http.delete(f"/api/v1/services/FTPS_VIP/bans/{path}").json() == {"sentence": "lifted"}
    assert supervisor.actions == [lifted]


@pytest.mark.parametrize(("kind", "status"), [("not-found", 404), ("wrong-request", 400)])
def test_what_the_supervisor_refuses_is_a_problem(http, supervisor, kind, status):
    supervisor.answers[LiftBan] = Refused(kind, REFUSED.sentence)
    answer = http.delete("/api/v1/services/FTPS_VIP/bans/user/anna")
    assert (answer.status_code, answer.json()["detail"]) == (status, REFUSED.sentence)
