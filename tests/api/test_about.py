"""Version, schema and the description of the API itself."""

import ftpair

ROUTES = {
    "/api/v1/status",
    "/api/v1/services",
    "/api/v1/services/{service}",
    "/api/v1/services/{service}/servers/{server}",
    "/api/v1/services/{service}/servers/{server}/{wish}",
    "/api/v1/services/{service}/route",
    "/api/v1/sessions",
    "/api/v1/bans",
    "/api/v1/services/{service}/bans",
    "/api/v1/sessions/{session}",
    "/api/v1/transfers",
    "/api/v1/transfers/history",
    "/api/v1/log",
    "/api/v1/reports",
    "/api/v1/clients",
    "/api/v1/doctor",
    "/api/v1/jobs",
    "/api/v1/jobs/{job}",
    "/api/v1/events",
    "/api/v1/services/{service}/servers/{server}/guide",
    "/api/v1/services/{service}/firewall",
    "/api/v1/pools",
    "/api/v1/health",
    "/api/v1/services/{service}/servers/{server}/weight",
    "/api/v1/certificates",
    "/api/v1/certificates/{name}",
    "/api/v1/upgrade",
    "/api/v1/apply",
    "/api/v1/confirm",
    "/api/v1/configuration",
    "/api/v1/difference",
    "/api/v1/revisions",
    "/api/v1/revisions/{number}",
    "/api/v1/revisions/{number}/rollback",
    "/api/v1/schema",
    "/api/v1/version",
    "/api/v1/waiting",
    "/api/v1/login",
    "/api/v1/logout",
    "/api/v1/me",
    "/api/v1/setup-link",
    "/api/v1/me/password",
    "/api/v1/me/totp",
    "/api/v1/me/totp/confirm",
    "/api/v1/me/totp/end",
    "/api/v1/users",
    "/api/v1/users/{user}",
    "/api/v1/tokens",
    "/api/v1/tokens/{token}",
    "/api/v1/audit",
    "/metrics",
    "/livez",
    "/readyz",
    "/healthz",
}


def test_the_version_needs_no_supervisor(http, supervisor):
    assert http.get("/api/v1/version").json()["version"] == ftpair.__version__
    assert supervisor.actions == []


def test_the_schema_is_that_of_the_configuration(http):
    schema = http.get("/api/v1/schema").json()
    assert "virtual_services" in schema["properties"]


def test_openapi_describes_every_route_with_an_example(http):
    described = http.get("/api/v1/openapi.json").json()
    assert set(described["paths"]) == ROUTES
    for path, methods in described["paths"].items():
        for method in methods.values():
            assert method["summary"], path
            good = next(answer for status, answer in method["responses"].items() if status[0] == "2")
            for answer in good["content"].values():
                assert "example" in answer or path == "/api/v1/schema", path


