"""What an order about a server has done when it is answered."""

import asyncio
import csv

import pytest

from ftpair.app.actions import Actions
from ftpair.core.actions import SetAdmin
from ftpair.core.status import Admin
from ftpair.haproxy.runtime import ask
from tests.app.asking import AskedLocally

DOWN = {Admin.DRAIN: "DRAIN", Admin.HALT: "MAINT"}


@pytest.fixture
def tcp_site(site):
    site.write(
        more="""
  TCP_VIP:
    mode: tcp
    engine: haproxy
    address: 127.0.0.9
    ports: {explicit: 2121, passive: 20000-20003}
    health: {check: "off"}
    real_servers: {A: {address: 127.0.0.2}, B: {address: 127.0.0.3}}
"""
    )
    return site


@pytest.mark.parametrize("admin", list(DOWN))
def test_haproxy_knows_it_already(tcp_site, admin):
    """Who comes after the answer must not meet a server that is taken out, and be ended with it."""

    async def status(node):
        rows = csv.DictReader((await ask(node.plan.haproxy.socket, "show stat")).splitlines())
        return next(row["status"] for row in rows if (row["# pxname"], row["svname"]) == ("TCP_VIP", "A"))

    async def scenario():
        async with tcp_site.running() as node:
            actions = AskedLocally(Actions(node))
            await node.haproxy.take(node.plan, {})
            try:
                before = await status(node)
                await actions.answer(SetAdmin("TCP_VIP", "A", admin))
                out = await status(node)
                await actions.answer(SetAdmin("TCP_VIP", "A", Admin.ONLINE))
                return before, out, await status(node)
            finally:
                await node.haproxy.stop(0.0)

    before, out, after = asyncio.run(scenario())
    assert out.startswith(DOWN[admin])
    assert before == after
