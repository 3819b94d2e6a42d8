"""A listener hands every connection on, and neither spins nor loses one when descriptors have run out."""

import asyncio
import resource
import socket
import time

import uvloop

from ftpair.dataplane.accepting import Accepting, Share
from ftpair.dataplane.watch import Watch

from . import descriptors


def test_connections_wait_in_the_kernel_while_there_is_no_descriptor_and_nothing_spins():
    async def main() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0)
        peer = socket.socket()
        got: asyncio.Future[tuple[socket.socket, str]] = asyncio.get_running_loop().create_future()
        accepting = Accepting(
            Watch(asyncio.get_running_loop()), listener, lambda sock, host: got.set_result((sock, host))
        )
        with descriptors.only(0) as give_back:
            peer.connect(listener.getsockname())
            used = resource.getrusage(resource.RUSAGE_THREAD).ru_utime
            await asyncio.sleep(1)
            assert not got.done()
            assert resource.getrusage(resource.RUSAGE_THREAD).ru_utime - used < 0.2
            give_back()
            sock, host = await got
        assert host == "127.0.0.1"
        assert sock.gettimeout() == 0
        accepting.close()
        sock.close()
        peer.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


def test_a_listener_that_was_closed_while_it_rested_stays_closed():
    async def main() -> None:
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(0)
        address = listener.getsockname()
        peer = socket.socket()
        accepting = Accepting(Watch(asyncio.get_running_loop()), listener, lambda sock, _host: sock.close())
        with descriptors.only(0):
            peer.connect(address)
            await asyncio.sleep(0.1)
            accepting.close()
        await asyncio.sleep(0.3)
        with socket.socket() as late:
            assert late.connect_ex(address) != 0
        peer.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))


def test_newcomers_get_a_part_of_each_turn_and_the_rest_waits_in_the_kernel():
    """Whoever takes long to be let in does so once in a turn: between two of them the others have theirs."""
    order = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        watch = Watch(loop)
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        listener.settimeout(0)
        peers = [socket.create_connection(listener.getsockname()) for _ in range(12)]
        ours, theirs = socket.socketpair()
        theirs.send(b"x" * 200)
        done = asyncio.Event()

        def let_in(sock: socket.socket, _host: str) -> None:
            sock.close()
            order.append("newcomer")
            time.sleep(0.05)
            if order.count("newcomer") == 12:
                done.set()

        watch.add_reader(ours.fileno(), lambda: (order.append("other"), time.sleep(0.004), ours.recv(1)))
        accepting = Accepting(watch, listener, let_in, at_once=64, share=Share(watch))
        assert accepting.waiting == 12
        await done.wait()
        assert accepting.waiting == 0
        accepting.close()
        watch.remove_reader(ours.fileno())
        for sock in (*peers, ours, theirs):
            sock.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(asyncio.wait_for(main(), 20))
    words = " ".join(order)
    assert "newcomer newcomer" not in words
    assert order.count("other") >= 11


def test_who_is_quickly_let_in_comes_with_many_in_one_turn():
    async def main() -> int:
        watch = Watch(asyncio.get_running_loop())
        listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        listener.settimeout(0)
        peers = [socket.create_connection(listener.getsockname()) for _ in range(4)]
        turns = []
        accepting = Accepting(
            watch,
            listener,
            lambda sock, _host: (sock.close(), turns.append(watch.turn)),
            at_once=64,
            share=Share(watch),
        )
        while len(turns) < 4:
            await asyncio.sleep(0.01)
        accepting.close()
        for peer in peers:
            peer.close()
        return len(set(turns))

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(asyncio.wait_for(main(), 20)) < 4
