"""Figures over time on the disk: rates, means and peaks in every tier, bounded, and whole over a restart."""

import itertools

import pytest

from ftpair.app.readings import Happened, Reading
from ftpair.app.report_store import DAY_S, MOST_POINTS, TIERS, ReportStore, Span, span_of

NOW = 1_767_225_600  # The beginning of a ten seconds, of five minutes and of an hour.
PLACE = ("VIP", "A")


@pytest.fixture
def said():
    return []


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state" / "reports.sqlite"


@pytest.fixture
def store(path, said):
    store = ReportStore(path, said.append, now=lambda: NOW)
    yield store
    store.close()


def reading(sessions=0, transfers=0, place=PLACE, is_healthy=True, **happened):
    return Reading(place, sessions, transfers, is_healthy, Happened(**happened))


def test_each_tier_tells_rates_means_peaks_numbers_and_shares(store):
    for second, sessions in zip(range(0, 300, 10), itertools.cycle((2, 4)), strict=False):
        store.add(NOW + second, [reading(sessions, 1, bytes_up=1000, logins=1, is_healthy=second >= 150)])
    for step_s, first in ((10, 2.0), (300, 3.0), (3600, 3.0)):
        span = Span(NOW, NOW + step_s, step_s)
        assert store.find(PLACE, "bytes_up", span) == ((NOW, 100.0),)
        assert store.find(PLACE, "sessions", span) == ((NOW, first),)
    span = Span(NOW, NOW + 300, 300)
    values = [store.find(PLACE, measure, span)[0][1] for measure in ("sessions_peak", "logins", "healthy", "transfers")]
    assert values == [4.0, 30.0, 0.5, 1.0]
    assert store.find(PLACE, "transfers_failed", span) == ((NOW, 0.0),)


def test_where_ftpair_did_not_run_there_is_a_gap_and_a_step_in_which_it_began_has_its_true_rate(store):
    store.add(NOW, [reading(bytes_down=500)])
    store.add(NOW + 30, [reading(bytes_down=700)])
    assert store.find(PLACE, "bytes_down", Span(NOW - 10, NOW + 40, 10)) == (
        *((NOW - 10, None), (NOW, 50.0), (NOW + 10, None), (NOW + 20, None), (NOW + 30, 70.0)),
    )
    assert store.find(PLACE, "bytes_down", Span(NOW, NOW + 300, 300)) == ((NOW, 60.0),)


def test_places_do_not_mix(store):
    store.add(NOW, [reading(1), reading(2, place=("VIP", "")), reading(4, place=("", ""))])
    for place, sessions in ((PLACE, 1.0), (("VIP", ""), 2.0), (("", ""), 4.0)):
        assert store.find(place, "sessions", Span(NOW, NOW + 10, 10)) == ((NOW, sessions),)
    assert store.knows(PLACE)
    assert not store.knows(("VIP", "B"))


def test_figures_go_on_in_the_same_step_after_a_restart(path, said):
    for second in (0, 10):
        store = ReportStore(path, said.append, now=lambda: NOW)
        store.add(NOW + second, [reading(logins=1)])
        store.close()
    store = ReportStore(path, said.append, now=lambda: NOW)
    assert store.find(PLACE, "logins", Span(NOW, NOW + 300, 300)) == ((NOW, 2.0),)
    store.close()
    assert said == []


def test_what_is_too_old_is_forgotten_in_each_tier_and_a_server_that_has_nothing_left_too(path, said):
    now = [NOW]
    store = ReportStore(path, said.append, now=lambda: now[0])
    store.add(NOW, [reading()])
    ages = []
    for days in (0.5, 1.5, 15, 91):
        store.close()
        now[0] = NOW + days * DAY_S
        store = ReportStore(path, said.append, now=lambda: now[0])
        store.add(now[0], [reading(place=("VIP", "B"))])
        steps = [tier.step_s for tier in TIERS]
        ages.append(
            [step for step in steps if store.find(PLACE, "sessions", Span(NOW, NOW + 1, step))[0][1] is not None]
        )
    assert ages == [[10, 300, 3600], [300, 3600], [3600], []]
    assert not store.knows(PLACE)
    store.close()


def test_what_a_wrong_clock_has_left_in_the_future_goes_too(path, said):
    for at in (NOW + 1000 * DAY_S, NOW):
        store = ReportStore(path, said.append, now=lambda: NOW)
        store.add(at, [reading(place=("VIP", str(at)))])
        store.close()
    store = ReportStore(path, said.append, now=lambda: NOW)
    store.add(NOW, [])
    assert not store.knows(("VIP", str(NOW + 1000 * DAY_S)))
    assert store.knows(("VIP", str(NOW)))
    store.close()


def test_a_full_disk_is_told_once_and_figures_go_on_when_there_is_room_again(path, said):
    store = ReportStore(path, said.append, now=lambda: NOW)
    store._database.rows("PRAGMA max_page_count = 1")
    for number in range(2):
        store.add(NOW, [reading(place=("VIP", f"{number}-{each}")) for each in range(200)])
    assert len(said) == 1
    assert "cannot be written (database or disk is full): figures over time are not recorded until it can" in said[0]
    store._database.rows("PRAGMA max_page_count = 100000")
    store.add(NOW + 10, [reading(3)])
    assert store.find(PLACE, "sessions", Span(NOW + 10, NOW + 20, 10)) == ((NOW + 10, 3.0),)
    assert len(said) == 2
    store.close()


@pytest.mark.parametrize(
    ("since", "until", "step_s", "points"),
    [
        (0, 0, 10, 360),
        (NOW - 600, 0, 10, 60),
        (NOW - 6 * 3600, 0, 10, 2160),
        (NOW - 7 * 3600, 0, 300, 84),
        (NOW - 25 * 3600, NOW - 24 * 3600 - 1800, 300, 6),
        (NOW - 7 * DAY_S, 0, 300, 2016),
        (NOW - 14 * DAY_S, 0, 3600, 336),
        (NOW - 20 * DAY_S, NOW - 20 * DAY_S + 3600, 3600, 1),
        (NOW - 10_000 * DAY_S, 0, 3600, 2160),
        (NOW + 50, NOW + 100, 10, 0),
        (NOW - 10, NOW - 100, 10, 0),
    ],
)
def test_a_span_has_the_shortest_steps_that_are_kept_and_are_not_too_many(since, until, step_s, points):
    span = span_of(since, until, NOW + 4.5)
    assert span.step_s == step_s
    assert len(span.moments) == points <= MOST_POINTS
