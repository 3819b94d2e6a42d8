"""What monitors see."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from ftpair.core.actions import GetMetrics, GetStatus, StatusIs
from tests.api.supervisor import SILENCE, node, service


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/healthz", "/metrics"])
def test_a_healthy_node_is_200_for_get_and_head(http, path):
    assert http.get(path).status_code == 200
    head = http.head(path)
    assert head.status_code == 200
    assert head.content == b""


def test_a_draining_node_is_alive_but_not_ready(http, supervisor):
    supervisor.answers[GetStatus] = StatusIs(node(is_draining=True))
    assert http.get("/livez").json() == {"status": "ok"}
    response = http.get("/readyz")
    assert response.status_code == 503
    assert response.json()["detail"] == "The node is draining."
    assert http.head("/readyz").status_code == 503


def test_a_node_without_a_service_that_serves_is_not_ready_and_says_why(http, supervisor):
    down = service(is_serving=False, reason="no server is up")
    supervisor.answers[GetStatus] = StatusIs(node(services=(down,)))
    response = http.get("/readyz")
    assert response.status_code == 503
    assert response.json()["detail"] == "No service can serve. FTPS_VIP: no server is up."


def test_one_service_that_serves_is_enough(http, supervisor):
    services = (service(is_serving=False, reason="no server is up"), service("OTHER_VIP"))
    supervisor.answers[GetStatus] = StatusIs(node(services=services))
    assert http.get("/readyz").status_code == 200


def test_a_node_whose_workers_are_not_ready_is_not_ready(http, supervisor):
    supervisor.answers[GetStatus] = StatusIs(node(is_ready=False))
    assert http.get("/readyz").json()["detail"] == "The workers are not ready yet."


def test_healthz_has_the_details_in_good_and_bad_days(http, supervisor):
    good = http.get("/healthz").json()
    assert good["status"] == "ok"
    assert good["services"][0] == {"name": "FTPS_VIP", "is_serving": True, "reason": service().reason}
    assert good["workers"][0]["pid"] == 4711
    supervisor.answers[GetStatus] = StatusIs(node(is_draining=True))
    bad = http.get("/healthz")
    assert bad.headers["content-type"] == "application/problem+json"
    assert bad.json()["status"] == 503
    assert bad.json()["services"] == good["services"]


def test_figures_are_prometheus_text(http):
    response = http.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "# TYPE ftpair_commands_total counter" in response.text
    assert 'ftpair_commands_total{verb="USER"} 12' in response.text
    assert "ftpair_config_revision 4" in response.text


def test_a_supervisor_that_does_not_answer_is_said_in_a_sentence(supervisor):
    supervisor.answers[GetStatus] = supervisor.answers[GetMetrics] = SILENCE
    with supervisor.http() as http, ThreadPoolExecutor() as threads:
        paths = ("/api/v1/status", "/metrics", "/livez", "/readyz", "/healthz")
        responses = dict(zip(paths, threads.map(http.get, paths), strict=True))
    assert {path: response.status_code for path, response in responses.items()} == {
        "/api/v1/status": 504,
        "/metrics": 504,
        "/livez": 503,
        "/readyz": 503,
        "/healthz": 503,
    }
    assert all("did not answer within 10 s" in response.json()["detail"] for response in responses.values())
