"""Passive ports are shared between client addresses and never leave the range."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from ftpair.core.binding import DataPeer
from ftpair.dataplane import passive
from ftpair.dataplane.awaiting import Expectation, Guest
from ftpair.dataplane.passive import PassivePorts
from ftpair.dataplane.watch import Watch

VIP = "127.0.0.5"


def free_ports(count: int) -> tuple[int, ...]:
    """Ports that nobody listens on right now, below the ephemeral range."""
    found: list[int] = []
    for number in range(11000, 32000, 7):
        with socket.socket() as probe:
            try:
                probe.bind((VIP, number))
            except OSError:
                continue
        found.append(number)
        if len(found) == count:
            break
    return tuple(found)


def play(scene: Callable[[PassivePorts, list[tuple[str, int]]], Coroutine[Any, Any, None]]) -> None:
    async def main() -> None:
        strays: list[tuple[str, int]] = []
        ports = PassivePorts(Watch(asyncio.get_running_loop()), lambda host, port: strays.append((host, port)))
        try:
            await scene(ports, strays)
        finally:
            ports.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


async def connect(port: int, source: str) -> socket.socket:
    sock = socket.socket()
    sock.settimeout(0)
    sock.bind((source, 0))
    await asyncio.get_running_loop().sock_connect(sock, (VIP, port))
    return sock


def expect(
    ports: PassivePorts,
    numbers: tuple[int, ...],
    client: str,
    accepted: Callable[[socket.socket], None] = lambda sock: sock.close(),
    peer: DataPeer = "same-address",
) -> Expectation | None:
    return ports.expect(VIP, numbers, Guest(client, peer), lambda sock, _host: accepted(sock))


def test_one_port_serves_clients_of_different_addresses():
    async def scene(ports: PassivePorts, strays: list[tuple[str, int]]) -> None:
        numbers = free_ports(1)
        arrived: dict[str, socket.socket] = {}
        done = asyncio.Event()
        clients = ["127.0.0.21", "127.0.0.22", "127.0.0.23"]
        for client in clients:

            def accepted(sock: socket.socket, client: str = client) -> None:
                arrived[client] = sock
                if len(arrived) == len(clients):
                    done.set()

            expectation = expect(ports, numbers, client, accepted)
            assert expectation is not None
            assert expectation.number == numbers[0]
        assert ports.in_use(VIP, numbers) == 1
        socks = [await connect(numbers[0], client) for client in reversed(clients)]
        await done.wait()
        assert {client: sock.getpeername()[0] for client, sock in arrived.items()} == {c: c for c in clients}
        assert ports.in_use(VIP, numbers) == 0
        for sock in (*socks, *arrived.values()):
            sock.close()
        assert strays == []

    play(scene)


def test_a_full_range_says_so_instead_of_leaving_the_range():
    async def scene(ports: PassivePorts, strays: list[tuple[str, int]]) -> None:
        numbers = free_ports(4)
        held = [expect(ports, numbers, "127.0.0.21") for _ in numbers]
        assert sorted(expectation.number for expectation in held if expectation is not None) == sorted(numbers)
        assert expect(ports, numbers, "127.0.0.21") is None
        assert expect(ports, numbers, "127.0.0.22") is not None
        assert held[0] is not None
        held[0].cancel()
        again = expect(ports, numbers, "127.0.0.21")
        assert again is not None
        assert again.number == held[0].number

    play(scene)


def test_a_stray_is_reset_and_the_port_goes_on_waiting_for_the_right_one():
    async def scene(ports: PassivePorts, strays: list[tuple[str, int]]) -> None:
        numbers = free_ports(1)
        arrived = asyncio.get_running_loop().create_future()
        expect(ports, numbers, "127.0.0.21", arrived.set_result)
        with pytest.raises(ConnectionResetError):
            await asyncio.get_running_loop().sock_recv(await connect(numbers[0], "127.0.0.66"), 1)
        assert strays == [("127.0.0.66", numbers[0])]
        client = await connect(numbers[0], "127.0.0.21")
        sock = await arrived
        assert sock.getpeername() == client.getsockname()
        for each in (client, sock):
            each.close()

    play(scene)


def test_a_port_that_somebody_else_holds_is_passed_over():
    async def scene(ports: PassivePorts, strays: list[tuple[str, int]]) -> None:
        numbers = free_ports(2)
        with socket.create_server((VIP, numbers[0])):
            expectation = expect(ports, numbers, "127.0.0.21")
            assert expectation is not None
            assert expectation.number == numbers[1]

    play(scene)


def test_an_idle_port_is_closed_and_an_awaited_one_stays():
    async def scene(ports: PassivePorts, strays: list[tuple[str, int]]) -> None:
        numbers = free_ports(2)
        first = expect(ports, numbers, "127.0.0.21")
        second = expect(ports, numbers, "127.0.0.21")
        assert first is not None
        assert second is not None
        first.cancel()
        later = asyncio.get_running_loop().time() + passive.IDLE_PORT_S + 1
        ports.close_idle(later)
        with pytest.raises(ConnectionRefusedError):
            await connect(first.number, "127.0.0.21")
        (await connect(second.number, "127.0.0.21")).close()

    play(scene)
