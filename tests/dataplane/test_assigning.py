"""A session gets its pool by the routes, its former server by affinity, and else the one that the policy says."""

import os
from dataclasses import replace

import pytest
from msgspec.structs import replace as with_fields

from ftpair.balance.choice import NoChoice
from ftpair.balance.policies import Request
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.routing import Route
from ftpair.core.status import Admin, ServerState
from ftpair.dataplane.assigning import Assigning, Scene
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.shared_table import SharedTable, create_table_fd

SERVERS = tuple(
    ServerPlan(slot, "ftp", name, Endpoint("10.0.0.1", 21), pool=pool)
    for slot, (name, pool) in enumerate((("A", "default"), ("B", "default"), ("C", "new"), ("D", "new")), 1)
)
PLAN = ServicePlan(
    "ftp",
    "192.0.2.10",
    PortRange(1025, 1052),
    SERVERS,
    balance="round-robin",
    routes=(Route("new", user="k*"),),
)
KIM = Request("10.0.0.5", "kim", 0, lambda: 0.5)
BOB = replace(KIM, user="bob")


@pytest.fixture
def bonds():
    fd = create_table_fd("test", 8)
    yield Bonds(SharedTable(fd, b"salt"))
    os.close(fd)


def scene(bonds=None, tried=(), **admin):
    slots = {server.name: server.slot for server in SERVERS}
    states = {slots[name]: ServerState(admin=wish) for name, wish in admin.items()}
    return Scene(states, lambda _slot: 0, bonds, tried)


def names(assigning, *requests, **more):
    return "".join(assigning.assign(request, scene(**more)).choice.name for request in requests)


def test_every_pool_takes_turns_of_its_own():
    assert sorted(names(Assigning(PLAN), KIM, BOB, KIM, BOB)) == ["A", "B", "C", "D"]


def test_a_failed_server_is_followed_by_another_of_the_same_pool():
    assert Assigning(PLAN).assign(KIM, scene(tried=(3,))).choice.name == "D"


def test_a_pool_without_a_server_is_told_and_no_other_pool_helps_out():
    assigned = Assigning(PLAN).assign(KIM, scene(C=Admin.DRAIN, D=Admin.DRAIN))
    assert assigned.choice == NoChoice("every server is drained (pool new)")
    plain = Assigning(with_fields(PLAN, servers=SERVERS[:1], routes=()))
    assert plain.assign(KIM, scene(A=Admin.DRAIN)).choice.reason == "A is drained"


@pytest.mark.parametrize("affinity", ["user", "source"])
def test_affinity_comes_before_the_policy_and_gives_way_to_a_drain(bonds, affinity):
    assigning = Assigning(with_fields(PLAN, affinity=affinity))
    first = assigning.assign(KIM, scene(bonds))
    assert (first.bond, first.routed.rule) == ("new", "1")
    assert names(assigning, KIM, KIM, KIM, bonds=bonds) == first.choice.name * 3
    moved = assigning.assign(KIM, scene(bonds, **{first.choice.name: Admin.DRAIN}))
    assert moved.bond == "moved"
    assert names(assigning, KIM, bonds=bonds) == moved.choice.name != first.choice.name


@pytest.mark.parametrize(("affinity", "balance"), [("user", "user-hash"), ("source", "source-hash")])
def test_a_policy_that_remembers_nothing_goes_back_once_a_drain_is_over(bonds, affinity, balance):
    assigning = Assigning(with_fields(PLAN, affinity=affinity, balance=balance))
    first = assigning.assign(KIM, scene(bonds)).choice.name
    other = names(assigning, KIM, KIM, bonds=bonds, **{first: Admin.DRAIN})
    assert set(other) == {"C", "D"} - {first}
    assert names(assigning, KIM, bonds=bonds) == first


def test_what_is_foreseen_changes_nothing_and_comes_true(bonds):
    assigning = Assigning(with_fields(PLAN, affinity="user", balance="least-sessions"))
    assert assigning.foresee(KIM, scene(bonds)).bond == ""
    assert assigning.foresee(KIM, scene(bonds)).bond == ""
    first = assigning.assign(KIM, scene(bonds))
    foreseen = assigning.foresee(KIM, scene(bonds))
    assert (foreseen.choice, foreseen.bond) == (first.choice, "kept")
    drained = assigning.foresee(KIM, scene(bonds, C=Admin.DRAIN, D=Admin.DRAIN))
    assert isinstance(drained.choice, NoChoice)
    assert assigning.foresee(KIM, scene()).bond == ""
