"""Pools as they are seen, and weights that are set at once without bringing anything else in."""

import asyncio

import pytest

from ftpair.app.actions import Actions
from ftpair.config.load import load
from ftpair.core.accounts import Identity, Role
from ftpair.core.actions import Applied, Apply, GetWaiting, Refused, SaveConfiguration, SetAdmin
from ftpair.core.pools import GetPools, SetWeight
from ftpair.core.revisions import etag_of
from ftpair.core.status import Admin
from tests.app.asking import AskedLocally

POOLED = """    # Who is new goes first.
    routes: [{user: "k*", pool: new}]
    pools:
      new:
        balance: round-robin
        real_servers: {NEW: {address: 127.0.0.1, port: 2290, weight: 30}}
"""


def play(site, scenario, text=""):
    async def whole():
        site.write(more=POOLED)
        if text:
            site.path.write_text(text)
        async with site.running() as node:
            await scenario(node, AskedLocally(Actions(node)))

    asyncio.run(whole())


def weight(node, name):
    return next(server.weight for server in node.plan.services[0].servers if server.name == name)


def in_file(site, name):
    service = load(site.path).virtual_services["VIP"]
    return next(member.server.weight for member in service.members() if member.name == name)


def test_pools_say_who_goes_there_and_whether_anybody_takes_them(site):
    async def scenario(_node, actions):
        default, new = (await actions.answer(GetPools())).pools
        assert (default.service, default.name, default.balance, default.routes) == (
            "VIP",
            "default",
            "least-sessions",
            (),
        )
        assert ([server.name for server in default.servers], default.is_serving) == (["FTP_SVR1", "FTP_SVR2"], True)
        assert (new.name, new.balance, new.routes) == ("new", "round-robin", ("rule 1: user k*",))
        await actions.answer(SetAdmin("VIP", "NEW", Admin.DRAIN))
        default, new = (await actions.answer(GetPools())).pools
        assert (new.is_serving, new.reason) == (False, "NEW is drained")
        assert (default.is_serving, default.reason) == (True, "new sessions find a server")
        for name in ("FTP_SVR1", "FTP_SVR2"):
            await actions.answer(SetAdmin("VIP", name, Admin.DRAIN))
        default, new = (await actions.answer(GetPools())).pools
        assert (default.reason, new.reason) == ("every server is drained", "NEW is drained")

    play(site, scenario)


def test_what_keeps_the_whole_node_from_serving_is_the_reason_of_each_pool(site):
    async def scenario(node, actions):
        node.is_draining = True
        pools = (await actions.answer(GetPools())).pools
        assert {(pool.is_serving, pool.reason) for pool in pools} == {(False, "ftpair is stopping")}

    play(site, scenario)


def test_a_pool_of_a_service_in_tcp_mode_is_its_servers(site):
    async def scenario(node, actions):
        pool = (await actions.answer(GetPools())).pools[1]
        assert (pool.name, pool.balance, pool.routes, pool.is_serving) == ("default", "round-robin", (), True)
        assert pool.reason == "2 of 2 servers take new sessions"
        node.is_draining = True
        pool = (await actions.answer(GetPools())).pools[1]
        assert (pool.is_serving, pool.reason) == (False, "ftpair is stopping")

    play(
        site,
        scenario,
        f"""
workers: 1
paths: {{runtime: {site.folder}/run, state: {site.folder}/state}}
virtual_services:
  VIP:
    mode: tcp
    engine: builtin
    address: 127.0.0.1
    ports: {{explicit: {site.port}, passive: 20000-20027}}
    server_tls: "off"
    balance: round-robin
    health: {{check: "off"}}
    real_servers: {{A: {{address: 127.0.0.2}}, B: {{address: 127.0.0.3}}}}
  FTP:
    address: 127.0.0.1
    ports: {{explicit: {site.other_port}, passive: 20100-20127}}
    health: {{check: "off"}}
    real_servers: {{A: {{address: 127.0.0.2}}}}
""",
    )


@pytest.mark.parametrize("server", ["FTP_SVR2", "NEW"])
def test_a_weight_is_set_in_what_runs_and_in_the_file(site, server):
    async def scenario(node, actions):
        before = weight(node, server)
        done = await actions.answer(SetWeight("VIP", server, 7, "ann", "less for it"))
        assert done == Applied(2, (f"VIP: weight of {server} {before} -> 7",))
        assert (weight(node, server), in_file(site, server), node.plan.revision) == (7, 7, 2)
        assert "# Who is new goes first." in site.path.read_text()
        latest = node.revisions.latest()
        assert (latest.number, latest.author, latest.comment, latest.applied > 0) == (2, "ann", "less for it", True)
        assert node.checked.content == site.path.read_bytes()
        assert node.last_apply.is_successful
        assert await actions.answer(SetWeight("VIP", server, 7)) == Applied(2, ())

    play(site, scenario)


