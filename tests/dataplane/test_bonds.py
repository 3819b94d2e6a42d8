"""Who comes again gets the server of the session before, and several workers agree on it."""

import os

import pytest
from msgspec.structs import replace

from ftpair.balance.choice import NoChoice
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.dataplane.bonds import Bonds, Bound
from ftpair.dataplane.shared_table import SharedTable, create_table_fd

A, B = (ServerPlan(slot, "ftp", name, Endpoint("10.0.0.1", 21)) for slot, name in enumerate("AB"))
PLAN = ServicePlan("ftp", "192.0.2.10", PortRange(1025, 1052), (A, B), affinity="user", affinity_timeout_s=60.0)


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def table():
    fd = create_table_fd("test", 8)
    yield SharedTable(fd, b"salt")
    os.close(fd)


@pytest.fixture
def bonds(table, clock):
    return Bonds(table, clock)


def follow(former):
    """Choose the former server, else A."""
    return B if former == "B" else A


def test_who_is_new_is_remembered_and_comes_back(bonds):
    assert bonds.choose(b"kim", PLAN, lambda _former: B) == Bound(B, "new")
    assert bonds.former(b"kim", PLAN) == "B"
    assert bonds.choose(b"kim", PLAN, follow) == Bound(B, "kept")
    assert bonds.choose(b"bob", PLAN, follow) == Bound(A, "new")


def test_another_worker_knows_it_at_once(bonds, table, clock):
    bonds.choose(b"kim", PLAN, lambda _former: B)
    assert Bonds(table, clock).choose(b"kim", PLAN, follow) == Bound(B, "kept")


def test_the_server_in_its_place_is_remembered_from_then_on(bonds):
    bonds.choose(b"kim", PLAN, lambda _former: B)
    assert bonds.choose(b"kim", PLAN, lambda _former: A) == Bound(A, "moved")
    assert bonds.choose(b"kim", PLAN, follow) == Bound(A, "kept")


def test_without_a_server_the_former_one_stays_remembered(bonds):
    nobody = NoChoice("all 2 servers are down")
    assert bonds.choose(b"kim", PLAN, lambda _former: nobody) == Bound(nobody)
    assert bonds.former(b"kim", PLAN) == ""
    bonds.choose(b"kim", PLAN, lambda _former: B)
    bonds.choose(b"kim", PLAN, lambda _former: nobody)
    assert bonds.former(b"kim", PLAN) == "B"


def test_without_a_key_nothing_is_remembered(bonds, table):
    assert bonds.choose(b"", PLAN, lambda _former: B) == Bound(B)
    assert bonds.former(b"", PLAN) == ""
    bonds.hold("s", b"", B, 60.0)
    bonds.release("s")
    assert list(table.rows()) == []


def test_a_server_that_left_the_pool_is_forgotten(bonds):
    bonds.choose(b"kim", PLAN, lambda _former: B)
    assert bonds.choose(b"kim", replace(PLAN, servers=(A,)), follow) == Bound(A, "new")


def test_time_runs_from_the_end_of_the_last_session(bonds, clock):
    bonds.choose(b"kim", PLAN, lambda _former: B)
    bonds.hold("s", b"kim", B, 60.0)
    for _ in range(10):
        clock.now += 30
        bonds.tick()
    assert bonds.former(b"kim", PLAN) == "B"
    clock.now += 29
    bonds.release("s")
    clock.now += 60
    bonds.tick()
    assert bonds.former(b"kim", PLAN) == "B"
    clock.now += 1
    assert bonds.former(b"kim", PLAN) == ""


def test_a_session_does_not_take_back_what_a_later_one_got(bonds):
    bonds.choose(b"kim", PLAN, lambda _former: B)
    bonds.hold("s", b"kim", B, 60.0)
    bonds.choose(b"kim", PLAN, lambda _former: A)
    bonds.release("s")
    assert bonds.former(b"kim", PLAN) == "A"


def test_a_live_session_brings_back_what_a_flood_drove_out(bonds, table, clock):
    bonds.choose(b"kim", PLAN, lambda _former: B)
    bonds.hold("s", b"kim", B, 60.0)
    table.change(b"kim", lambda _row: None)
    clock.now += 30
    bonds.tick()
    assert bonds.former(b"kim", PLAN) == "B"
