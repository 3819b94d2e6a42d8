import pytest

from bench.figures import fairness
from bench.rows import LOADS


def test_fairness_is_what_the_slowest_got_beside_the_median():
    assert fairness([[50, 100, 100, 200]]) == pytest.approx(0.5)


def test_one_disturbed_window_does_not_decide():
    assert fairness([[80, 100, 110], [0, 100, 100], [90, 100, 120]]) == pytest.approx(0.8)


def test_the_share_of_transfers_is_measured_in_every_round():
    assert not LOADS["transfers"].is_once
