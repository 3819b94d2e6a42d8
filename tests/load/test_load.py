"""The load in small: a flood of connections beside sessions that idle and transfers that move."""

from tests.load.__main__ import Scale, put_under_load

SCALE = Scale(seconds=20.0, idle=200, transfers=20, connects=200, rate_bytes=4 << 20, before_s=4.0)


def test_in_a_flood_nobody_who_is_here_is_lost_and_everybody_who_comes_is_answered():
    outcome = put_under_load("ftpair", SCALE)
    assert (outcome.lost, outcome.broken, outcome.failed) == (0, 0, 0)
    assert outcome.served + outcome.refused > SCALE.seconds * SCALE.connects / 2
    assert outcome.rate_flood > outcome.rate_before / 2
    assert outcome.growth_bytes < 24 << 20
