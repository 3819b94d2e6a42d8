"""A listener hands every connection on, and neither spins nor loses one when descriptors have run out."""

import asyncio
import resource
import socket
import time

import uvloop

from ftpair.dataplane.accepting import Accepting
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
            began = time.monotonic()
            sock, host = await got
            assert time.monotonic() - began < 1
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
