"""The control connection of a probe."""

import asyncio

import pytest

from ftpair.core.endpoint import Endpoint
from ftpair.probes.conversation import Conversation, ProbeFailedError, context_of


def test_preliminary_replies_are_not_answers(scripted):
    async def scenario():
        async with scripted(NOOP=b"150 wait\r\n200-well\r\n150 x\r\n200 done\r\n") as server:
            talk = Conversation(Endpoint("127.0.0.1", server.port))
            await talk.connect()
            codes = [(await talk.greeting()).code, (await talk.ask("NOOP")).code]
            talk.close()
            return codes

    assert asyncio.run(scenario()) == [220, 200]


def test_the_context_of_a_server_is_built_once(at, authority):
    tls = at(21, mode="explicit", ca_pem=authority.pem).tls
    assert context_of(tls) is context_of(at(990, mode="explicit", ca_pem=authority.pem).tls)
    assert context_of(tls) is not context_of(at(21, mode="explicit", verify=False).tls)


def test_ipv6_is_spoken(scripted):
    async def scenario():
        async def greet(reader, writer):
            writer.write(b"220 six\r\n")
            writer.close()

        async with await asyncio.start_server(greet, "::1", 0) as server:
            talk = Conversation(Endpoint("::1", server.sockets[0].getsockname()[1]))
            await talk.connect()
            reply = await talk.greeting()
            with pytest.raises(ProbeFailedError, match="connection closed, no answer to NOOP"):
                await talk.ask("NOOP")
            talk.close()
            return reply.raw, talk.may_speak

    assert asyncio.run(scenario()) == (b"220 six\r\n", False)
