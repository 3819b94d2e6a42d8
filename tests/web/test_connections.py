"""Strangers cannot hold connections open, nor take those of others."""

import asyncio
import ssl

from ftpair.web.connections import HEAD_S, MOST_OF_ONE
from tests.web.test_serving import certificate, listener, play, use


async def connected(port):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return await asyncio.open_connection("127.0.0.1", port, ssl=context)


async def until_closed(reader):
    """Return what comes before the connection is closed, or cut."""
    try:
        return await reader.read()
    except OSError:
        return b""


async def answer_to(reader, writer, request=b"GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n"):
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
    return head


def test_who_says_nothing_or_a_little_at_a_time_is_cut_off():
    async def scenario(https):
        port = use(https, listener(), certificate("one"))
        (silent, _writer), (slow, slow_writer), (late, late_writer) = [await connected(port) for _one in range(3)]
        await answer_to(late, late_writer)
        ends = [asyncio.create_task(until_closed(reader)) for reader in (silent, slow, late)]
        for letter in b"GET /ab":
            slow_writer.write(bytes((letter,)))
            late_writer.write(bytes((letter,)))
            await asyncio.sleep(HEAD_S / 8)
        async with asyncio.timeout(HEAD_S / 2):
            assert await asyncio.gather(*ends) == [b"", b"", b""]

    play(scenario)


def test_one_address_takes_so_many_places_and_no_more():
    async def scenario(https):
        port = use(https, listener(), certificate("one"))
        first, *rest = [await connected(port) for _one in range(MOST_OF_ONE)]
        one_more, _writer = await connected(port)
        async with asyncio.timeout(HEAD_S / 2):
            assert await until_closed(one_more) == b""
        assert b"404" in await answer_to(*first)
        for _reader, writer in (first, *rest):
            writer.close()

    play(scenario)
