"""Which workers a new supervisor goes on with, and which leave: by what they say, and by what they hand over."""

import os
from contextlib import contextmanager

import msgspec
import pytest

from ftpair.app.adoption import decide, likeness
from ftpair.app.keepsakes import LAYOUT
from ftpair.app.orphans import Orphan
from ftpair.core.messages import HandOver
from ftpair.core.plan import Plan
from ftpair.core.status import Health, ServerState
from ftpair.dataplane.counts import create_counts_fd
from ftpair.dataplane.shared_table import create_table_fd

PLAN = Plan(1, 2, ())
STATES = {3: ServerState(health=Health.DOWN, reason="down: refused")}


@contextmanager
def tables(places=8):
    fds = create_counts_fd(places), *(create_table_fd(name, 8) for name in ("rates", "presence", "affinity"))
    yield fds
    for fd in fds:
        os.close(fd)


def orphan(worker, fds, place=None, **said):
    told = HandOver(
        worker,
        likeness(PLAN),
        "0.1.0",
        worker if place is None else place,
        8,
        LAYOUT,
        b"salt",
        rows=(("VIP", "", 0), ("VIP", "SVR", 3)),
        states=msgspec.msgpack.encode(STATES),
    )
    return Orphan(None, None, msgspec.structs.replace(told, **said), fds)


def test_those_that_would_be_made_alike_are_adopted_with_all_they_know():
    with tables() as fds:
        found = decide([orphan(0, fds), orphan(1, fds)], PLAN)
        assert (sorted(found.adopted), found.former) == ([0, 1], ())
        assert found.rows == {("VIP", ""): 0, ("VIP", "SVR"): 3}
        assert found.states == STATES


def test_after_an_upgrade_all_leave_and_their_tables_are_gone_on_with():
    with tables() as fds:
        found = decide([orphan(0, fds), orphan(1, fds)], PLAN, "0.0.9")
        assert (found.adopted, len(found.former), found.heir) == ({}, 2, found.former[0])


@pytest.mark.parametrize("change", [{"likeness": "another"}, {"is_leaving": True}, {"number": 2}])
def test_whoever_is_unlike_leaves(change):
    with tables() as fds:
        found = decide([orphan(0, fds), orphan(1, fds, **change)], PLAN)
        assert (list(found.adopted), [each.said.place for each in found.former]) == ([0], [1])


def test_of_two_with_one_number_one_is_adopted():
    with tables() as fds:
        found = decide([orphan(0, fds, 4), orphan(0, fds, 5)], PLAN)
        assert (len(found.adopted), len(found.former)) == (1, 1)


@pytest.mark.parametrize("change", [{"layout": "another"}, {"places": 9}, {"place": 8}, {"place": -1}])
def test_tables_of_another_kind_are_not_used(change):
    with tables() as fds:
        found = decide([orphan(0, fds, **change)], PLAN)
        assert (found.heir, found.adopted, found.rows, found.states) == (None, {}, {}, {})
        assert len(found.former) == 1


def test_tables_that_could_be_pulled_away_are_not_used():
    with tables() as fds:
        loose = os.memfd_create("counts")
        os.ftruncate(loose, os.fstat(fds[0]).st_size)
        assert decide([orphan(0, (loose, *fds[1:]))], PLAN).heir is None
        os.close(loose)


def test_where_the_former_ones_have_all_places_tables_begin_anew():
    with tables() as fds:
        everybody = [orphan(0, fds, place, likeness="another") for place in range(7)]
        found = decide(everybody, PLAN)
        assert (found.heir, len(found.former)) == (None, 7)


def test_states_that_this_version_cannot_read_are_nothing():
    with tables() as fds:
        assert decide([orphan(0, fds, states=b"\xc1")], PLAN).states == {}


def test_nobody_there_is_nothing_to_go_on_with():
    found = decide([], PLAN)
    assert (found.adopted, found.former, found.heir) == ({}, (), None)
