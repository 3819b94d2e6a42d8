"""The doctor's jobs: a real ftpair, real processes that examine, and servers that answer or do not."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ftpair.api import doctor_examples
from ftpair.app import jobs
from ftpair.app.jobs import Examiner, Jobs
from ftpair.core.doctor import Order
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.errors import BusyError, NotFoundError
from ftpair.core.jobs import Job
from ftpair.core.messages import Examine
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.dataplane.confinement import landlock_version
from tests.app.conftest import Site
from tests.app.test_confining import status_of
from tests.app.test_supervisor import is_alive, running, until
from tests.interop.lab.places import CONTROL_PORT, fresh_address
from tests.interop.lab.scripted_server import ScriptedServer

EXAMINER = "ftpair.app.examiner"


def refuses_everybody(talk):
    talk.say("220 (vsFTPd 3.0.3)")
    talk.answer_until("PASS", {"USER": "331 password, please"})
    talk.say("530 Login incorrect.")
    talk.answer_until("QUIT")


@contextlib.contextmanager
def silence():
    """Somebody who accepts connections and never says a word."""
    address = fresh_address()
    with socket.create_server((address, CONTROL_PORT)):
        yield address


def write(site, address):
    (site.folder / "password").write_text("correct horse\n")
    (site.folder / "password").chmod(0o600)
    site.path.write_text(f"""
workers: 1
paths: {{runtime: {site.folder}/run, state: {site.folder}/state}}
virtual_services:
  VIP:
    address: 127.0.0.1
    ports: {{explicit: {site.port}, passive: 20000-20027}}
    health: {{check: login, user: probe, password_file: password, interval_s: 600}}
    real_servers:
      SVR: {{address: {address}, port: {CONTROL_PORT}}}
