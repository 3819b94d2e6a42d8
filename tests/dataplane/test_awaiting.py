"""Whoever comes to a passive port fits one expectation at most."""

import pytest

from ftpair.core.binding import DataPeer
from ftpair.dataplane import passive
from ftpair.dataplane.awaiting import Awaited, Bounds, Expectation, Guest

from .test_passive import expect, free_ports, play


def awaiting(*guests: tuple[str, DataPeer]) -> Awaited:
    awaited = Awaited()
    for client, peer in guests:
        awaited.add(Expectation(Guest(client, peer), 1025, lambda sock, _host: sock.close()))
    return awaited


@pytest.mark.parametrize(
    ("there", "guest", "has_room"),
    [
        (("10.0.0.1", "same-address"), ("10.0.0.1", "same-address"), False),
        (("10.0.0.1", "same-address"), ("10.0.0.2", "same-address"), True),
        (("10.0.0.1", "same-address"), ("10.0.0.2", "same-network"), False),
        (("10.0.0.1", "same-address"), ("10.0.1.2", "same-network"), True),
        (("10.0.0.1", "same-network"), ("10.0.0.2", "same-address"), False),
        (("10.0.0.1", "same-network"), ("10.0.0.2", "same-network"), False),
        (("10.0.0.1", "same-network"), ("10.0.1.2", "same-network"), True),
        (("2001:db8::1", "same-network"), ("2001:db8::2:1", "same-address"), False),
        (("10.0.0.1", "any"), ("10.9.9.9", "same-address"), False),
        (("10.0.0.1", "any"), ("10.9.9.9", "same-network"), False),
        (("10.0.0.1", "same-address"), ("10.9.9.9", "any"), False),
        (("10.0.0.1", "any"), ("10.9.9.9", "any"), False),
    ],
)
def test_two_wait_on_one_port_only_if_nobody_fits_both(
    there: tuple[str, DataPeer], guest: tuple[str, DataPeer], has_room: bool
):
    assert awaiting(there).has_room_for(Guest(*guest)) is has_room
    assert awaiting().has_room_for(Guest(*guest))


def test_who_comes_is_found_by_address_by_network_or_as_anybody():
    awaited = awaiting(("10.0.0.1", "same-address"), ("10.0.1.1", "same-network"))
    assert awaited.find("10.0.0.1") is not None
    assert awaited.find("10.0.0.2") is None
    assert awaited.find("10.0.1.200") is not None
    assert awaited.find("10.0.2.1") is None
    assert awaiting(("10.0.0.1", "any")).find("2001:db8::1") is not None


@pytest.mark.parametrize("peer", ["same-address", "same-network", "any"])
def test_a_port_is_free_again_when_the_wait_is_over(peer: DataPeer):
    async def scene(ports: passive.PassivePorts, strays: list[tuple[str, int]]) -> None:
        numbers = free_ports(1)
        first = expect(ports, numbers, "127.0.0.21", peer=peer)
        assert first is not None
        assert expect(ports, numbers, "127.0.0.21", peer=peer) is None
        first.cancel()
        first.cancel()
        for other in ("same-address", "same-network", "any"):
            again = expect(ports, numbers, "127.0.0.21", peer=other)
            assert again is not None
            again.cancel()

    play(scene)


def test_one_address_cannot_wait_everywhere():
    async def scene(ports: passive.PassivePorts, strays: list[tuple[str, int]]) -> None:
        ports.bounds = Bounds(waits_per_client=2)
        numbers = free_ports(3)
        waits = [expect(ports, numbers, "127.0.0.21") for _ in range(3)]
        assert [each is not None for each in waits] == [True, True, False]
        assert expect(ports, numbers, "127.0.0.22") is not None
        assert waits[0] is not None
        waits[0].cancel()
        assert expect(ports, numbers, "127.0.0.21") is not None

    play(scene)
