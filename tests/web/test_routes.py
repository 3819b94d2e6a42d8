"""Routes: shown, explained, added, changed, moved and deleted."""

import pytest
from ruamel.yaml import YAML

from ftpair.core.accounts import Role
from ftpair.core.actions import FindRoute, Refused
from tests.web.a_file import File
from tests.web.forms import filled, wrong

RULES = "/routes/FTPS_VIP"


@pytest.fixture
def file(supervisor):
    behind = File()
    behind.text = behind.text.replace(
        '[{user: "k*", pool: new}]', '[{user: "k*", pool: new}, {host: b, pool: default}]'
    )
    supervisor.answers |= behind.answers
    return behind


def rules(file):
    return YAML(typ="safe").load(file.text)["virtual_services"]["FTPS_VIP"]["routes"]


def test_the_rules_stand_in_their_order_with_their_pools(admin, file):
    page = admin.get("/routes").text
    assert page.index("<strong>k*</strong>") < page.index("<strong>b</strong>")
    assert "FTP_SVR9" in page
    assert "TCP_VIP" not in page


def test_it_is_explained_where_a_session_would_go(admin, supervisor, file):
    page = admin.get("/routes?service=FTPS_VIP&user=alice&from=198.51.100.7").text
    assert FindRoute("FTPS_VIP", "alice", "198.51.100.7") in supervisor.actions
    assert 'value="alice"' in page
    assert "goes to pool" in page


def test_a_question_that_cannot_be_answered_is_answered_with_why(admin, supervisor, file):
    supervisor.answers[FindRoute] = Refused("wrong-request", "'here' is no IP address")
    assert "&#39;here&#39; is no IP address" in admin.get("/routes?service=FTPS_VIP&from=here").text


def test_a_rule_is_added_at_the_end(admin, file):
    sent = filled(admin.get(f"{RULES}/new")) | {"from": "10.0.0.0/8, 2001:db8::/32", "pool": "new", "percent": "5"}
    assert admin.act("POST", RULES, data=sent).headers["hx-redirect"] == "/routes"
    assert rules(file)[2] == {"from": ["10.0.0.0/8", "2001:db8::/32"], "percent": 5, "pool": "new"}


def test_a_rule_is_changed_in_its_place(admin, file):
    sent = filled(admin.get(f"{RULES}/1/change")) | {"user": "m*"}
    admin.act("POST", RULES, data=sent)
    assert rules(file) == [{"user": "m*", "pool": "new"}, {"host": "b", "pool": "default"}]


@pytest.mark.parametrize(
    ("typed", "at"), [({"pool": "gone"}, "pool"), ({"from": "here"}, "from"), ({"user_regex": "("}, "user_regex")]
)
def test_what_is_wrong_is_told_at_its_field(admin, file, typed, at):
    answer = admin.act("POST", RULES, data=filled(admin.get(f"{RULES}/new")) | {"pool": "new", "user": "x"} | typed)
    assert (answer.status_code, at in wrong(answer)) == (422, True)
    assert filled(answer)["user"] == "x"


def test_a_rule_that_somebody_else_has_changed_is_not_overwritten(admin, file):
    sent = filled(admin.get(f"{RULES}/1/change")) | {"user": "m*"}
    file.save(file.text.replace("k*", "l*"), "carol")
    answer = admin.act("POST", RULES, data=sent)
    assert (answer.status_code, "Somebody else has changed this rule" in answer.text) == (412, True)


@pytest.mark.parametrize("path", [f"{RULES}/1/down", f"{RULES}/2/up"])
def test_a_rule_changes_its_place(admin, file, path):
    admin.act("POST", path)
    assert [rule["pool"] for rule in rules(file)] == ["default", "new"]


def test_a_rule_is_moved_only_in_the_file_that_was_shown(admin, file):
    assert admin.act("POST", f"{RULES}/1/down", data={"etag": '"old"'}).status_code == 412


def test_rules_are_deleted_and_the_key_with_the_last(admin, file):
    for _ in range(2):
        answer = admin.act("POST", f"{RULES}/1/delete", data=filled(admin.get(f"{RULES}/1/delete")))
        assert answer.status_code == 200, answer.text
    assert "routes" not in file.text


def test_a_rule_that_there_is_not_is_told(admin, file):
    assert admin.get(f"{RULES}/7/change").status_code == 404


def test_who_is_no_admin_sees_and_asks_only(browsing, file):
    with browsing(Role.VIEWER) as viewer:
        page = viewer.get("/routes").text
        assert "Explain" in page
        assert "Add a rule" not in page
        assert viewer.act("POST", f"{RULES}/1/down").status_code == 403
