"""Every error is a problem (RFC 9457), and none shows a traceback."""

from ftpair.core.actions import Applied, GetStatus


def test_an_unknown_address_is_a_problem(http):
    response = http.get("/api/v1/nothing")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:ftpair:problem:not-found",
        "title": "No such thing",
        "status": 404,
        "detail": "There is nothing at /api/v1/nothing.",
    }


def test_a_wrong_method_is_a_problem(http):
    response = http.put("/api/v1/status")
    assert response.status_code == 405
    assert response.headers["content-type"] == "application/problem+json"


def test_a_fault_is_one_sentence_and_the_api_goes_on(http, supervisor):
    supervisor.answers[GetStatus] = Applied(1, ())  # Not what was asked for.
    response = http.get("/api/v1/status")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"] == "A fault of ftpair, not of the request; its log says more."
    assert "Traceback" not in response.text
    assert http.get("/api/v1/sessions").status_code == 200
