"""The doctor in the browser."""

from dataclasses import replace

import pytest

from ftpair.api.doctor_examples import JOB
from ftpair.core.accounts import Role
from ftpair.core.actions import GetStatus, Refused, StatusIs
from ftpair.core.doctor import Finding, Order
from ftpair.core.jobs import EndJob, GetJob, GetJobs, JobIs, JobsAre, StartDoctor
from tests.api.supervisor import node

RUNNING = replace(JOB, state="running", done=3, doing="FTP_SVR2: explicit TLS 1.3", finished=0.0, diagnosis=None)
HOSTILE = "<script>alert(1)</script>"


def diagnosis(*findings, **changes):
    return replace(JOB, diagnosis=replace(JOB.diagnosis, findings=findings, **changes))


def finding(severity, **changes):
    return Finding(
        **{
            "id": f"a-{severity}",
            "severity": severity,
            "where": "FTP_SVR2",
            "sentence": f"It is a `{severity}`.",
            "why": "Clients refuse.",
            "remedy": "Mend it.",
            "lines": (),
            "guide": "",
            "modes": (),
        }
        | changes
    )


def orders(supervisor):
    return [action for action in supervisor.actions if isinstance(action, StartDoctor)]


def test_the_page_offers_every_service_and_shows_what_came_of_former_examinations(admin):
    page = admin.get("/doctor?service=OTHER_VIP").text
    assert 'value="FTPS_VIP" checked' not in page
    assert 'value="OTHER_VIP" checked' in page
    assert f'href="/doctor/{JOB.id}"' in page
    assert "1 error" in page


def test_one_examination_begins_as_it_was_asked_for_and_is_watched(admin, supervisor):
    sent = {
        "services": "FTPS_VIP",
        "user": "probe",
        "password": "secret",
        "directory": "inbox",
        "write": "true",
        "files": "a.bin\r\n\r\nb.bin\r\n",
        "wait_s": "1.5",
        "step_s": "",
        "ca": "PEM",
    }
    answer = admin.act("POST", "/doctor", data=sent)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, f"/doctor/{JOB.id}")
    order = Order("probe", "secret", "inbox", True, ("a.bin", "b.bin"), 1.5, 10.0, b"PEM")
    assert orders(supervisor) == [StartDoctor("FTPS_VIP", order)]


def test_several_examinations_begin_and_the_list_shows_them(admin, supervisor):
    answer = admin.act("POST", "/doctor", data={"services": ["FTPS_VIP", "OTHER_VIP"]})
    assert answer.headers["hx-redirect"] == "/doctor"
    assert [order.service for order in orders(supervisor)] == ["FTPS_VIP", "OTHER_VIP"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"services": []}, "services"),
        ({"wait_s": "soon"}, "wait_s"),
        ({"wait_s": "nan"}, "wait_s"),
        ({"step_s": "0"}, "step_s"),
        ({"step_s": "601"}, "step_s"),
        ({"files": "a\n" * 101}, "files"),
    ],
)
def test_wrong_input_comes_back_at_its_field_and_nothing_begins(admin, supervisor, sent, field):
    answer = admin.act("POST", "/doctor", data={"services": ["FTPS_VIP"], "directory": "kept"} | sent)
    assert answer.status_code == 422
    assert f'id="{field}-problem"' in answer.text
    assert "autofocus" in answer.text
    assert 'value="kept"' in answer.text
    assert orders(supervisor) == []


def test_what_the_supervisor_refuses_stands_at_its_field(admin, supervisor):
    supervisor.answers[StartDoctor] = Refused("wrong-request", "user needs password: the doctor logs in by both")
    answer = admin.act("POST", "/doctor", data={"services": ["FTPS_VIP"], "user": "anna"})
    assert answer.status_code == 422
    assert 'id="user-problem">user needs password' in answer.text


def test_what_no_field_is_to_blame_for_stands_above_the_form(admin, supervisor):
    supervisor.answers[StartDoctor] = Refused("busy", "the doctor examines FTPS_VIP already")
    answer = admin.act("POST", "/doctor", data={"services": ["FTPS_VIP"]})
    assert answer.status_code == 409
    assert "FTPS_VIP: the doctor examines FTPS_VIP already" in answer.text


