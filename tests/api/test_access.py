"""Who may use a route: every route says which role it needs, and over the network it is asked for."""

import asyncio

import httpx
import pytest
from fastapi.routing import iter_route_contexts

from ftpair.api.access import CSRF_HEADER, LocalAccess, May, WebAccess, anybody
from ftpair.api.app import create_app
from ftpair.core.account_actions import Denied, Identify, IdentityIs
from ftpair.core.accounts import LOCAL, NOBODY, Identity, Role
from ftpair.core.actions import GetSessions, GetStatus, Refused, Said, SessionTable, StatusIs
from tests.api.supervisor import node

OPEN = {"/livez", "/readyz", "/healthz", "/api/v1/login"}
MONITORED = ["/livez", "/readyz", "/healthz"]
ROLES = {
    ("POST", "/api/v1/services/{service}/servers/{server}/{wish}"): Role.OPERATOR,
    ("DELETE", "/api/v1/sessions/{session}"): Role.OPERATOR,
    ("POST", "/api/v1/services/{service}/bans"): Role.OPERATOR,
    ("DELETE", "/api/v1/services/{service}/bans"): Role.OPERATOR,
    ("GET", "/api/v1/users"): Role.ADMIN,
    ("POST", "/api/v1/users"): Role.ADMIN,
    ("PATCH", "/api/v1/users/{user}"): Role.ADMIN,
    ("DELETE", "/api/v1/users/{user}"): Role.ADMIN,
    ("GET", "/api/v1/tokens"): Role.ADMIN,
    ("POST", "/api/v1/tokens"): Role.ADMIN,
    ("DELETE", "/api/v1/tokens/{token}"): Role.ADMIN,
    ("GET", "/api/v1/audit"): Role.ADMIN,
    ("POST", "/api/v1/apply"): Role.ADMIN,
    ("POST", "/api/v1/confirm"): Role.ADMIN,
    ("PUT", "/api/v1/configuration"): Role.ADMIN,
    ("PATCH", "/api/v1/configuration"): Role.ADMIN,
    ("POST", "/api/v1/revisions/{number}/rollback"): Role.ADMIN,
    ("POST", "/api/v1/certificates/{name}"): Role.ADMIN,
    ("PUT", "/api/v1/certificates/{name}"): Role.ADMIN,
    ("DELETE", "/api/v1/certificates/{name}"): Role.ADMIN,
    ("PUT", "/api/v1/services/{service}/servers/{server}/weight"): Role.OPERATOR,
    ("GET", "/api/v1/setup-link"): Role.ADMIN,
    ("POST", "/api/v1/upgrade"): Role.ADMIN,
    ("POST", "/api/v1/doctor"): Role.OPERATOR,
    ("DELETE", "/api/v1/jobs/{job}"): Role.OPERATOR,
}
"""What changes something, or tells of people; a viewer may all the rest."""
SECRETS = {
    "viewer": IdentityIs(Identity("vera", Role.VIEWER, "token")),
    "operator": IdentityIs(Identity("otto", Role.OPERATOR, "token")),
    "cookie": IdentityIs(Identity("otto", Role.OPERATOR, "web", "192.0.2.7"), csrf="word"),
}
ANSWERS = {GetStatus: StatusIs(node()), GetSessions: SessionTable((), ())}
HOST = "https://node.example:8443"
KILL = "/api/v1/sessions/0-1f"
OWN_PAGE = {"Cookie": "__Host-ftpair=cookie", "Origin": HOST, "Sec-Fetch-Site": "same-origin", CSRF_HEADER: "word"}


class Supervisor:
    """Knows three secrets, and does whatever it is asked for."""

    def __init__(self):
        self.asked = []

    async def ask(self, action, who):
        self.asked.append((action, who))
        if isinstance(action, Identify):
            return SECRETS.get(action.secret, Refused("not-identified", "no such token or session"))
        if isinstance(action, Denied):
            return Refused("not-allowed", action.sentence)
        return ANSWERS.get(type(action), Said("done"))


@pytest.fixture
def supervisor():
    return Supervisor()


@pytest.fixture
def ask(supervisor):
    """Send a request to the application of the network."""
    transport = httpx.ASGITransport(create_app(supervisor, WebAccess(supervisor)), client=("192.0.2.7", 50000))

    def send(method, path, **headers):
        async def whole():
            async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(whole())

    return send


