from bench import report
from bench.rows import History

HISTORY: History = {
    ("relay", "haproxy"): [{"cpu": 0.2, "mib_s": 1000.0}],
    ("relay", "ftpair"): [{"cpu": 0.1, "mib_s": 2000.0}],
}
RESULTS = {
    "date": "2026-11-23T00:00:00+00:00",
    "machine": {"cpu": "A CPU", "cores": 2, "kernel": "6.1"},
    "versions": {"ftpair": "0.1.0"},
    "settings": {"rounds": 3},
    "rows": report.rows(HISTORY),
}


def test_rows_are_plain_data_with_verdicts():
    first = RESULTS["rows"][0]
    assert first == {
        "figure": "clear relay",
        "unit": "CPU s/GiB",
        "values": {
            "haproxy": {"min": 0.2, "median": 0.2, "max": 0.2},
            "ftpair": {"min": 0.1, "median": 0.1, "max": 0.1},
        },
        "ratio": 0.5,
        "target": "<= 1.0 x HAProxy",
        "target_met": True,
    }


def test_figures_that_were_not_measured_have_no_row():
    assert [row["figure"] for row in RESULTS["rows"]] == ["clear relay", "clear relay, speed"]


def test_readme_is_quoted_between_its_marks_and_nowhere_else():
    page = "before\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nafter\n"
    written = report.quoted(page, RESULTS)
    assert written.startswith("before\n<!-- bench:begin -->\n2026-11-23, 2 cores (A CPU)")
    assert "| clear relay | CPU s/GiB |  | 0.2 |  | 0.1 | 0.50 | <= 1.0 x HAProxy | met |\n" in written
    assert written.endswith("<!-- bench:end -->\nafter\n")
    assert "old" not in written
    assert report.quoted(written, RESULTS) == written


def test_the_engines_of_tcp_mode_have_a_table_beside_haproxy_by_hand():
    both = {
        ("relay", engine): [{"cpu": cpu, "mib_s": 1.0}] for engine, cpu in (("tcp_haproxy", 0.2), ("tcp_builtin", 0.3))
    }
    written = report.quoted("<!-- bench:begin -->\n<!-- bench:end -->", RESULTS | {"rows": report.rows(HISTORY | both)})
    assert "| clear relay | CPU s/GiB |  | 0.2 | 0.2 | 1.00 | 0.3 | 1.50 |\n" in written


def test_without_them_there_is_no_such_table():
    assert "engine: builtin" not in report.quoted("<!-- bench:begin -->\n<!-- bench:end -->", RESULTS)
