"""Drains as the supervisor looks after them: their way, their deadline, and what is told when they are done."""

import asyncio
import time

import pytest

from ftpair.app.admin import Wish
from ftpair.app.draining import Draining
from ftpair.app.looking import get_metrics
from ftpair.app.status import node_status
from ftpair.app.steering import set_admin
from ftpair.core.actions import GetMetrics, SetAdmin
from ftpair.core.columns import SESSIONS, TRANSFERS
from ftpair.core.drain import Drain
from ftpair.core.errors import WrongRequestError
from ftpair.core.status import Admin, Sample

BY_TRANSFERS = '    drain: {wait_for: "transfers", deadline_s: 300}'


def play(site, scenario):
    async def whole():
        node = site.node()
        try:
            await scenario(node, node.plan.services[0].servers[0])
        finally:
            node.close()

    asyncio.run(whole())


def told(node):
    return [each.sentence for each in node.happenings.after(0)]


def test_the_service_says_how_its_servers_are_drained_and_an_action_may_say_otherwise(site):
    site.write(more=BY_TRANSFERS)

    async def scenario(node, server):
        now = time.time()
        said = await set_admin(node, SetAdmin("VIP", server.name, Admin.DRAIN))
        assert said.sentence.startswith(f"drain {server.name}: 0 sessions stay until their transfers have ended")
        drain = node.states.of(server).drain
        assert (drain.wait_for, round(drain.until - now)) == ("transfers", 300)
        await set_admin(node, SetAdmin("VIP", server.name, Admin.DRAIN, wait_for="sessions", deadline_s=0.0))
        assert node.states.of(server).drain == Drain("sessions", drain.since)

    play(site, scenario)


def test_a_drain_that_is_asked_for_again_keeps_its_way_and_its_deadline(site):
    async def scenario(node, server):
        await set_admin(node, SetAdmin("VIP", server.name, Admin.DRAIN, wait_for="transfers", deadline_s=60.0))
        drain = node.states.of(server).drain
        said = await set_admin(node, SetAdmin("VIP", server.name, Admin.DRAIN))
        assert said.sentence.startswith(f"{server.name} drains already: 0 sessions stay")
        assert node.states.of(server).drain == drain
        later = SetAdmin("VIP", server.name, Admin.DRAIN, deadline_s=600.0)
        assert (await set_admin(node, later)).sentence.startswith(f"drain {server.name}: ")
        assert node.states.of(server).drain.wait_for == "transfers"
        assert node.states.of(server).drain.until > drain.until + 500
        await set_admin(node, SetAdmin("VIP", server.name, Admin.ONLINE))
        assert node.states.of(server).drain is None

    play(site, scenario)


@pytest.mark.parametrize("admin", [Admin.HALT, Admin.ONLINE])
@pytest.mark.parametrize("how", [{"wait_for": "transfers"}, {"deadline_s": 0.0}])
def test_halt_and_online_wait_for_nothing_and_a_refused_wish_changes_nothing(site, admin, how):
    async def scenario(node, server):
        with pytest.raises(WrongRequestError, match=f"{admin.value} waits for nothing"):
            await set_admin(node, SetAdmin("VIP", server.name, admin, **how))
        assert node.states.of(server).admin is Admin.ONLINE

    play(site, scenario)


def test_the_deadline_is_told_once_and_counted(site):
    async def scenario(node, server):
        node.counts.add(server.slot, SESSIONS, 3)
        node.counts.add(server.slot, TRANSFERS, 1)
        node.states.set_admin(server, Wish(Admin.DRAIN, Drain("sessions", time.time() - 60, time.time() - 1)))
        draining = Draining(node)
        await draining.look()
        node.counts.add(server.slot, SESSIONS, -3)
        node.counts.add(server.slot, TRANSFERS, -1)
        await draining.look()
        await draining.look()
        assert told(node) == [
            f"drain {server.name}: its deadline has passed: 3 sessions ended, 1 transfer cut",
            f"drain {server.name}: done, 3 sessions ended at the deadline",
        ]
        counters = (await get_metrics(node, GetMetrics())).counters
        assert Sample("drained_sessions_total", ("VIP", server.name, "cut"), 3.0) in counters

    play(site, scenario)


def test_before_its_deadline_a_drain_ends_nobody_and_says_how_far_it_is(site):
    async def scenario(node, server):
        node.counts.add(server.slot, SESSIONS, 2)
        node.states.set_admin(server, Wish(Admin.DRAIN, Drain("transfers", time.time(), time.time() + 60)))
        draining = Draining(node)
        await draining.look()
        (status, *_) = node_status(node).services[0].servers
        assert status.drain.sentence.startswith(f"drain {server.name}: 2 sessions stay, no transfers move, ")
        node.counts.add(server.slot, SESSIONS, -2)
        await draining.look()
        assert told(node) == [f"drain {server.name}: done, no session is left"]
        gauges = (await get_metrics(node, GetMetrics())).gauges
        (deadline,) = [each for each in gauges if each.name == "drain_deadline_seconds"]
        assert deadline.value == status.drain.until

    play(site, scenario)


def test_a_drained_server_that_nobody_was_on_is_no_news(site):
    async def scenario(node, server):
        node.states.set_admin(server, Wish(Admin.DRAIN, Drain()))
        await Draining(node).look()
        assert told(node) == []

    play(site, scenario)
