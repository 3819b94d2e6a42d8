"""What waits to be applied, as the banner of every page says it."""

import asyncio

from ftpair.app.change import apply
from ftpair.app.waiting import NOTHING, Waiting


def test_a_change_waits_until_it_is_applied(site):
    async def scenario():
        async with site.running() as node:
            waiting = Waiting(node)
            assert await waiting.look() == NOTHING
            site.write(greeting="Welcome.")
            found = await waiting.look()
            assert (found.is_changed, found.steps) == (True, ("VIP: greeting Hello. -> Welcome.",))
            assert await waiting.look() is found, "the file is read once for each change"
            await apply(node)
            assert await waiting.look() == NOTHING

    asyncio.run(scenario())


def test_a_comment_alone_waits_too(site):
    async def scenario():
        async with site.running() as node:
            site.path.write_text(site.path.read_text() + "# Only words.\n")
            found = await Waiting(node).look()
            assert (found.is_changed, found.steps) == (True, ())

    asyncio.run(scenario())


def test_what_is_wrong_with_the_file_is_told_with_its_place(site):
    async def scenario():
        async with site.running() as node:
            site.write(more="    greetings: none")
            found = await Waiting(node).look()
            assert found.problems[0].path == "virtual_services.VIP.greetings"
            site.path.unlink()
            assert "does not exist" in (await Waiting(node).look()).problems[0].sentence

    asyncio.run(scenario())


def test_pages_that_ask_at_once_have_the_file_compared_once(site):
    async def scenario():
        async with site.running() as node:
            waiting = Waiting(node)
            site.write(greeting="Welcome.")
            found = await asyncio.gather(*(waiting.look() for _page in range(5)))
            assert all(each is found[0] for each in found)

    asyncio.run(scenario())
