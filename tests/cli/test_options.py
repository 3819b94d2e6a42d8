"""`--watch` may leave its seconds out."""

import pytest

from ftpair.cli.options import with_watch_seconds


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (["status", "--watch"], ["status", "--watch=2"]),
        (["status", "-w", "--json"], ["status", "--watch=2", "--json"]),
        (["status", "--watch", "FTPS_VIP"], ["status", "--watch=2", "FTPS_VIP"]),
        (["status", "--watch", "0.5"], ["status", "--watch", "0.5"]),
        (["status", "--watch", "-3"], ["status", "--watch", "-3"]),
        (["status", "--watch=9"], ["status", "--watch=9"]),
        (["status"], ["status"]),
        ([], []),
    ],
)
def test_the_seconds_that_are_left_out_are_two(given, meant):
    assert with_watch_seconds(given) == meant