def test_one_can_watch_it_work_and_end_it(admin, supervisor):
    supervisor.answers[GetJob] = JobIs(RUNNING)
    page = admin.get(f"/doctor/{JOB.id}").text
    for word in ("3 of 14 steps", "FTP_SVR2: explicit TLS 1.3", 'value="3" max="14"', f'hx-delete="/doctor/{JOB.id}"'):
        assert word in page
    assert "ended" in admin.act("DELETE", f"/doctor/{JOB.id}").text
    assert supervisor.actions[-1] == EndJob(JOB.id)


def test_findings_stand_by_their_severity_with_remedy_and_lines(admin, supervisor):
    found = [
        finding("note"),
        finding("warning"),
        finding(
            "error", lines=("MasqueradeAddress 192.0.2.10",), guide="ftpair guide FTPS_VIP FTP_SVR2", modes=("TLS",)
        ),
    ]
    supervisor.answers[GetJob] = JobIs(diagnosis(*found))
    page = admin.get(f"/doctor/{JOB.id}").text
    at = [page.index(word) for word in (">Errors<", "a-error", ">Warnings<", "a-warning", ">Notes<", "a-note")]
    assert at == sorted(at)
    for word in (
        "Clients refuse.",
        "Mend it.",
        ">MasqueradeAddress 192.0.2.10</pre>",
        "<code>error</code>",
        "Uploads and clocks",
    ):
        assert word in page
    assert 'href="/services/FTPS_VIP/servers/FTP_SVR2/guide?kind=proftpd"' in page


def test_all_is_well_says_what_was_examined(admin, supervisor):
    supervisor.answers[GetJob] = JobIs(diagnosis(is_healthy=True))
    page = admin.get(f"/doctor/{JOB.id}").text
    for word in ("All is well", "12 logins", "FTP_SVR1: proftpd", "Uploads and clocks: only with --write."):
        assert word in page


def test_one_that_broke_off_says_why(admin, supervisor):
    supervisor.answers[GetJob] = JobIs(replace(RUNNING, state="failed", error="its process ended"))
    page = admin.get(f"/doctor/{JOB.id}").text
    assert "It was broken off" in page
    assert "its process ended" in page


def test_what_servers_say_is_text_and_nothing_else(admin, supervisor):
    hostile = finding("error", where=HOSTILE, sentence=HOSTILE, remedy=f"`{HOSTILE}`", lines=(HOSTILE,), guide=HOSTILE)
    supervisor.answers[GetJob] = JobIs(diagnosis(hostile, servers={HOSTILE: HOSTILE}))
    assert HOSTILE not in admin.get(f"/doctor/{JOB.id}").text


def test_the_overview_has_the_last_findings_of_each_service(admin, supervisor):
    newer = replace(diagnosis(finding("warning")), id="77")
    supervisor.answers[GetJobs] = JobsAre((RUNNING, newer, JOB))
    page = admin.get("/").text
    assert 'href="/doctor/77">1 warning</a>' in page
    assert f"/doctor/{JOB.id}" not in page


def test_without_a_service_there_is_nothing_to_examine(admin, supervisor):
    supervisor.answers |= {GetStatus: StatusIs(node(services=())), GetJobs: JobsAre(())}
    page = admin.get("/doctor").text
    assert 'href="/services/new"' in page
    assert "<form" not in page


def test_who_only_sees_reads_and_begins_nothing(browsing, supervisor):
    with browsing(Role.VIEWER) as viewer:
        assert "<form" not in viewer.get("/doctor").text
        assert viewer.get(f"/doctor/{JOB.id}").status_code == 200
        assert viewer.act("POST", "/doctor", data={"services": ["FTPS_VIP"]}).status_code == 403
        assert viewer.act("DELETE", f"/doctor/{JOB.id}").status_code == 403
    assert orders(supervisor) == []
