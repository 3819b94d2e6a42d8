"""Reports in the browser."""

import csv
import io

import pytest

from ftpair.core.actions import GetReport, Refused, ReportIs
from ftpair.core.reports import MEASURES
from ftpair.web.reports import CHARTS, SPANS, TITLES

VALUES = {"bytes_down": 1024.0, "sessions_peak": 7.0, "transfers_done": 3.0, "healthy": 0.5}


def report(action):
    value = VALUES.get(action.measure, 0.0)
    return ReportIs("number", 10, ((1767225600, value), (1767225610, value), (1767225620, None)))


@pytest.fixture
def supervisor(supervisor):
    supervisor.answers[GetReport] = report
    return supervisor


def asked(supervisor):
    return [action for action in supervisor.actions if isinstance(action, GetReport)]


def test_the_page_has_a_chart_of_each_kind_and_what_it_comes_to(admin):
    page = admin.get("/reports").text
    for chart in CHARTS:
        assert f'mb-0">{chart.title}' in page
    for word in ("20.0 KiB", ">7<", ">6<", "50 %", "FTP_SVR1", 'aria-current="page" href="/reports?of=&amp;span=hour"'):
        assert word in page


@pytest.mark.parametrize("span", SPANS)
def test_a_span_goes_as_far_back_as_it_says(admin, supervisor, span):
    admin.get(f"/reports?of=FTPS_VIP/FTP_SVR1&span={span}")
    assert {action.measure for action in asked(supervisor)} == set(MEASURES)
    for action in asked(supervisor):
        assert (action.service, action.server) == ("FTPS_VIP", "FTP_SVR1")
        assert action.until - action.since == SPANS[span][1]


def test_charts_get_every_measure_over_the_same_steps(admin):
    found = admin.get("/reports/figures?of=FTPS_VIP").json()
    assert (found["step_s"], found["at"]) == (10, [1767225600, 1767225610, 1767225620])
    assert found["values"]["bytes_down"] == [1024.0, 1024.0, None]
    assert {measure for chart in CHARTS for measure, _name in chart.lines} <= set(found["values"])


def test_the_table_has_the_same_figures_the_newest_first(admin):
    table = admin.get("/reports/table").text
    assert table.index("2026-01-01 00:00:20 UTC") < table.index("2026-01-01 00:00:00 UTC")
    assert '<td class="num">1024</td>' in table
    assert all(title in table for title in TITLES.values())


def test_the_sheet_has_the_same_figures(admin):
    answer = admin.get("/reports/figures.csv?of=FTPS_VIP/FTP_SVR1&span=day")
    assert 'filename="ftpair-FTPS_VIP-FTP_SVR1-day.csv"' in answer.headers["content-disposition"]
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["Time", *TITLES.values()]
    assert rows[1] == ["2026-01-01 00:00:20 UTC", *[""] * len(TITLES)]
    assert rows[2][rows[0].index("To clients, B/s")] == "1024"


def test_every_measure_has_a_title():
    assert set(TITLES) == set(MEASURES)


def test_what_never_was_is_told(admin, supervisor):
    supervisor.answers[GetReport] = Refused("not-found", "there are no figures of GONE")
    answer = admin.get("/reports?of=GONE")
    assert answer.status_code == 404
    assert "there are no figures of GONE" in answer.text


def test_when_nothing_was_kept_yet_that_is_said(admin, supervisor):
    supervisor.answers[GetReport] = ReportIs("number", 10, ((1767225600, None),))
    assert "There are no figures of that time yet" in admin.get("/reports").text
