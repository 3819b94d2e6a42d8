"""Who comes again is known by a key, and a server by a mark that no restart changes."""

from msgspec.structs import replace

from ftpair.balance.affinity import bond_of, is_remembered, key_of, mark_of, name_of
from ftpair.balance.policies import Request
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import ServerPlan, ServicePlan

A = ServerPlan(1, "ftp", "A", Endpoint("10.0.0.1", 21))
B = ServerPlan(2, "ftp", "B", Endpoint("10.0.0.2", 21))
PLAN = ServicePlan("ftp", "192.0.2.10", PortRange(1025, 1052), (A, B))


def key(affinity, user="kim", client="10.0.0.5", balance="least-sessions", pool="default", name="ftp"):
    plan = replace(PLAN, affinity=affinity, balance=balance, name=name)
    return key_of(plan, pool, Request(client, user, 0, lambda: 0.5))


def test_nobody_is_remembered_unless_it_is_wanted():
    assert key("none") == b""


def test_the_user_or_the_address_is_the_key():
    assert key("user") == key("user", client="10.9.9.9") != key("user", user="bob")
    assert key("source") == key("source", user="bob") != key("source", client="10.9.9.9")
    assert key("source", client="kim") != key("user", user="kim")


def test_services_and_pools_remember_by_themselves():
    assert len({key("user"), key("user", pool="new"), key("user", name="other")}) == 3


def test_a_policy_that_is_a_hash_of_the_same_needs_no_memory():
    assert key("user", balance="user-hash") == key("source", balance="source-hash") == b""
    assert key("user", balance="source-hash")
    assert key("source", balance="user-hash")


def test_who_is_not_known_yet_is_not_remembered():
    assert key("user", user="") == b""


def test_a_server_is_known_again_by_its_name_alone():
    moved = replace(B, slot=9, address=Endpoint("10.0.0.9", 2121), weight=1, pool="new")
    assert name_of((A, moved), mark_of(B)) == "B"
    assert name_of((A,), mark_of(B)) == ""
    assert mark_of(B) < 2**63
    assert mark_of(B) != mark_of(replace(B, service="other"))


def test_what_was_used_long_ago_counts_no_more():
    assert is_remembered(1000.0, 1060.0, 60.0)
    assert not is_remembered(1000.0, 1060.1, 60.0)
    assert is_remembered(1000.0, 990.0, 60.0), "the clock was set back a little"
    assert not is_remembered(1000.0, 100.0, 60.0)


def test_what_became_of_the_former_server_has_a_word():
    assert (bond_of("", A), bond_of("A", A), bond_of("B", A)) == ("new", "kept", "moved")
