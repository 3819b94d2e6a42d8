"""What the API shows."""

from dataclasses import asdict, replace

from ftpair.core.actions import GetSessions, GetStatus, SessionTable, StatusIs
from tests.api.supervisor import node, server, service, session, transfer


def test_the_status_is_the_supervisors_to_the_last_field(http):
    assert http.get("/api/v1/status").json() == jsonable(node())


def test_services_come_in_the_order_of_the_configuration(http):
    names = [one["name"] for one in http.get("/api/v1/services").json()]
    assert names == ["FTPS_VIP", "OTHER_VIP"]


def test_one_service_is_found_by_its_name(http):
    assert http.get("/api/v1/services/FTPS_VIP").json() == jsonable(service())


def test_one_server_is_found_by_its_service_and_name(http):
    assert http.get("/api/v1/services/FTPS_VIP/servers/FTP_SVR1").json() == jsonable(server("FTP_SVR1"))


def test_a_removed_service_is_found_while_sessions_stay_and_is_no_service_any_more(http, supervisor):
    supervisor.answers[GetStatus] = StatusIs(replace(node(), removed_services=(service("OLD_VIP"),)))
    assert http.get("/api/v1/services/OLD_VIP").json() == jsonable(service("OLD_VIP"))
    assert "OLD_VIP" not in [one["name"] for one in http.get("/api/v1/services").json()]


def test_an_unknown_service_is_answered_by_the_names_there_are(http):
    response = http.get("/api/v1/services/NONE")
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no virtual service NONE; there is FTPS_VIP, OTHER_VIP."


def test_an_unknown_server_is_answered_by_the_names_there_are(http):
    response = http.get("/api/v1/services/FTPS_VIP/servers/NONE")
    assert response.status_code == 404
    assert response.json()["detail"] == "Service FTPS_VIP has no real server NONE; it has FTP_SVR1, FTP_SVR2."


def test_a_node_without_services_says_so(http, supervisor):
    supervisor.answers[GetStatus] = StatusIs(replace(node(), services=()))
    assert http.get("/api/v1/services/ANY").json()["detail"] == "There is no virtual service ANY; there is none."


def test_sessions_are_all_that_live(http):
    rows = http.get("/api/v1/sessions").json()
    assert rows == [jsonable(session()), jsonable(session(id="1-2", user="bob", server="FTP_SVR2"))]


def test_sessions_can_be_asked_for_by_user_server_and_service(http):
    assert [row["id"] for row in http.get("/api/v1/sessions", params={"user": "bob"}).json()] == ["1-2"]
    assert [row["id"] for row in http.get("/api/v1/sessions", params={"server": "FTP_SVR1"}).json()] == ["0-1f"]
    assert http.get("/api/v1/sessions", params={"service": "NONE"}).json() == []


def test_transfers_are_all_that_run(http):
    assert http.get("/api/v1/transfers").json() == [jsonable(transfer())]
    assert http.get("/api/v1/transfers", params={"user": "bob"}).json() == []


def test_s18_names_made_to_hurt_travel_unchanged_as_json(http, supervisor):
    hostile = "<script>\x1b[2J\u202e[red]\x00"
    supervisor.answers[GetSessions] = SessionTable((session(user=hostile),), (transfer(path=hostile * 500),))
    assert http.get("/api/v1/sessions").json()[0]["user"] == hostile
    assert http.get("/api/v1/transfers").json()[0]["path"] == hostile * 500


def jsonable(value):
    if isinstance(value, dict):
        return {key: jsonable(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(one) for one in value]
    return jsonable(asdict(value)) if hasattr(value, "__dataclass_fields__") else value


def test_clients_are_listed_with_what_would_become_of_them(http, supervisor):
    rows = http.get("/api/v1/clients").json()
    assert [(row["client"], row["would_break"]) for row in rows] == [("198.51.100.7", False), ("198.51.100.8", True)]
    assert rows[0]["verdict"] == "would work: 12 data connections resumed the session's TLS"
    assert [row["user"] for row in http.get("/api/v1/clients?service=OTHER_VIP").json()] == ["bob"]
