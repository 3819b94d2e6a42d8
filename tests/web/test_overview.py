"""System Overview, and the buttons on it."""

from dataclasses import replace

import msgspec
import pytest

from ftpair.core.accounts import Role
from ftpair.core.actions import GetReport, GetStatus, GetWaiting, Refused, ReportIs, SetAdmin, StatusIs, WaitingIs
from ftpair.core.drain import DrainStatus
from ftpair.core.revisions import Unconfirmed
from ftpair.core.status import Admin, CertificateStatus
from tests.api.supervisor import node, server, service


def test_it_shows_every_service_and_server_with_its_light_and_the_reason(admin):
    page = admin.get("/").text
    for word in ("FTPS_VIP", "OTHER_VIP", "FTP_SVR1", "FTP_SVR9", "connection refused", "serves", "down"):
        assert word in page


def test_what_waits_stands_in_the_banner(admin, supervisor):
    assert "1 change waits to be applied" in admin.get("/").text
    supervisor.answers[GetWaiting] = WaitingIs()
    assert "to be applied" not in admin.get("/").text


def test_a_trial_that_nobody_confirmed_stands_before_everything_else(admin, supervisor):
    supervisor.answers[GetStatus] = StatusIs(node(unconfirmed=Unconfirmed(5, 4, 4_000_000_000.0)))
    page = admin.get("/").text
    assert "Revision 5 runs on trial." in page
    assert "Back to revision 4" in page


def test_former_workers_are_told_of_as_long_as_they_stay(admin, supervisor):
    assert "former worker" not in admin.get("/").text
    (worker,) = node().workers
    supervisor.answers[GetStatus] = StatusIs(node(workers=(worker, replace(worker, is_former=True, sessions=3))))
    assert "1 former worker of another ftpair will end with the last of 3 sessions." in admin.get("/").text
    late = replace(worker, is_former=True, sessions=3, ends_at=4_000_000_000.0)
    supervisor.answers[GetStatus] = StatusIs(node(workers=(worker, late)))
    assert "the last of 3 sessions, at 2096-10-02 07:06:40 UTC at the latest." in admin.get("/").text


def test_a_node_without_a_service_offers_the_first_step(admin, supervisor):
    supervisor.answers[GetStatus] = StatusIs(node(services=()))
    page = admin.get("/").text
    assert "No virtual service yet" in page
    assert 'href="/services/new"' in page


def test_what_a_server_says_is_text_and_nothing_else(admin, supervisor):
    hostile = server("FTP_SVR1", reason='<script>alert(1)</script> "quoted"')
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(servers=(hostile,)),)))
    page = admin.get("/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_what_is_amiss_with_a_server_that_is_up_is_told_too(admin, supervisor):
    warned = server("FTP_SVR1", warnings=("certificate of FTP_SVR1 is for <b>x</b>, not y",))
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(servers=(warned,)),)))
    for page in ("/", "/services/FTPS_VIP"):
        assert "certificate of FTP_SVR1 is for &lt;b&gt;x&lt;/b&gt;, not y" in admin.get(page).text


def test_it_is_told_what_will_happen_before_it_does(admin, supervisor):
    dialog = admin.get("/services/FTPS_VIP/servers/FTP_SVR1/drain", headers={"HX-Request": "true"}).text
    assert "drain FTP_SVR1: 3 sessions stay, 1 transfer" in dialog
    assert supervisor.actions[-1] == SetAdmin("FTPS_VIP", "FTP_SVR1", Admin.DRAIN, dry_run=True)


def test_a_server_is_drained_and_the_sentence_is_shown(admin, supervisor):
    answer = admin.act("POST", "/services/FTPS_VIP/servers/FTP_SVR1/drain")
    assert (answer.status_code, answer.headers["hx-trigger"]) == (200, "dialog:close")
    assert "drain FTP_SVR1: 3 sessions stay, 1 transfer" in answer.text
    assert supervisor.actions[-1] == SetAdmin("FTPS_VIP", "FTP_SVR1", Admin.DRAIN)


def test_the_way_of_a_drain_is_chosen_in_its_dialog(admin, supervisor):
    place, how = "/services/FTPS_VIP/servers/FTP_SVR1/drain", {"wait_for": "transfers", "deadline_s": "300"}
    dialog = admin.get(place, params=how, headers={"HX-Request": "true"}).text
    asked = SetAdmin("FTPS_VIP", "FTP_SVR1", Admin.DRAIN, wait_for="transfers", deadline_s=300.0)
    assert supervisor.actions[-1] == msgspec.structs.replace(asked, dry_run=True)
    assert '<option value="transfers" selected>' in dialog
    assert '<option value="300" selected>' in dialog
    admin.act("POST", place, data=how)
    assert supervisor.actions[-1] == asked


def test_how_far_a_drain_is_stands_in_its_row(admin, supervisor):
    sentence = "drain FTP_SVR1: 3 sessions stay, 2 transfers move (1.2 GiB so far), 4 min 0 s left"
    drained = server("FTP_SVR1", admin=Admin.DRAIN, drain=DrainStatus("transfers", 0.0, 240.0, 1 << 30, 0, sentence))
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(servers=(drained,)),)))
    for page in ("/", "/services/FTPS_VIP"):
        assert sentence in admin.get(page).text


def test_a_server_that_is_gone_is_a_message_on_the_page(admin):
    answer = admin.act("POST", "/services/FTPS_VIP/servers/GONE/drain")
    assert answer.status_code == 404
    assert 'role="alert"' in answer.text


def test_who_only_sees_has_no_buttons_and_no_way_to_press_them(browsing, supervisor):
    with browsing(Role.VIEWER) as viewer:
        assert "Drain FTP_SVR1" not in viewer.get("/").text
        answer = viewer.act("POST", "/services/FTPS_VIP/servers/FTP_SVR1/drain")
    assert answer.status_code == 403
    assert not any(isinstance(action, SetAdmin) for action in supervisor.actions)


@pytest.mark.parametrize("days", [-1, 3])
def test_a_certificate_that_expires_is_told(admin, supervisor, days):
    papers = CertificateStatus("files", 1767225600.0, days)
    supervisor.answers[GetStatus] = StatusIs(node(services=(service(certificates=(papers,)),)))
    assert ("has expired" if days < 0 else "expires in 3 days") in admin.get("/").text


def test_the_charts_begin_with_what_was_before_somebody_looked(admin, supervisor):
    supervisor.answers[GetReport] = ReportIs("mean", 10, ((1767225600, 3.0), (1767225610, None)))
    assert 'data-drawn="[[1767225600, 1767225610], [3.0, null], [3.0, null]]"' in admin.get("/").text
    supervisor.answers[GetReport] = Refused("setup", "no reports are kept")
    assert admin.get("/").status_code == 200


def test_a_worker_that_refuses_new_sessions_stands_before_everything_else(admin, supervisor):
    (worker,) = node().workers
    short = replace(worker, shortages=("memory", "loop-lag"))
    supervisor.answers[GetStatus] = StatusIs(node(workers=(short,)))
    page = admin.get("/").text
    assert "Worker 0 refuses new sessions: too little memory is available, it cannot keep up." in page
    supervisor.answers[GetStatus] = StatusIs(node())
    assert "refuses new sessions" not in admin.get("/").text
