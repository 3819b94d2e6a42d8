"""Figures over time over HTTP."""

import pytest

from ftpair.core.actions import GetReport, Refused

ROUTE = "/api/v1/reports"


def test_a_report_says_what_it_tells_and_in_which_steps(http, supervisor):
    words = {"measure": "bytes_down", "service": "FTPS_VIP", "server": "FTP_SVR1", "from": 10, "until": 20}
    assert http.get(ROUTE, params=words).json() == {
        "service": "FTPS_VIP",
        "server": "FTP_SVR1",
        "measure": "bytes_down",
        "unit": "bytes/s",
        "step_s": 10,
        "moments": [1767225590, 1767225600],
        "values": [2.5, None],
    }
    assert supervisor.actions == [GetReport("bytes_down", "FTPS_VIP", "FTP_SVR1", 10.0, 20.0)]


@pytest.mark.parametrize("wrong", [{}, {"measure": "odd"}, {"measure": "errors", "from": -1}])
def test_what_means_nothing_is_a_problem(http, wrong):
    assert http.get(ROUTE, params=wrong).status_code == 400


def test_what_never_was_is_a_problem_with_the_names_there_are(http, supervisor):
    supervisor.answers[GetReport] = Refused("not-found", "there are no figures of X; there are some of: VIP")
    response = http.get(ROUTE, params={"measure": "errors", "service": "X"})
    assert response.status_code == 404
    assert response.json()["detail"].endswith("there are some of: VIP")
