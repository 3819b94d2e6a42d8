"""Endpoints and ranges of ports: how they are written, and who owns which port."""

import pytest

from ftpair.core.endpoint import Endpoint, PortRange, are_one_host


@pytest.mark.parametrize(
    ("endpoint", "text"),
    [(Endpoint("192.0.2.10", 21), "192.0.2.10:21"), (Endpoint("2001:db8::1", 21), "[2001:db8::1]:21")],
)
def test_an_endpoint_is_written_as_in_a_url(endpoint, text):
    assert str(endpoint) == text


def test_both_ends_of_a_range_belong_to_it():
    ports = PortRange(1025, 1028)
    assert str(ports) == "1025-1028"
    assert len(ports) == 4
    assert list(ports) == [1025, 1026, 1027, 1028]
    assert [port in ports for port in (1024, 1025, 1028, 1029, "1025")] == [False, True, True, False, False]


def test_every_port_is_owned_by_one_worker():
    ports = PortRange(1025, 1052)
    owned = [port for worker in range(3) for port in ports.of_worker(worker, 3)]
    assert sorted(owned) == list(ports)


def test_ranges_overlap_when_one_port_is_in_both():
    middle = PortRange(10, 20)
    assert all(middle.overlaps(other) for other in (PortRange(20, 30), PortRange(1, 10), PortRange(12, 13), middle))
    assert not any(middle.overlaps(other) for other in (PortRange(21, 30), PortRange(1, 9)))


@pytest.mark.parametrize(
    ("one", "other", "is_so"),
    [
        ("192.0.2.10", "192.0.2.10", True),
        ("192.0.2.10", "192.0.2.11", False),
        ("0.0.0.0", "192.0.2.10", True),
        ("0.0.0.0", "::", False),
        ("::", "2001:db8::1", True),
        ("2001:db8::1", "2001:db8:0::1", True),
    ],
)
def test_listeners_meet_on_one_host_or_where_one_is_on_every_one_of_its_family(one, other, is_so):
    assert are_one_host(one, other) == are_one_host(other, one) == is_so
