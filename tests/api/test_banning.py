"""Bans over the API."""

import pytest

from ftpair.api import examples
from ftpair.core.actions import AddBan, GetBans, LiftBan, Refused

REFUSED = Refused("not-found", "FTPS_VIP has no ban of user 'anna'; `ftpair bans` lists them")


def test_bans_are_listed_and_may_be_those_of_one_service(http, supervisor):
    rows = http.get("/api/v1/bans").json()
    assert [row["subject"] for row in rows] == ["198.51.100.7", "anna"]
    assert rows[0] == examples.BAN
    assert [row["subject"] for row in http.get("/api/v1/bans?service=OTHER_VIP").json()] == ["anna"]
    assert supervisor.actions == [GetBans(), GetBans()]


def test_somebody_is_banned_in_the_supervisors_words(http, supervisor):
    answer = http.post("/api/v1/services/FTPS_VIP/bans", json={"subject": "198.51.100.7"})
    assert answer.json() == {"sentence": "address 198.51.100.7 for 900.0 s"}
    http.post("/api/v1/services/FTPS_VIP/bans", json={"subject": "anna", "by": "user", "for_s": 60})
    assert supervisor.actions == [
        AddBan("FTPS_VIP", "address", "198.51.100.7", 900.0),
        AddBan("FTPS_VIP", "user", "anna", 60.0),
    ]


@pytest.mark.parametrize("wrong", [{}, {"subject": ""}, {"subject": "a", "by": "town"}, {"subject": "a", "for_s": 0}])
def test_a_wish_that_means_nothing_asks_the_supervisor_nothing(http, supervisor, wrong):
    assert http.post("/api/v1/services/FTPS_VIP/bans", json=wrong).status_code == 400
    assert supervisor.actions == []


@pytest.mark.parametrize(
    ("by", "subject"),
    [
        ("address", "198.51.100.7"),
        ("address", "2001:db8::/64"),
        *(("user", name) for name in ("a/b", "..", ".", "/", "a%2fb", "a b", "a?b#c&d=e", "a\x00\r\n", "\u00fc+")),
    ],
)
def test_a_ban_is_lifted_whatever_its_subject_looks_like(http, supervisor, by, subject):
    answer = http.delete("/api/v1/services/FTPS_VIP/bans", params={"by": by, "subject": subject})
    assert answer.json() == {"sentence": "lifted"}
    assert supervisor.actions == [LiftBan("FTPS_VIP", by, subject)]


@pytest.mark.parametrize("query", ["", "by=user", "subject=anna", "by=town&subject=anna", "by=user&subject="])
def test_who_names_nobody_lifts_nothing(http, supervisor, query):
    assert http.delete(f"/api/v1/services/FTPS_VIP/bans?{query}").status_code == 400
    assert supervisor.actions == []


@pytest.mark.parametrize(("kind", "status"), [("not-found", 404), ("wrong-request", 400)])
def test_what_the_supervisor_refuses_is_a_problem(http, supervisor, kind, status):
    supervisor.answers[LiftBan] = Refused(kind, REFUSED.sentence)
    answer = http.delete("/api/v1/services/FTPS_VIP/bans?by=user&subject=anna")
    assert (answer.status_code, answer.json()["detail"]) == (status, REFUSED.sentence)
