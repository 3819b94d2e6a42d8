"""Version, schema and the description of the API itself."""

import ftpair

ROUTES = {
    "/api/v1/status",
    "/api/v1/services",
    "/api/v1/services/{service}",
    "/api/v1/services/{service}/servers/{server}",
    "/api/v1/services/{service}/servers/{server}/{wish}",
    "/api/v1/sessions",
    "/api/v1/sessions/{session}",
    "/api/v1/transfers",
    "/api/v1/apply",
    "/api/v1/schema",
    "/api/v1/version",
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
            (answer,) = method["responses"]["200"]["content"].values()
            assert "example" in answer or path == "/api/v1/schema", path