def needs(route):
    """Return what a route demands: roles, or that it is open."""
    calls = [one.call for one in route.dependant.dependencies]
    return [
        call.needed if isinstance(call, May) else call for call in calls if isinstance(call, May) or call is anybody
    ]


def test_every_route_says_who_may_use_it():
    routes = iter_route_contexts(create_app(None, LocalAccess()).routes)
    found = {(method, route.path): needs(route) for route in routes for method in route.methods}
    assert found == {route: [anybody if route[1] in OPEN else ROLES.get(route, Role.VIEWER)] for route in found}
    assert {path for _method, path in found} >= OPEN
    assert set(ROLES) <= set(found)


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/openapi.json", "/api/v1/version", "/metrics"])
def test_over_the_network_nobody_is_asked_to_say_who_it_is(ask, supervisor, path):
    response = ask("GET", path)
    assert (response.status_code, response.headers["www-authenticate"]) == (401, "Bearer")
    assert response.json()["type"] == "urn:ftpair:problem:not-identified"
    assert supervisor.asked == []


def test_a_monitor_need_not_say_who_it_is(ask, supervisor):
    assert [ask("GET", path).status_code for path in MONITORED] == [200, 200, 200]
    assert {who for _action, who in supervisor.asked} == {NOBODY}


def test_a_token_tells_who_asks_and_the_supervisor_hears_it(ask, supervisor):
    assert ask("GET", "/api/v1/sessions", Authorization="bearer viewer").status_code == 200
    identified, asked = supervisor.asked
    assert identified == (Identify("viewer", "192.0.2.7"), NOBODY)
    assert asked == (GetSessions(), SECRETS["viewer"].identity)


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer", "Bearer ", "Basic dmVyYTp4", ""])
def test_a_wrong_token_is_no_token_even_beside_a_good_cookie(ask, header):
    response = ask("GET", "/api/v1/sessions", Authorization=header, Cookie="__Host-ftpair=cookie")
    assert response.status_code == 401


def test_a_role_that_is_too_low_is_told_which_one_is_needed(ask, supervisor):
    response = ask("DELETE", KILL, Authorization="Bearer viewer")
    assert (response.status_code, response.json()["type"]) == (403, "urn:ftpair:problem:not-allowed")
    assert response.json()["detail"] == "This needs the role operator; vera is viewer."
    denied = Denied("DELETE /api/v1/sessions/0-1f", response.json()["detail"])
    assert supervisor.asked[1:] == [(denied, SECRETS["viewer"].identity)], "nothing but for the audit trail"
    assert ask("DELETE", KILL, Authorization="Bearer operator").status_code == 200


def test_a_cookie_may_look(ask):
    assert ask("GET", "/api/v1/sessions", Cookie="__Host-ftpair=cookie").status_code == 200
    assert ask("GET", "/api/v1/sessions", Cookie="__Host-ftpair=other").status_code == 401


def test_a_page_of_ours_may_act_by_its_cookie(ask, supervisor):
    assert ask("DELETE", KILL, **OWN_PAGE).status_code == 200
    assert supervisor.asked[-1][1] == SECRETS["cookie"].identity


@pytest.mark.parametrize(
    "changes",
    [
        {CSRF_HEADER: ""},
        {CSRF_HEADER: "wörd".encode()},
        {CSRF_HEADER: None},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": None, "Origin": "https://evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://node.example:8443"},
        {"Sec-Fetch-Site": None, "Origin": None},
    ],
)
def test_a_foreign_page_cannot_act_by_a_cookie(ask, supervisor, changes):
    headers = {name: value for name, value in (OWN_PAGE | changes).items() if value is not None}
    response = ask("DELETE", KILL, **headers)
    assert (response.status_code, response.json()["type"]) == (403, "urn:ftpair:problem:not-allowed")
    assert [type(action) for action, _who in supervisor.asked] == [Identify, Denied]


@pytest.mark.parametrize("missing", ["Sec-Fetch-Site", "Origin"])
def test_a_browser_need_not_say_its_origin_twice(ask, missing):
    headers = {name: value for name, value in OWN_PAGE.items() if name != missing}
    assert ask("DELETE", KILL, **headers).status_code == 200


def test_who_opens_the_socket_owns_ftpair():
    assert asyncio.run(LocalAccess().identify(None)) == IdentityIs(LOCAL)
