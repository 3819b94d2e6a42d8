"""The form of a virtual service: what is typed, what comes back, and what stands in the file afterwards."""

import json
import re

import pytest

from ftpair.core.accounts import Role
from ftpair.core.actions import PatchConfiguration, Refused
from tests.web.a_file import File
from tests.web.forms import filled, wrong

NEW = {
    "label": "FTP_VIP",
    "mode": "ftp",
    "address": "192.0.2.20",
    "ports": "2121,30000-30009",
    "server.a.label": "FTP_SVR1",
    "server.a.address": "10.0.0.21",
}


@pytest.fixture
def file(supervisor):
    behind = File()
    supervisor.answers |= behind.answers
    return behind


def test_a_service_is_made_and_its_page_is_shown(admin, file):
    answer = admin.act("POST", "/services", data=filled(admin.get("/services/new")) | NEW)
    assert answer.headers["hx-redirect"] == "/services/FTP_VIP"
    assert "# The main one." in file.text
    made = file.text[file.text.index("  FTP_VIP:") :]
    assert "explicit: 2121" in made
    assert "FTP_SVR1" in made
    assert "weight" not in made  # Defaults are not written.
    assert file.revisions[-1][0].comment == "add the virtual service FTP_VIP"


def test_a_form_that_nobody_touched_changes_nothing(admin, supervisor, file):
    for name in ("FTPS_VIP", "TCP_VIP"):
        admin.act("POST", "/services", data=filled(admin.get(f"/services/{name}/change")))
        assert json.loads(supervisor.actions[-1].patch) == {"virtual_services": {name: {}}}


def test_what_the_form_does_not_know_stays(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change")) | {"retries": "3", "server.r0.weight": "10"}
    assert admin.act("POST", "/services", data=sent).status_code == 200
    for kept in ("curves: [P-256]", 'user: "k*"', "FTP_SVR9", "server_name: ftp1.example.org", "# The main one."):
        assert kept in file.text
    assert "retries: 3" in file.text
    assert "weight: 10" in file.text


def test_a_port_that_is_taken_away_is_gone(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change")) | {"ports": "21,1025-1052"}
    admin.act("POST", "/services", data=sent)
    assert "990" not in file.text[file.text.index("FTPS_VIP") : file.text.index("TCP_VIP")]


def test_every_problem_comes_back_at_its_field_and_nothing_typed_is_lost(admin, file):
    typed = {
        "address": "here",
        "ports": "21;990",
        "retries": "many",
        "health.interval_s": "0",
        "server.a.address": "10.0.0.21:2121",
        "server.b.label": "",
        "server.b.address": "10.0.0.22",
    }
    sent = filled(admin.get("/services/new")) | NEW | typed
    answer = admin.act("POST", "/services", data=sent)
    assert answer.status_code == 422
    assert set(wrong(answer)) == {"server-b-label"}
    answer = admin.act("POST", "/services", data=sent | {"server.b.label": "FTP_SVR2"})
    assert answer.status_code == 422
    assert set(wrong(answer)) == {"address", "ports", "retries", "health-interval_s", "server-a-address"}
    assert wrong(answer)["retries"].startswith("Retries must be a whole number, but is 'many'")
    assert filled(answer).items() >= (sent | {"server.b.label": "FTP_SVR2"}).items()
    assert 'aria-invalid="true"' in answer.text
    assert '<details class="card group" open>' in answer.text
    assert file.revisions == []


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"label": ""}, "label"),
        ({"label": "two words"}, "label"),
        ({"label": "FTPS_VIP"}, "label"),
        ({"server.b.label": "FTP_SVR1", "server.b.address": "10.0.0.9"}, "server-b-label"),
    ],
)
def test_a_label_is_there_right_and_only_once(admin, file, typed, at):
    answer = admin.act("POST", "/services", data=filled(admin.get("/services/new")) | NEW | typed)
    assert (answer.status_code, at in wrong(answer)) == (422, True)


def test_a_form_without_a_label_hears_of_all_that_is_missing(admin, file):
    page = admin.act("POST", "/services", data=filled(admin.get("/services/new")))
    assert page.status_code == 422
    assert wrong(page) == {
        "label": "Label is missing: write a name such as FTP_VIP",
        "address": "Address is missing: write for example 192.0.2.10",
        "ports": "Ports is missing: write for example 21,990,1025-1052",
    }
    assert "Real servers: at least one is needed" in page.text


