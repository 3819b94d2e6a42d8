"""What the API knows and changes of the configuration."""

import json

import pytest

from ftpair.core.actions import (
    Applied,
    Apply,
    ConfigurationIs,
    Confirm,
    GetConfiguration,
    GetRevisions,
    PatchConfiguration,
    Problem,
    Refused,
    RollBack,
    SaveConfiguration,
)


@pytest.mark.parametrize(
    ("options", "dry_run"),
    [({}, False), ({"json": {}}, False), ({"json": {"dry_run": False}}, False), ({"json": {"dry_run": True}}, True)],
)
def test_apply_tells_the_steps(http, supervisor, options, dry_run):
    response = http.post("/api/v1/apply", **options)
    assert response.json() == {
        "revision": 5,
        "dry_run": dry_run,
        "steps": ["add server FTP_SVR3 to FTPS_VIP"],
        "warnings": [],
        "confirm_until": 0.0,
    }
    assert supervisor.actions == [Apply(dry_run, author="api")]


def test_warnings_of_the_configuration_are_no_steps(http, supervisor):
    supervisor.answers[Apply] = Applied(5, ("a step",), (Problem("virtual_services.VIP.ports", "is odd", 7),))
    done = http.post("/api/v1/apply").json()
    assert done["steps"] == ["a step"]
    assert done["warnings"] == [{"path": "virtual_services.VIP.ports", "line": 7, "sentence": "is odd"}]


def test_an_invalid_configuration_is_a_problem_with_every_place(http, supervisor):
    found = Problem("virtual_services.VIP.ports", "must be 65535 or less", 7)
    supervisor.answers[Apply] = Refused("invalid", "ftpair.yaml has 1 problem", (found,))
    response = http.post("/api/v1/apply")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() == {
        "type": "urn:ftpair:problem:invalid",
        "title": "The configuration is invalid; nothing was changed",
        "status": 422,
        "detail": "ftpair.yaml has 1 problem",
        "problems": [{"path": "virtual_services.VIP.ports", "line": 7, "sentence": "must be 65535 or less"}],
    }


@pytest.mark.parametrize("body", ["{", '{"dry_run": "perhaps"}', "[]"])
def test_a_body_that_is_no_wish_is_refused_and_nothing_is_asked(http, supervisor, body):
    response = http.post("/api/v1/apply", content=body, headers={"content-type": "application/json"})
    assert response.status_code == 400
    assert supervisor.actions == []


@pytest.mark.parametrize(("kind", "status"), [("setup", 409), ("busy", 409), ("internal", 500), ("not-found", 404)])
def test_every_refusal_has_its_status_and_keeps_its_sentence(http, supervisor, kind, status):
    supervisor.answers[Apply] = Refused(kind, "port 21 is in use: stop what listens there")
    response = http.post("/api/v1/apply")
    assert response.status_code == status
    assert response.json()["type"] == f"urn:ftpair:problem:{kind}"
    assert response.json()["detail"] == "port 21 is in use: stop what listens there"


def test_an_apply_has_an_author_a_reason_and_a_time_to_be_confirmed(http, supervisor):
    supervisor.answers[Apply] = Applied(5, ("a step",), confirm_until=1767226500.0)
    wish = {"author": "anna", "comment": "new server", "confirm_s": 60}
    done = http.post("/api/v1/apply", json=wish, headers={"If-Match": '"abc"'}).json()
    assert done["confirm_until"] == 1767226500.0
    assert supervisor.actions == [Apply(False, "anna", "new server", 60.0, '"abc"')]


@pytest.mark.parametrize("seconds", [-1, 86_401, "NaN", "soon"])
def test_what_is_no_time_to_confirm_is_refused(http, supervisor, seconds):
    assert http.post("/api/v1/apply", json={"confirm_s": seconds}).status_code == 400
    assert supervisor.actions == []


def test_an_apply_is_confirmed(http, supervisor):
    assert http.post("/api/v1/confirm").json() == {"sentence": "revision 5 is confirmed and stays"}
    assert supervisor.actions == [Confirm()]


def test_the_file_comes_with_its_entity_tag(http):
    response = http.get("/api/v1/configuration")
    assert response.json() == {"name": "/etc/ftpair/ftpair.yaml", "content": "file: 1\n", "etag": '"tag of file"'}
    assert response.headers["etag"] == '"tag of file"'


def test_the_file_is_written_by_who_has_read_it(http, supervisor):
    wish = {"content": "workers: 2\n", "author": "anna", "comment": "less"}
    done = http.put("/api/v1/configuration", json=wish, headers={"If-Match": '"abc"'})
    assert (done.status_code, done.json()["revision"], done.json()["dry_run"]) == (200, 6, True)
    assert supervisor.actions == [SaveConfiguration("workers: 2\n", '"abc"', "anna", "less")]


