"""Real servers that are added, changed and deleted in dialogs."""

import pytest
from ruamel.yaml import YAML

from ftpair.core.accounts import Role
from tests.web.a_file import File
from tests.web.forms import filled, wrong

SERVERS = "/services/FTPS_VIP/servers"


@pytest.fixture
def file(supervisor):
    behind = File()
    supervisor.answers |= behind.answers
    return behind


def block(file, name="FTPS_VIP"):
    return YAML(typ="safe").load(file.text)["virtual_services"][name]


def saved(admin, path, **typed):
    """Open a dialog, type into it and save it."""
    return admin.act("POST", SERVERS, data=filled(admin.get(path)) | typed)


def test_a_server_is_added(admin, file):
    answer = saved(admin, f"{SERVERS}/new", label="FTP_SVR3", address="10.0.0.13", weight="10")
    assert answer.headers["hx-redirect"] == "/services/FTPS_VIP"
    assert block(file)["real_servers"]["FTP_SVR3"] == {"address": "10.0.0.13", "weight": 10}
    assert file.revisions[-1][0].comment == "add the real server FTP_SVR3 of FTPS_VIP"


def test_a_server_makes_a_new_pool_and_the_last_one_takes_it_away(admin, file):
    saved(admin, f"{SERVERS}/new", label="FTP_SVR3", address="10.0.0.13", pool="partners")
    assert "FTP_SVR3" in block(file)["pools"]["partners"]["real_servers"]
    saved(admin, f"{SERVERS}/FTP_SVR3/change", pool="new")
    assert "partners" not in block(file)["pools"]
    assert set(block(file)["pools"]["new"]["real_servers"]) == {"FTP_SVR9", "FTP_SVR3"}


def test_a_changed_server_keeps_what_was_not_touched(admin, file):
    assert saved(admin, f"{SERVERS}/FTP_SVR1/change", max_sessions="20").status_code == 200
    was = {"address": "10.0.0.11", "server_name": "ftp1.example.org"}
    assert block(file)["real_servers"]["FTP_SVR1"] == was | {"max_sessions": 20}
    assert "# The main one." in file.text


def test_a_renamed_server_is_the_same_under_another_name(admin, file):
    saved(admin, f"{SERVERS}/FTP_SVR1/change", label="FTP_SVR7")
    servers = block(file)["real_servers"]
    assert servers["FTP_SVR7"]["server_name"] == "ftp1.example.org"
    assert "FTP_SVR1" not in servers


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"label": ""}, "label"),
        ({"label": "FTP_SVR9"}, "label"),
        ({"label": "two words"}, "label"),
        ({"address": ""}, "address"),
        ({"weight": "heavy"}, "weight"),
        ({"proxy_protocol.to_data": "v3"}, "proxy_protocol-to_data"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(admin, file, typed, at):
    answer = saved(admin, f"{SERVERS}/new", **{"label": "FTP_SVR3", "address": "10.0.0.13"} | typed)
    assert answer.status_code == 422
    assert at in wrong(answer)
    assert filled(answer)["address"] == typed.get("address", "10.0.0.13")
    assert file.revisions == []


def test_who_is_slower_saves_on_top_only_when_he_says_so(admin, file):
    sent = filled(admin.get(f"{SERVERS}/FTP_SVR2/change")) | {"weight": "20"}
    file.save(file.text.replace("192.0.2.11", "192.0.2.12"), "carol")
    answer = admin.act("POST", SERVERS, data=sent)
    assert (answer.status_code, "carol saved revision 1" in answer.text) == (412, True)
    assert admin.act("POST", SERVERS, data=filled(answer)).status_code == 200
    assert block(file)["real_servers"]["FTP_SVR2"]["weight"] == 20
    assert "192.0.2.12" in file.text


def test_a_server_in_tcp_mode_has_its_slice_and_no_pool(admin, file):
    dialog = admin.get("/services/TCP_VIP/servers/new").text
    assert 'name="passive"' in dialog
    assert 'name="pool"' not in dialog


def test_it_is_told_what_becomes_of_sessions_before_a_server_is_deleted(admin, file):
    dialog = admin.get(f"{SERVERS}/FTP_SVR1/delete")
    assert "3 sessions of it now stay until they end by themselves." in dialog.text
    assert admin.act("POST", f"{SERVERS}/FTP_SVR1/delete", data=filled(dialog)).status_code == 200
    assert "FTP_SVR1" not in block(file)["real_servers"]


def test_a_server_that_there_is_not_cannot_be_changed(admin, file):
    assert admin.get(f"{SERVERS}/GONE/change").status_code == 404


def test_who_is_no_admin_changes_no_server(browsing, file):
    with browsing(Role.OPERATOR) as operator:
        assert operator.get(f"{SERVERS}/new").status_code == 403
        assert operator.act("POST", SERVERS, data={"label": "X"}).status_code == 403
        assert operator.act("POST", f"{SERVERS}/FTP_SVR1/delete").status_code == 403