def test_whoever_comes_from_outside_signs_with_his_own_name(site):
    async def scenario(node, actions):
        otto = Identity("otto", Role.OPERATOR, "web")
        await actions.answer(SetWeight("VIP", "NEW", 7, "somebody else"), otto)
        assert node.revisions.latest().author == "otto"

    play(site, scenario)


def test_what_waits_in_the_file_goes_on_waiting(site):
    async def scenario(node, actions):
        site.write(greeting="Not yet.", more=POOLED.replace("30", "60"))
        waiting = site.path.read_bytes()
        done = await actions.answer(SetWeight("VIP", "FTP_SVR1", 7))
        assert done.steps == ("VIP: weight of FTP_SVR1 100 -> 7",)
        assert (node.plan.services[0].greeting, weight(node, "NEW"), weight(node, "FTP_SVR1")) == ("Hello.", 30, 7)
        assert (in_file(site, "FTP_SVR1"), in_file(site, "NEW")) == (7, 60)
        assert b"Not yet." in site.path.read_bytes()
        assert waiting in [node.revisions.content(each.number) for each in node.revisions.page(10)]
        found = await actions.answer(GetWaiting())
        assert found.is_changed
        assert not any("FTP_SVR1" in step for step in found.steps)
        applied = await actions.answer(Apply())
        assert (node.plan.services[0].greeting, weight(node, "FTP_SVR1")) == ("Not yet.", 7)
        assert applied.revision > done.revision

    play(site, scenario)


def test_a_server_that_the_file_has_no_more_is_weighed_where_it_runs(site):
    async def scenario(node, actions):
        site.write(servers=("FTP_SVR1",), more=POOLED)
        text = site.path.read_bytes()
        assert isinstance(await actions.answer(SetWeight("VIP", "FTP_SVR2", 7)), Applied)
        assert (weight(node, "FTP_SVR2"), site.path.read_bytes()) == (7, text)
        site.write(more=POOLED)
        site.path.write_text(site.path.read_text().replace("  VIP:", "  OTHER:"))
        assert isinstance(await actions.answer(SetWeight("VIP", "FTP_SVR1", 8)), Applied)

    play(site, scenario)


def test_what_cannot_be_is_refused_and_nothing_has_changed(site):
    async def scenario(node, actions):
        running = site.path.read_bytes()
        assert await actions.answer(SetWeight("VIP", "NONE", 7)) == Refused(
            "not-found", "no server 'NONE' in VIP; there are: FTP_SVR1, FTP_SVR2, NEW"
        )
        assert (await actions.answer(SetWeight("VIP", "NEW", 1000))).kind == "invalid"
        assert site.path.read_bytes() == running
        site.path.write_text("nonsense")
        assert (await actions.answer(SetWeight("VIP", "NEW", 7))).kind == "invalid"
        site.path.write_bytes(running)
        await actions.answer(SaveConfiguration(running.decode() + "# again\n", etag_of(running)))
        await actions.answer(Apply(confirm_s=60))
        assert (await actions.answer(SetWeight("VIP", "NEW", 7))).kind == "busy"
        assert weight(node, "NEW") == 30

    play(site, scenario)


def test_if_it_cannot_be_worked_by_the_file_is_as_it_was(site):
    async def scenario(node, actions):
        before = site.path.read_bytes()
        node.is_draining = True
        refused = await actions.answer(SetWeight("VIP", "NEW", 7))
        assert (refused.kind, site.path.read_bytes(), weight(node, "NEW")) == ("busy", before, 30)

    play(site, scenario)


def test_what_is_missing_for_what_runs_is_told_with_its_place(site):
    async def scenario(node, actions):
        (site.folder / "probe").unlink()
        answer = await actions.answer(SetWeight("VIP", "FTP_SVR1", 40))
        assert (answer.kind, answer.problems[0].path) == ("invalid", "virtual_services.VIP.health.password_file")
        assert (weight(node, "FTP_SVR1"), in_file(site, "FTP_SVR1")) == (100, 100)

    (site.folder / "probe").write_text("secret")
    site.write()
    health = "health: {check: login, user: probe, password_file: probe}"
    play(site, scenario, site.path.read_text().replace('health: {check: "off"}', health))