""")


def begin(ftpair, **wish):
    response = ftpair.api("/api/v1/doctor", "POST", json={"service": "VIP", **wish})
    assert response.status_code == 202, response.text
    assert response.headers["Location"] == f"/api/v1/jobs/{response.json()['id']}"
    return response.headers["Location"]


def finished(ftpair, job):
    until(lambda: ftpair.api(job).json()["state"] != "running", 60)
    return ftpair.api(job).json()


def test_a_job_tells_how_far_it_is_and_at_last_what_is_wrong_and_what_to_do(site):
    write(site, ScriptedServer(refuses_everybody).address)
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        done = finished(ftpair, begin(ftpair))
        assert (done["state"], done["error"], done["service"]) == ("done", "", "VIP")
        assert done["done"] == done["steps"] > 1
        assert done["started"] <= done["finished"] <= time.time()
        (finding,) = [each for each in done["diagnosis"]["findings"] if each["where"] == "SVR"]
        assert finding["sentence"] == "The login is answered by 530 Login incorrect."
        assert finding["remedy"].startswith("Check user and password")
        assert ftpair.api("/api/v1/jobs").json() == [done]
        assert ftpair.api("/api/v1/jobs?service=OTHER").json() == []
        until(lambda: EXAMINER not in ftpair.children())
        assert ftpair.api("/api/v1/services/VIP/servers/SVR/guide").json()["kind"] == "vsftpd", "as it greets"
        assert "correct horse" not in json.dumps(done) + ftpair.log.read_text()
        assert ftpair.end() == 0


def test_a_job_that_is_ended_is_no_process_any_more_and_another_can_begin(site):
    with silence() as address:
        write(site, address)
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            job = begin(ftpair, timeout_s=60)
            until(lambda: ftpair.api(job).json()["doing"] == "SVR: clear text")
            (pid,) = ftpair.children()[EXAMINER]
            again = ftpair.api("/api/v1/doctor", "POST", json={"service": "VIP"})
            assert (again.status_code, again.json()["type"]) == (409, "urn:ftpair:problem:busy")
            assert "wait for job" in again.json()["detail"]
            said = ftpair.api(job, "DELETE").json()["sentence"]
            assert said == f"job {job[-8:]}: the examination of VIP is ended"
            until(lambda: not is_alive(pid))
            ended = ftpair.api(job).json()
            assert (ended["state"], ended["error"]) == ("ended", "it was ended by the administrator")
            said = ftpair.api(job, "DELETE").json()["sentence"]
            assert said == f"job {job[-8:]} is ended already: there is nothing to end"
            begin(ftpair)
            assert ftpair.end() == 0
            assert not is_alive(pid)


def test_an_examiner_is_confined_and_one_that_dies_is_a_failed_job_with_a_sentence(site):
    with silence() as address:
        write(site, address)
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            job = begin(ftpair, timeout_s=60)
            until(lambda: ftpair.api(job).json()["doing"])
            (pid,) = ftpair.children()[EXAMINER]
            status = status_of(pid)
            assert (status["NoNewPrivs"], int(status["CapEff"], 16)) == ("1", 0)
            assert landlock_version() > 0
            os.kill(pid, signal.SIGKILL)
            failed = finished(ftpair, job)
            assert (failed["state"], failed["diagnosis"]) == ("failed", None)
            assert "its process ended before it was done (killed by SIGKILL)" in failed["error"]
            assert EXAMINER not in ftpair.children()
            assert ftpair.end() == 0


@pytest.mark.parametrize(
    ("wish", "status", "sentence"),
    [
        ({"service": "VAP"}, 404, "no service 'VAP'; there are: VIP"),
        ({"user": "ann"}, 400, "user needs password"),
        ({"password": "x"}, 400, "password needs user"),
        ({"user": "a\r\nDELE b", "password": "x"}, 400, "user: a line end cannot be said in FTP"),
        ({"ca": "nonsense"}, 400, "ca holds no certificate in PEM form"),
    ],
)
def test_what_cannot_be_followed_is_refused_and_nobody_is_visited(one, wish, status, sentence):
    response = one.api("/api/v1/doctor", "POST", json={"service": "VIP", **wish})
    assert response.status_code == status
    assert sentence in response.json()["detail"]
    assert one.api("/api/v1/jobs").json() == []
    assert one.api("/api/v1/jobs/nobody").status_code == 404


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("one"))
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        yield ftpair


# The jobs by themselves.


def told(name):
    server = ServerPlan(1, name, "SVR", Endpoint("127.0.0.1", 9))
    return Examine(Plan(1, 1, (ServicePlan(name, "127.0.0.1", PortRange(1, 2), (server,), explicit=9),)), Order())


def play(scenario, tell=lambda _service, _sentence: None, **examiner):
    async def whole():
        kept = Jobs(Examiner(**examiner), tell)
        life = asyncio.create_task(kept.run())
        try:
            await scenario(kept)
        finally:
            life.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await life
        return kept

    return asyncio.run(whole())


async def over(kept, job):
    async with asyncio.timeout(60):
        while kept.of(job.id).state == "running":
            await asyncio.sleep(0.02)
    return kept.of(job.id)


def test_so_many_run_side_by_side_and_no_more():
    async def scenario(kept):
        await asyncio.sleep(0)  # Their life begins.
        begun = [kept.start(told(f"VIP{number}"), 1) for number in range(jobs.MOST_RUNNING)]
        with pytest.raises(BusyError, match="4 services already"):
            kept.start(told("ONE_MORE"), 1)
        kept.end(begun[0].id)
        one_more = kept.start(told("ONE_MORE"), 1)
        assert kept.all()[0] == one_more

    ended = play(scenario)
    assert {job.error for job in ended.all()} == {"it was ended by the administrator", "ftpair was stopped"}


def test_the_last_ones_are_kept_and_those_that_run():
    async def scenario(kept):
        first = kept.start(told("RUNS"), 1)
        former = []
        for number in range(jobs.KEPT + 3):
            former.append(kept.start(told(f"VIP{number}"), 1))
            kept.end(former[-1].id)
        assert len(kept.all()) == jobs.KEPT
        assert kept.of(first.id).state == "running"
        with pytest.raises(NotFoundError, match="no job"):
            kept.of(former[0].id)

    play(scenario)


def test_a_process_that_cannot_be_started_is_a_failed_job_and_is_not_tried_again():
    heard = []

    async def scenario(kept):
        failed = await over(kept, kept.start(told("VIP"), 1))
        assert failed.state == "failed"
        assert "could not be started: there is no user 'nobody-at-all'" in failed.error

    play(scenario, lambda *told: heard.append(told), user="nobody-at-all")
    assert heard[0] == ("VIP", "the doctor begins to examine VIP")
    assert [sentence.partition(":")[0] for _service, sentence in heard[1:]] == ["the examination of VIP has failed"]


def test_a_process_without_the_program_is_a_failed_job():
    async def scenario(kept):
        failed = await over(kept, kept.start(told("VIP"), 1))
        assert (failed.state, "exit status 1" in failed.error) == ("failed", True)

    play(scenario, module="ftpair.app.nobody")


def test_the_examination_ends_with_its_supervisor():
    async def scenario(kept):
        kept.start(told("VIP"), 1)
        await asyncio.sleep(0.5)

    play(scenario)
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    assert not any(EXAMINER in Path(f"/proc/{pid}/cmdline").read_text() for pid in children)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"state": "done", "diagnosis": doctor_examples.JOB.diagnosis}, "the doctor has examined VIP: 1 thing to mend"),
        (
            {"state": "done", "diagnosis": replace(doctor_examples.JOB.diagnosis, findings=())},
            "the doctor has examined VIP: no things to mend",
        ),
        ({"state": "ended", "error": "why"}, "the examination of VIP has ended: why"),
    ],
)
def test_who_looks_on_is_told_how_it_went_in_a_sentence(change, sentence):
    assert jobs._outcome(replace(Job("1", "VIP", "running", 0.0, 1), **change)) == sentence
