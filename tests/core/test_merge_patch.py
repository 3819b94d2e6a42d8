"""Merge patches on plain values."""

from ftpair.core.merge_patch import merged, nested

SERVICE = {"address": "192.0.2.10", "real_servers": {"A": {"weight": 1}, "B": {}}}


def test_a_patch_of_one_place_leads_there():
    assert nested(("virtual_services", "VIP", 0), {"weight": 2}) == {"virtual_services": {"VIP": {"0": {"weight": 2}}}}
    assert nested(("VIP",), None) == {"VIP": None}


def test_objects_are_merged_null_removes_and_anything_else_replaces():
    patch = {"real_servers": {"A": {"weight": 2}, "B": None, "C": {"weight": 3}}, "address": ["x"]}
    assert merged(SERVICE, patch) == {
        "address": ["x"],
        "real_servers": {"A": {"weight": 2}, "C": {"weight": 3}},
    }
    assert merged("text", {"a": 1}) == {"a": 1}
    assert SERVICE["real_servers"]["A"] == {"weight": 1}, "the target stays as it is"
