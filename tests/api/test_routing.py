"""Where a session would go, asked by HTTP."""

from ftpair.api import examples
from ftpair.core.actions import FindRoute


def test_the_choice_is_explained_and_all_that_is_known_is_told(http, supervisor):
    query = {"user": "kim", "from": "10.0.0.5", "host": "h", "sni": "s", "certificate": "c"}
    query |= {"certificate_subject": "CN=c,O=E", "certificate_san": "dns:c"}
    assert http.get("/api/v1/services/FTPS_VIP/route", params=query).json() == examples.ROUTE
    assert supervisor.actions[-1] == FindRoute("FTPS_VIP", "kim", "10.0.0.5", "h", "s", "c", "CN=c,O=E", "dns:c")


def test_nothing_need_be_known(http, supervisor):
    assert http.get("/api/v1/services/FTPS_VIP/route").is_success
    assert supervisor.actions[-1] == FindRoute("FTPS_VIP")


def test_an_unknown_service_is_not_found(http):
    response = http.get("/api/v1/services/NONE/route")
    assert response.status_code == 404
    assert response.json()["detail"].startswith("no service 'NONE'")
