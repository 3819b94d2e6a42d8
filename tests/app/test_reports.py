"""Figures over time in the supervisor: a reading every ten seconds, and nobody waits for the disk."""

import asyncio
import ftplib
import threading

import pytest

from ftpair.app.actions import Actions
from ftpair.app.clerk import MOST_WAITING
from ftpair.app.reports import Reports
from ftpair.core.actions import GetReport, Refused
from ftpair.core.errors import NotFoundError
from tests.api.supervisor import node
from tests.app.asking import AskedLocally
from tests.app.test_supervisor import SIZE, real_server, running, until  # noqa: F401 - a fixture.

NOW = 1_767_225_600.0


def find(reports, **wanted):
    return asyncio.run(reports.find(GetReport(**wanted), node()))


def test_a_reading_counts_for_the_ten_seconds_that_have_just_ended(tmp_path):
    now = [NOW + 0.5]
    reports = Reports(tmp_path, print, now=lambda: now[0])
    assert reports.seconds_left() == 10.0
    now[0] += 10
    reports.record(node(), ())
    answer = find(reports, measure="sessions", service="FTPS_VIP", since=NOW - 10)
    assert (answer.unit, answer.step_s) == ("mean", 10)
    assert answer.points == ((NOW - 10, None), (NOW, 6.0))
    reports.close()


def test_what_never_was_is_refused_by_name_and_what_has_no_figures_yet_is_empty(tmp_path):
    reports = Reports(tmp_path, print, now=lambda: NOW)
    with pytest.raises(NotFoundError, match="no figures of VIP X; there are some of: FTPS_VIP, FTPS_VIP FTP_SVR1"):
        find(reports, measure="sessions", service="VIP", server="X")
    for place in ({}, {"service": "FTPS_VIP"}, {"service": "FTPS_VIP", "server": "FTP_SVR1"}):
        assert {value for _, value in find(reports, measure="sessions", **place).points} == {None}
    reports.close()


def test_a_disk_that_hangs_stops_nobody_and_a_question_is_refused_in_time(tmp_path):
    goes_on = threading.Event()
    reports = Reports(tmp_path, print, timeout_s=0.2)
    reports._clerk.post(lambda _store: goes_on.wait(20))
    for _ in range(MOST_WAITING + 3):
        reports.record(node(), ())
    answer = find(reports, measure="sessions")
    assert isinstance(answer, Refused)
    assert answer.kind == "busy"
    goes_on.set()
    reports.close()


def test_a_disk_that_cannot_be_read_is_one_sentence(tmp_path):
    reports = Reports(tmp_path, print)

    async def broken():
        await reports._clerk.ask(lambda store: store.close())
        return await reports.find(GetReport("sessions"), node())

    assert "the figures over time cannot be read" in asyncio.run(broken()).sentence


def test_the_action_answers_for_the_node(site):
    async def whole():
        async with site.running() as running_node:
            actions = AskedLocally(Actions(running_node))
            answer = await actions.answer(GetReport("healthy", "VIP", "FTP_SVR1"))
            assert answer.unit == "share"
            assert (await actions.answer(GetReport("healthy", "VIP", "NONE"))).kind == "not-found"

    asyncio.run(whole())


def test_what_a_client_fetched_stands_in_the_reports_of_the_next_run(site, real_server):  # noqa: F811
    with running(site) as ftpair:
        ftpair.heard("READY=1")
        with ftplib.FTP() as client:
            client.connect("127.0.0.1", site.port, timeout=20)
            client.login()
            client.retrbinary("RETR large.bin", lambda _block: None)
        until(lambda: 'transfers_total{direction="down",result="complete"' in ftpair.api("/metrics").text)
        assert ftpair.end() == 0
    with running(site) as ftpair:
        ftpair.heard("READY=1")

        def total(measure, **place):
            wanted = {"service": "VIP", "from": 1, **place, "measure": measure}
            report = ftpair.api("/api/v1/reports", params=wanted).json()
            return sum(value or 0 for value in report["values"]) * (10 if report["unit"] == "bytes/s" else 1)

        assert total("transfers_done") == total("transfers_done", service="") == 1
        assert total("logins", server="FTP_SVR1") + total("logins", server="FTP_SVR2") == 1
        assert total("transfers_failed") == total("errors") == 0
        assert total("bytes_down") >= SIZE / 2  # Those of a step are divided by all of its readings.
        assert ftpair.end() == 0
