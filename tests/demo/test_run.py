
from ftpair.demo.run import run
from ftpair.demo.trial import KIB, MIB


def test_every_way_in_is_right_and_the_status_says_so(place, capsys):
    assert run(place, (KIB, MIB), is_once=True) == 0