ASKING = {"401", "403", "500", "503", "504"}
ERRORS = {
    ("get", "/api/v1/status"): ASKING,
    ("get", "/api/v1/services"): ASKING,
    ("get", "/api/v1/services/{service}"): ASKING | {"404"},
    ("get", "/api/v1/services/{service}/servers/{server}"): ASKING | {"404"},
    ("post", "/api/v1/services/{service}/servers/{server}/{wish}"): ASKING | {"400", "404"},
    ("get", "/api/v1/services/{service}/route"): ASKING | {"400", "404"},
    ("post", "/api/v1/upgrade"): ASKING | {"400", "409"},
    ("get", "/api/v1/sessions"): ASKING,
    ("delete", "/api/v1/sessions/{session}"): ASKING | {"404"},
    ("get", "/api/v1/transfers"): ASKING,
    ("get", "/api/v1/reports"): ASKING | {"400", "404", "409"},
    ("get", "/api/v1/log"): ASKING | {"400"},
    ("get", "/api/v1/transfers/history"): ASKING | {"400", "409"},
    ("get", "/api/v1/clients"): ASKING,
    ("get", "/api/v1/events"): ASKING | {"400"},
    ("get", "/api/v1/bans"): ASKING,
    ("post", "/api/v1/services/{service}/bans"): ASKING | {"400", "404"},
    ("delete", "/api/v1/services/{service}/bans"): ASKING | {"400", "404"},
    ("post", "/api/v1/doctor"): ASKING | {"400", "404", "409"},
    ("get", "/api/v1/jobs"): ASKING,
    ("get", "/api/v1/jobs/{job}"): ASKING | {"404"},
    ("delete", "/api/v1/jobs/{job}"): ASKING | {"404"},
    ("get", "/api/v1/services/{service}/servers/{server}/guide"): ASKING | {"400", "404"},
    ("get", "/api/v1/services/{service}/firewall"): ASKING | {"400", "404"},
    ("get", "/api/v1/pools"): ASKING,
    ("get", "/api/v1/health"): ASKING,
    ("put", "/api/v1/services/{service}/servers/{server}/weight"): ASKING | {"400", "404", "409", "422"},
    ("get", "/api/v1/certificates"): ASKING | {"422"},
    ("get", "/api/v1/certificates/{name}"): ASKING | {"404", "422"},
    ("post", "/api/v1/certificates/{name}"): ASKING | {"400", "409", "412", "422"},
    ("put", "/api/v1/certificates/{name}"): ASKING | {"400", "409", "412", "422"},
    ("delete", "/api/v1/certificates/{name}"): ASKING | {"400", "404", "409", "412", "422"},
    ("post", "/api/v1/apply"): ASKING | {"400", "409", "412", "422"},
    ("post", "/api/v1/confirm"): ASKING | {"404"},
    ("get", "/api/v1/configuration"): ASKING,
    ("put", "/api/v1/configuration"): ASKING | {"400", "409", "412", "422", "428"},
    ("patch", "/api/v1/configuration"): ASKING | {"400", "409", "412", "422"},
    ("get", "/api/v1/waiting"): ASKING,
    ("get", "/api/v1/difference"): ASKING | {"400", "404"},
    ("get", "/api/v1/revisions"): ASKING | {"400"},
    ("get", "/api/v1/revisions/{number}"): ASKING | {"400", "404"},
    ("post", "/api/v1/revisions/{number}/rollback"): ASKING | {"400", "404", "409", "412", "422"},
    ("get", "/api/v1/schema"): ASKING,
    ("get", "/api/v1/version"): ASKING,
    ("post", "/api/v1/login"): ASKING | {"400", "429"},
    ("post", "/api/v1/logout"): ASKING | {"400"},
    ("get", "/api/v1/me"): ASKING,
    ("get", "/api/v1/setup-link"): ASKING | {"404"},
    ("put", "/api/v1/me/password"): ASKING | {"400", "404", "429"},
    ("post", "/api/v1/me/totp"): ASKING | {"400", "404"},
    ("post", "/api/v1/me/totp/confirm"): ASKING | {"400", "404"},
    ("post", "/api/v1/me/totp/end"): ASKING | {"400", "404", "429"},
    ("get", "/api/v1/users"): ASKING,
    ("post", "/api/v1/users"): ASKING | {"400", "429"},
    ("patch", "/api/v1/users/{user}"): ASKING | {"400", "404", "429"},
    ("delete", "/api/v1/users/{user}"): ASKING | {"400", "404"},
    ("get", "/api/v1/tokens"): ASKING,
    ("post", "/api/v1/tokens"): ASKING | {"400"},
    ("delete", "/api/v1/tokens/{token}"): ASKING | {"404"},
    ("get", "/api/v1/audit"): ASKING | {"400"},
    ("get", "/metrics"): ASKING,
    ("get", "/livez"): {"500", "503"},
    ("get", "/readyz"): {"500", "503"},
    ("get", "/healthz"): {"500", "503"},
}


def test_openapi_describes_the_errors_of_every_route_and_no_others(http):
    paths = http.get("/api/v1/openapi.json").json()["paths"]
    described = {
        (method, path): {status: answer["content"] for status, answer in one["responses"].items() if status[0] != "2"}
        for path, methods in paths.items()
        for method, one in methods.items()
    }
    assert {route: set(errors) for route, errors in described.items()} == ERRORS
    assert all(set(content) == {"application/problem+json"} for one in described.values() for content in one.values())
    assert all(
        "schema" in content["application/problem+json"] for one in described.values() for content in one.values()
    )
    kinds = described["post", "/api/v1/apply"]["409"]["application/problem+json"]["examples"]
    assert set(kinds) == {"setup", "busy"}
