"""Where a supervisor finds workers that have lost theirs: nobody is heard before, and each knows who the other is."""

import asyncio
import os
import socket
import stat

import pytest

from ftpair.dataplane.handover import Handover, Handovers, peer


@pytest.fixture
def handovers(tmp_path):
    made = Handovers(tmp_path / "run")
    yield made
    made.close()


def test_only_its_owner_may_look_into_the_folder_and_connect(tmp_path, handovers):
    handovers.make(os.getpid()).close()
    folder = tmp_path / "run" / "workers"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / f"{os.getpid()}.sock").stat().st_mode) == 0o600
    assert list(handovers.left()) == [os.getpid()]
    handovers.forget(os.getpid())
    assert list(handovers.left()) == []


def test_a_worker_is_found_when_it_listens_and_not_before(handovers):
    async def scenario():
        found = asyncio.get_running_loop().create_future()
        worker = Handover(os.getuid(), found.set_result)
        assert not worker.open(), "it was given no socket yet"
        with handovers.make(os.getpid()) as sock:
            worker.use(os.dup(sock.fileno()))
        with pytest.raises(ConnectionRefusedError):
            handovers.connect(os.getpid())
        assert worker.open()
        with handovers.connect(os.getpid()) as supervisor, await asyncio.wait_for(found, 10) as its_end:
            assert peer(supervisor)[0] == peer(its_end)[0] == os.getpid()
        worker.close()

    asyncio.run(scenario())


def test_a_new_socket_takes_the_place_of_the_former_one(handovers):
    async def scenario():
        found = asyncio.get_running_loop().create_future()
        worker = Handover(os.getuid(), found.set_result)
        for _ in range(2):
            with handovers.make(os.getpid()) as sock:
                worker.use(os.dup(sock.fileno()))
        assert worker.open()
        handovers.connect(os.getpid()).close()
        (await asyncio.wait_for(found, 10)).close()
        worker.close()

    asyncio.run(scenario())


def test_whoever_listens_under_another_processs_name_is_not_spoken_with(handovers):
    with handovers.make(1) as impostor:
        impostor.listen()
        with pytest.raises(ConnectionRefusedError):
            handovers.connect(1)


def test_a_stranger_is_sent_away_and_the_supervisor_that_comes_after_it_is_heard(handovers):
    async def scenario():
        found = []
        worker = Handover(os.getuid() + 1, found.append)
        worker._owners = (os.getuid() + 1,)  # As if this process were neither root nor the supervisor.
        with handovers.make(os.getpid()) as sock:
            worker.use(os.dup(sock.fileno()))
        worker.open()
        with handovers.connect(os.getpid()) as stranger:
            stranger.settimeout(0)
            assert await asyncio.get_running_loop().sock_recv(stranger, 1) == b""
        assert found == []
        worker._owners = (os.getuid(),)
        with handovers.connect(os.getpid()):
            async with asyncio.timeout(10):
                while not found:
                    await asyncio.sleep(0.01)
        found[0].close()
        worker.close()

    asyncio.run(scenario())


def test_a_runtime_folder_with_a_very_long_name_will_do(tmp_path):
    handovers = Handovers(tmp_path / ("x" * 200))
    with handovers.make(os.getpid()) as sock:
        assert sock.family is socket.AF_UNIX
    handovers.close()