def test_a_value_is_proposed_as_it_is_typed_into_its_field(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change")) | {"retries": "many"}
    sentence = wrong(admin.act("POST", "/services", data=sent))["retries"]
    assert sentence == "Retries must be a whole number, but is 'many': write for example 2"


def test_a_problem_of_another_place_stands_on_top_with_its_path(admin, file):
    file.text = file.text.replace("address: 192.0.2.11", "address: nowhere")
    answer = admin.act("POST", "/services", data=filled(admin.get("/services/new")) | NEW)
    assert "<code>virtual_services.TCP_VIP.address</code>" in answer.text


def test_what_the_machine_does_not_allow_is_told_on_the_form(admin, supervisor, file):
    supervisor.answers[PatchConfiguration] = Refused("setup", "the disk is full")
    answer = admin.act("POST", "/services", data=filled(admin.get("/services/new")) | NEW)
    assert (answer.status_code, "the disk is full" in answer.text) == (409, True)
    assert filled(answer)["ports"] == "2121,30000-30009"


def test_a_supervisor_that_is_silent_costs_nothing_that_was_typed(admin, supervisor, file):
    supervisor.answers[PatchConfiguration] = Refused("internal", "a fault")
    answer = admin.act("POST", "/services", data=filled(admin.get("/services/new")) | NEW)
    assert answer.headers["hx-retarget"] == "#toasts"


def test_who_is_slower_hears_who_was_faster_and_saves_on_top(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change")) | {"retries": "3"}
    file.save(file.text.replace("weight: 50", "weight: 60"), "carol", "more for the second")
    answer = admin.act("POST", "/services", data=sent)
    assert answer.status_code == 412
    assert "carol saved revision 1 at 2026-01-01 00:00:00 UTC: more for the second." in answer.text
    assert "weight: 60" in answer.text
    again = filled(answer)
    assert again["retries"] == "3"
    assert admin.act("POST", "/services", data=again).status_code == 200
    assert "retries: 3" in file.text
    assert "weight: 60" in file.text


def test_a_file_that_was_changed_by_hand_is_told_as_that(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change"))
    file.text += "workers: 2\n"
    answer = admin.act("POST", "/services", data=sent)
    assert "The file was changed by hand." in answer.text
    assert "This virtual service is as you opened it." in answer.text


def test_a_service_that_was_deleted_meanwhile_is_made_anew(admin, file):
    sent = filled(admin.get("/services/TCP_VIP/change"))
    file.save(file.text[: file.text.index("  TCP_VIP")], "carol", "away with it")
    again = filled(admin.act("POST", "/services", data=sent))
    assert admin.act("POST", "/services", data=again).status_code == 200
    assert "TCP_VIP" in file.text


def test_the_yaml_follows_the_form_and_tells_how_ports_are_understood(admin, file):
    said = admin.act("POST", "/services/preview", data=NEW | {"ports": "21,990,1025-1052", "tls.certificate": "files"})
    assert "implicit: 990" in said.text
    assert "certificate: files" in said.text
    assert 'hx-swap-oob="true"' in said.text
    assert 'implicit <strong class="figure">990</strong>' in said.text


def test_a_copy_has_all_of_the_other_but_its_label(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/copy")) | {"address": "192.0.2.30"}
    assert sent["label"] == "FTPS_VIP_copy"
    assert admin.act("POST", "/services", data=sent).status_code == 200
    copied = file.text[file.text.index("FTPS_VIP_copy") :]
    for part in ("192.0.2.30", "FTP_SVR9", "ftp1.example.org", "k*"):
        assert part in copied


def test_another_mode_has_other_fields_and_what_was_typed_comes_back_with_the_first(admin, file):
    sent = filled(admin.get("/services/new")) | NEW | {"mode": "tcp", "retries": "3"}
    tcp = admin.act("POST", "/services/form", data=sent)
    assert 'name="pairing"' in tcp.text
    assert 'name="commands.read_only"' not in tcp.text
    ftp = admin.act("POST", "/services/form", data=filled(tcp) | {"mode": "ftp"})
    assert filled(ftp)["retries"] == "3"


def test_a_service_changes_its_mode_without_the_keys_that_the_other_lacks(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change")) | {"mode": "tcp", "address": "192.0.2.12"}
    answer = admin.act("POST", "/services", data=filled(admin.act("POST", "/services/form", data=sent)))
    assert answer.status_code == 200, wrong(answer)
    assert "routes" not in file.text


def test_a_real_server_that_is_renamed_keeps_what_the_form_does_not_know(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change")) | {"server.r0.label": "FTP_SVR7"}
    admin.act("POST", "/services", data=sent)
    assert re.search(r"FTP_SVR7:\s+address: 10.0.0.11\s+server_name: ftp1.example.org", file.text)
    assert "FTP_SVR1" not in file.text[: file.text.index("TCP_VIP")]


def test_a_real_server_whose_line_is_gone_is_gone(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change"))
    sent = {name: text for name, text in sent.items() if not name.startswith("server.r1.")}
    admin.act("POST", "/services", data=sent)
    assert "FTP_SVR2" not in file.text


def test_tls_goes_with_its_certificate(admin, file):
    sent = filled(admin.get("/services/FTPS_VIP/change")) | {"tls.certificate": "", "ports": "21,1025-1052"}
    answer = admin.act("POST", "/services", data=sent)
    assert answer.status_code == 200, wrong(answer)
    assert "tls:" not in file.text


def test_what_is_typed_is_text_and_nothing_else(admin, file):
    hostile = '"><script>alert(1)</script>'
    answer = admin.act("POST", "/services", data=filled(admin.get("/services/new")) | NEW | {"address": hostile})
    assert "<script>alert" not in answer.text
    assert filled(answer)["address"] == hostile


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_who_is_no_admin_neither_sees_the_form_nor_saves(browsing, supervisor, file, role):
    with browsing(role) as visitor:
        assert visitor.get("/services/new").status_code == 403
        assert visitor.act("POST", "/services", data=NEW).status_code == 403
    assert not any(isinstance(action, PatchConfiguration) for action in supervisor.actions)
