"""Tests of ftpair.certs.watching."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from ftpair.certs.watching import Watching

SETTLE_S = 0.2


@asynccontextmanager
async def watched(*files):
    watching = Watching(SETTLE_S)
    watching.follow(files)
    try:
        yield watching
    finally:
        watching.close()


async def hears(watching, act, timeout_s=5.0):
    """Whether it is heard that something was done."""
    waiting = asyncio.create_task(watching.changed())
    await asyncio.sleep(0)
    act()
    done, _pending = await asyncio.wait([waiting], timeout=timeout_s)
    waiting.cancel()
    return bool(done)


def replaced(path, text):
    """Write beside it, then rename over it."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.rename(path)


@pytest.mark.parametrize(
    "act",
    [lambda file: file.write_text("b"), lambda file: replaced(file, "b"), lambda file: file.chmod(0o600)],
    ids=["written", "renamed over", "made readable"],
)
def test_a_new_file_is_heard_of(tmp_path, act):
    file = tmp_path / "key.pem"
    file.write_text("a")

    async def scenario():
        async with watched(file) as watching:
            assert await hears(watching, lambda: act(file))
            assert await hears(watching, lambda: act(file)), "only once"

    asyncio.run(scenario())


@pytest.mark.parametrize("go", [lambda file: file.unlink(), lambda file: file.rename(file.with_suffix(".old"))])
def test_a_file_that_goes_is_heard_of_and_awaited(tmp_path, go):
    file = tmp_path / "key.pem"
    file.write_text("a")

    async def scenario():
        async with watched(file) as watching:
            assert await hears(watching, lambda: go(file))
            assert await hears(watching, lambda: file.write_text("b"))

    asyncio.run(scenario())


def test_its_neighbours_are_nobodys_business(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text("a")

    async def scenario():
        async with watched(file) as watching:
            assert not await hears(watching, lambda: (tmp_path / "other").write_text("b"), 0.5)

    asyncio.run(scenario())


def test_a_busy_folder_does_not_keep_a_change_from_being_heard(tmp_path):
    file = tmp_path / "key.pem"
    file.write_text("a")

    async def scenario():
        async with watched(file) as watching:
            waiting = asyncio.create_task(watching.changed())
            await asyncio.sleep(0)
            file.write_text("b")
            for number in range(60):
                (tmp_path / "busy").write_text(str(number))
                await asyncio.sleep(0.02)
                if waiting.done():
                    return
            pytest.fail("never quiet")

    asyncio.run(scenario())


def test_files_written_one_after_the_other_are_one_change(tmp_path):
    key, chain = tmp_path / "key.pem", tmp_path / "chain.pem"
    key.write_text("a")
    chain.write_text("a")

    async def scenario():
        async with watched(key, chain) as watching:
            waiting = asyncio.create_task(watching.changed())
            await asyncio.sleep(0)
            key.write_text("b")
            await asyncio.sleep(SETTLE_S / 2)
            assert not waiting.done()
            chain.write_text("b")
            await waiting
            assert not await hears(watching, lambda: None, 0.5)

    asyncio.run(scenario())


def test_a_link_to_a_new_folder_is_followed(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "tls.crt").write_text(name)
    link = tmp_path / "data"
    link.symlink_to("one")

    def turn():
        (tmp_path / "data.new").symlink_to("two")
        (tmp_path / "data.new").rename(link)

    async def scenario():
        async with watched(link / "tls.crt") as watching:
            assert await hears(watching, turn)
            assert await hears(watching, lambda: (tmp_path / "two/tls.crt").write_text("newer"))
            await hears(watching, lambda: None, 0.5)  # That the former folder is watched no more is told once.
            assert not await hears(watching, lambda: (tmp_path / "one/tls.crt").write_text("older"), 0.5)

    asyncio.run(scenario())


def test_a_folder_that_goes_and_comes_again_is_watched_again(tmp_path):
    folder = tmp_path / "tls"
    folder.mkdir()
    file = folder / "key.pem"
    file.write_text("a")

    def go():
        file.unlink()
        folder.rmdir()

    def come():
        folder.mkdir()
        file.write_text("b")

    async def scenario():
        async with watched(file) as watching:
            assert await hears(watching, go)
            assert await hears(watching, come)
            assert await hears(watching, lambda: file.write_text("c"))

    asyncio.run(scenario())