def test_who_has_not_read_it_may_not_write_it(http, supervisor):
    response = http.put("/api/v1/configuration", json={"content": "workers: 2\n"})
    assert (response.status_code, response.json()["type"]) == (428, "urn:ftpair:problem:unconditional")
    assert supervisor.actions == []


@pytest.mark.parametrize(
    ("method", "path", "action"),
    [("PUT", "configuration", SaveConfiguration), ("POST", "apply", Apply), ("POST", "revisions/3/rollback", RollBack)],
)
def test_who_comes_second_changes_nothing(http, supervisor, method, path, action):
    supervisor.answers[action] = Refused("changed", "somebody else has changed the configuration file")
    body = {"content": ""} if method == "PUT" else {}
    response = http.request(method, f"/api/v1/{path}", json=body, headers={"If-Match": '"old"'})
    assert (response.status_code, response.json()["type"]) == (412, "urn:ftpair:problem:changed")
    assert supervisor.actions[0].if_match == '"old"'


def test_two_configurations_are_compared(http, supervisor):
    found = http.get("/api/v1/difference", params={"former": "3"}).json()
    assert found["former"] == "revision 3"
    assert found["text"].splitlines() == [
        "--- revision 3",
        "+++ /etc/ftpair/ftpair.yaml",
        "@@ -1 +1 @@",
        "-3: 1",
        "+file: 1",
    ]
    assert supervisor.actions == [GetConfiguration("3"), GetConfiguration("file")]


def test_equal_configurations_have_no_difference(http, supervisor):
    supervisor.answers[GetConfiguration] = ConfigurationIs("somewhere", "a: 1\n", '"a"')
    assert http.get("/api/v1/difference").json()["text"] == ""


def test_revisions_are_listed_page_by_page(http, supervisor):
    rows = http.get("/api/v1/revisions", params={"limit": 2, "before": 9}).json()
    assert [row["number"] for row in rows] == [5, 4]
    assert rows[0] | {"number": 0} == {
        "number": 0,
        "made": 1767225600.0,
        "author": "root",
        "comment": "",
        "applied": 0.0,
    }
    assert supervisor.actions == [GetRevisions(2, 9)]


def test_a_revision_has_its_text(http):
    assert http.get("/api/v1/revisions/4").json()["content"] == "4: 1\n"


@pytest.mark.parametrize("number", ["0", "x", "-1", "99999999999"])
def test_what_is_no_number_is_refused(http, supervisor, number):
    assert http.get(f"/api/v1/revisions/{number}").status_code == 400
    assert http.post(f"/api/v1/revisions/{number}/rollback").status_code == 400
    assert supervisor.actions == []


def test_the_way_back(http, supervisor):
    done = http.post("/api/v1/revisions/3/rollback", json={"author": "anna", "confirm_s": 30}).json()
    assert (done["revision"], done["dry_run"]) == (7, False)
    assert supervisor.actions == [RollBack(3, "anna", "", 30.0)]


def test_the_steps_of_the_way_back(http, supervisor):
    told = http.post("/api/v1/revisions/3/rollback", json={"dry_run": True}).json()
    assert told["dry_run"]
    assert supervisor.actions == [RollBack(3, "api", "", 0.0, dry_run=True)]


def test_the_file_is_changed_in_some_places(http, supervisor):
    patch = {"virtual_services": {"VIP": {"real_servers": {"A": None, "B": {"weight": 5}}}}}
    headers = {"If-Match": '"abc"', "Content-Type": "application/merge-patch+json"}
    where = "/api/v1/configuration?author=anna&comment=less"
    done = http.patch(where, content=json.dumps(patch), headers=headers)
    assert (done.status_code, done.json()["revision"], done.json()["dry_run"]) == (200, 6, True)
    assert supervisor.actions == [PatchConfiguration(json.dumps(patch), '"abc"', "anna", "less")]


@pytest.mark.parametrize("body", ["[]", "5", "{", ""])
def test_what_is_no_object_is_no_patch(http, supervisor, body):
    headers = {"Content-Type": "application/merge-patch+json"}
    assert http.patch("/api/v1/configuration", content=body, headers=headers).status_code == 400
    assert supervisor.actions == []


def test_half_a_character_is_refused(http, supervisor):
    """JSON can say one half of a pair of UTF-16; no file can hold it."""
    headers = {"If-Match": "*", "Content-Type": "application/json"}
    assert http.put("/api/v1/configuration", content='{"content": "\\ud800"}', headers=headers).status_code == 400
    assert http.post("/api/v1/apply", content='{"comment": "\\ud800"}', headers=headers).status_code == 400
    assert supervisor.actions == []


def test_what_waits_is_told_as_steps(http):
    assert http.get("/api/v1/waiting").json() == {
        "is_changed": True,
        "steps": ["add server FTP_SVR3 to FTPS_VIP"],
        "problems": [],
        "refusal": "",
        "warnings": [],
    }
