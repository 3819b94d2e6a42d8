import pytest

from bench.rows import LOADS, ROWS, Row, Target

AT_MOST = Target("<=", 1.0, "<= 1.0 x HAProxy", "haproxy")


def history(load: str, key: str, **values: list[float]):
    return {(load, peer): [{key: value} for value in seen] for peer, seen in values.items()}


def test_a_row_tells_min_median_and_max_by_peer():
    row = Row("clear relay", "CPU s/GiB", "relay", "cpu", AT_MOST)
    spread = row.spreads(history("relay", "cpu", ftpair=[0.3, 0.1, 0.2]))["ftpair"]
    assert (spread.min, spread.median, spread.max) == (0.1, 0.2, 0.3)


@pytest.mark.parametrize(("ours", "ratio", "is_met"), [([0.2], 1.0, True), ([0.3], 1.5, False)])
def test_a_ratio_is_ftpair_s_median_over_the_peer_s(ours, ratio, is_met):
    row = Row("clear relay", "CPU s/GiB", "relay", "cpu", AT_MOST)
    spreads = row.spreads(history("relay", "cpu", ftpair=ours, haproxy=[0.1, 0.2, 0.9]))
    assert row.ratio(spreads) == pytest.approx(ratio)
    assert row.is_met(spreads) is is_met


def test_what_is_added_is_the_value_above_direct_of_the_same_round():
    row = Row("latency", "us", "latency", "us", Target("<=", 150, "<= 150 us"), base="latency")
    spreads = row.spreads(history("latency", "us", direct=[10, 40], ftpair=[110, 240]))
    assert "direct" not in spreads
    assert (spreads["ftpair"].min, spreads["ftpair"].max) == (100, 200)
    assert row.ratio(spreads) is None
    assert row.is_met(spreads) is True


def test_a_peer_that_was_not_measured_gives_no_verdict():
    row = Row("clear relay", "CPU s/GiB", "relay", "cpu", AT_MOST)
    spreads = row.spreads(history("relay", "cpu", ftpair=[0.2]))
    assert row.ratio(spreads) is None
    assert row.is_met(spreads) is None


def test_every_row_comes_from_a_load_and_every_target_from_a_peer_of_it():
    for row in ROWS:
        assert "ftpair" in LOADS[row.load].doors
        if row.target and row.target.against:
            assert row.target.against in LOADS[row.load].doors
