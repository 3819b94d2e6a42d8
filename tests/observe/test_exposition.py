"""The figures as Prometheus reads them."""

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ftpair.core.status import Sample
from ftpair.observe.exposition import render
from ftpair.observe.tally import METRICS, Tally
from tests.observe.examples import LEVELS, transfer

DESIGN = """
    sessions logins_total transfers transfers_total transfer_bytes_total transfer_seconds data_connections_total
    passive_ports_in_use passive_ports tls_handshakes_total certificate_not_after_seconds server_admin server_health
    check_seconds commands_total protocol_errors_total config_revision config_last_apply_successful
    event_loop_lag_seconds process_open_fds build_info
"""


def parsed(text):
    """Return the value of every series by name and labels; a series that appears twice is an error."""
    values = {}
    for family in text_string_to_metric_families(text.decode()):
        for sample in family.samples:
            key = sample.name, tuple(sorted(sample.labels.items()))
            assert key not in values
            values[key] = sample.value
    return values


def facts_of_all_kinds():
    tally = Tally()
    for fact, _ in LEVELS:
        tally.add(fact)
    return tally.samples()


def gauges_of_all_kinds():
    return [
        Sample(name, tuple(f"a {label}" for label in metric.labels), 1.5)
        for name, metric in METRICS.items()
        if metric.kind == "gauge"
    ]


def test_every_name_of_the_design_is_there():
    assert set(DESIGN.split()) <= METRICS.keys()
    text = render((), ()).decode()
    for name in DESIGN.split():
        assert f"# TYPE ftpair_{name} {METRICS[name].kind}\n" in text


def test_what_is_rendered_is_what_was_counted():
    counters, gauges = facts_of_all_kinds(), gauges_of_all_kinds()
    values = parsed(render(counters, gauges))
    for sample in (*counters, *gauges):
        metric = METRICS.get(sample.name) or METRICS["transfer_seconds"]
        names = (*metric.labels, "le") if sample.name.endswith("_bucket") else metric.labels
        key = f"ftpair_{sample.name}", tuple(sorted(zip(names, sample.labels, strict=True)))
        assert values.pop(key) == sample.value
    assert [name for name, _ in values] == ["ftpair_transfer_seconds_count"]


def test_a_histogram_has_its_buckets_in_order_and_a_count():
    tally = Tally()
    for seconds in (0.02, 0.02, 4000.0):
        tally.add(transfer(seconds=seconds))
    lines = [line for line in render(tally.samples()[::-1], ()).decode().splitlines() if "transfer_seconds" in line]
    of = '{direction="down",%sservice="FTPS_VIP"}'
    bounds = ["0.01", "0.05", "0.1", "0.5", "1.0", "5.0", "10.0", "60.0", "300.0", "1800.0", "+Inf"]
    assert lines[2:-2] == [
        f'ftpair_transfer_seconds_bucket{of % f"""le="{bound}","""} {value}'
        for bound, value in zip(bounds, [0.0] + [2.0] * 9 + [3.0], strict=True)
    ]
    assert lines[-2:] == [
        f"ftpair_transfer_seconds_count{of % ''} 3.0",
        f"ftpair_transfer_seconds_sum{of % ''} 4000.04",
    ]


def test_names_with_quotes_backslashes_and_line_ends_stay_one_series():
    name = 'a"b\\c\nd'
    assert parsed(render((), [Sample("sessions", (name,), 3.0)])) == {("ftpair_sessions", (("service", name),)): 3.0}


def test_a_sample_that_nobody_knows_is_left_out():
    assert parsed(render([Sample("nonsense", (), 1.0)], ())) == {}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS.keys())
def test_every_metric_has_help_that_is_a_sentence(metric):
    assert metric.help.endswith(".")
