"""Figures of all children: sums that never fall."""

from ftpair.app.figures import Figures
from ftpair.core.messages import Beat
from ftpair.core.status import Sample


def logins(value, result="accepted"):
    return Sample("logins_total", ("VIP", result), value)


def in_use(value):
    return Sample("passive_ports_in_use", ("VIP",), value)


def test_counters_and_gauges_are_summed_by_name_and_labels():
    figures = Figures()
    figures.hear("worker 0", Beat((logins(2.0), logins(1.0, "refused")), (in_use(3.0),)))
    figures.hear("worker 1", Beat((logins(5.0),), (in_use(1.0),)))
    assert set(figures.counters()) == {logins(7.0), logins(1.0, "refused")}
    assert figures.gauges() == (in_use(4.0),)
    assert figures.gauge("passive_ports_in_use", "VIP") == 4.0
    assert figures.gauge("passive_ports_in_use", "OTHER") == 0.0


def test_a_beat_replaces_the_one_before():
    figures = Figures()
    for value in (1.0, 2.0, 3.0):
        figures.hear("worker 0", Beat((logins(value),), (in_use(value),)))
    assert (figures.counters(), figures.gauges()) == ((logins(3.0),), (in_use(3.0),))


def test_a_counter_never_falls_when_a_worker_dies_twice_but_its_gauges_go():
    figures = Figures()
    for _life in range(2):
        figures.hear("worker 0", Beat((logins(4.0),), (in_use(2.0),)))
        figures.bury("worker 0")
        figures.bury("worker 0")
    assert figures.counters() == (logins(8.0),)
    assert figures.gauges() == ()
    figures.hear("worker 0", Beat((logins(1.0),), ()))
    assert figures.counters() == (logins(9.0),)
