"""The doctor's jobs, asked by HTTP."""

import pytest

from ftpair.api import doctor_examples
from ftpair.core.doctor import Order
from ftpair.core.jobs import EndJob, GetJob, StartDoctor

WISH = {"service": "FTPS_VIP", "user": "ann", "password": "secret", "directory": "inbox", "write": True}
WISH |= {"files": ["a", "b"], "wait_s": 60, "timeout_s": 5, "ca": "PEM"}


def test_an_examination_begins_and_the_answer_says_where_to_look(http, supervisor):
    response = http.post("/api/v1/doctor", json=WISH)
    assert response.status_code == 202
    assert response.headers["Location"] == f"/api/v1/jobs/{doctor_examples.JOB.id}"
    assert response.json() == doctor_examples.DONE | {"diagnosis": response.json()["diagnosis"]}
    order = Order("ann", "secret", "inbox", may_write=True, files=("a", "b"), wait_s=60, step_s=5, ca_pem=b"PEM")
    assert supervisor.actions == [StartDoctor("FTPS_VIP", order)]


def test_nothing_but_the_service_need_be_said(http, supervisor):
    assert http.post("/api/v1/doctor", json={"service": "FTPS_VIP"}).status_code == 202
    assert supervisor.actions == [StartDoctor("FTPS_VIP", Order())]


@pytest.mark.parametrize("wrong", [{"wait_s": -1}, {"timeout_s": 0}, {"files": ["a"] * 101}, {"service": None}])
def test_a_wish_out_of_range_asks_the_supervisor_nothing_and_repeats_no_password(http, supervisor, wrong):
    response = http.post("/api/v1/doctor", json=WISH | wrong)
    assert (response.status_code, supervisor.actions) == (400, [])
    assert next(iter(wrong)) in response.json()["detail"]
    assert "secret" not in response.text


def test_jobs_are_listed_looked_at_and_ended(http, supervisor):
    name = doctor_examples.JOB.id
    (job,) = http.get("/api/v1/jobs").json()
    assert job["diagnosis"]["findings"][0]["lines"] == ["MasqueradeAddress 192.0.2.10"]
    assert http.get("/api/v1/jobs?service=OTHER").json() == []
    assert http.get(f"/api/v1/jobs/{name}").json() == job
    assert http.get("/api/v1/jobs/nobody").status_code == 404
    assert http.delete(f"/api/v1/jobs/{name}").json() == {"sentence": f"job {name}: ended"}
    assert supervisor.actions[-3:] == [GetJob(name), GetJob("nobody"), EndJob(name)]


def test_a_password_is_not_shown_with_the_action():
    assert "secret" not in repr(StartDoctor("FTPS_VIP", Order("ann", "secret")))
