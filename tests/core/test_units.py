"""Figures as people read them."""

import pytest

from ftpair.core import units


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (2**28, "256.0 MiB"), (3 * 2**29, "1.5 GiB"), (2**41, "2.0 TiB")],
)
def test_sizes_have_their_unit(count, text):
    assert units.size(count) == text


def test_rates_are_sizes_a_second():
    assert units.rate(120.5 * 2**20) == "120.5 MiB/s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.44, "0.4 s"), (42.5, "42 s"), (61, "1 min 1 s"), (11520, "3 h 12 min"), (180000, "2 d 2 h")],
)
def test_durations_have_their_two_largest_units(seconds, text):
    assert units.duration(seconds) == text


def test_counts_know_one_none_and_many():
    assert [units.counted(count, "server") for count in (0, 1, 2)] == ["no servers", "1 server", "2 servers"]


def test_a_limit_is_told_only_where_there_is_one():
    assert units.of_limit(12, 500, "session") == "12 of 500 sessions"
    assert units.of_limit(12, 0, "session") == "12 sessions"


def test_a_moment_is_in_utc_and_none_is_never():
    assert [units.moment(at) for at in (0, 1764400000.5)] == ["never", "2025-11-29 07:06:40 UTC"]
