"""What a load calls flat, and what it complains of."""

from dataclasses import replace

import pytest

from tests.load.figures import HEAD, MIB, Look, Outcome, ratios

LOOKS = tuple(Look(300 * MIB, 20000, float(number), float(2 * number)) for number in range(60))
GOOD = Outcome("ftpair", 10000, 0, 1000, 0, 100.0 * MIB, 95.0 * MIB, 0.9, 600.0, 1_100_000, 100_000, 0, 0.25, LOOKS)


def test_a_good_run_is_not_complained_of():
    assert GOOD.complaints() == []
    assert GOOD.kept == pytest.approx(0.95)
    assert GOOD.cores == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"lost": 1}, "1 idle sessions were lost"),
        ({"broken": 2}, "2 transfers broke"),
        ({"failed": 3}, "3 connections got neither a greeting nor a 421"),
        ({"rate_flood": 70.0 * MIB}, "transfers kept 70% of their rate"),
        ({"slowest": 0.2}, "the slowest transfer got 20% of the median"),
        (
            {"looks": tuple(replace(each, pss_bytes=(300 + number) * MIB) for number, each in enumerate(LOOKS))},
            "memory grew by 44.0 MiB",
        ),
    ],
)
def test_what_is_wrong_is_a_sentence(change, sentence):
    assert replace(GOOD, **change).complaints() == [sentence]


def test_the_row_has_a_cell_for_each_title():
    assert GOOD.row().count("|") == HEAD[0].count("|") == HEAD[1].count("|")
    assert "| 2,000 | 1,100,000 | 100,000 | 0 | 250 ms | 300 MiB | +0.0 MiB | 20,000 → 20,000 |" in GOOD.row()


def test_ratios_stand_beside_each_peer():
    peer = replace(GOOD, peer="haproxy", served=600_000, refused=0, looks=LOOKS[:1] + LOOKS[:1])
    (line,) = ratios((GOOD, peer))
    assert line.startswith("ftpair beside haproxy: 2.00 of the connects answered, 1.00 of what transfers keep, 1.00 of")
    assert ratios((peer,)) == []
