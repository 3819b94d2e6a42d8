"""What the doors may ask for, and the sentences that they get."""

import asyncio

import pytest

from ftpair.app.actions import Actions
from ftpair.core.actions import Applied, Apply, GetMetrics, GetSessions, GetStatus, KillSession, Refused, Said, SetAdmin
from ftpair.core.status import Admin, Health, Sample, ServerState
from ftpair.dataplane.counts import SESSIONS, TRANSFERS, Counts
from tests.app.asking import AskedLocally


def play(site, scenario, **environment):
    async def whole():
        async with site.running(**environment) as node:
            await scenario(node, AskedLocally(Actions(node)))

    asyncio.run(whole())


def count(node, server, sessions, transfers):
    """Be a worker that serves these."""
    worker = Counts(node.counts.fd, 0, node.counts.places_in_all)
    worker.add(node.slots[("VIP", server)], SESSIONS, sessions)
    worker.add(node.slots[("VIP", server)], TRANSFERS, transfers)


@pytest.mark.parametrize(
    ("admin", "sessions", "transfers", "sentence"),
    [
        (Admin.DRAIN, 3, 0, "drain FTP_SVR2: 3 sessions stay, 0 transfers"),
        (Admin.DRAIN, 1, 1, "drain FTP_SVR2: 1 session stays, 1 transfer"),
        (Admin.HALT, 3, 1, "halt FTP_SVR2: 3 sessions ended, 1 transfer cut"),
        (Admin.HALT, 1, 2, "halt FTP_SVR2: 1 session ended, 2 transfers cut"),
        (Admin.ONLINE, 0, 0, "online FTP_SVR2: takes new sessions again (health: up)"),
    ],
)
def test_drain_halt_and_online_say_what_stays(site, admin, sessions, transfers, sentence):
    async def scenario(node, actions):
        count(node, "FTP_SVR2", sessions, transfers)
        count(node, "FTP_SVR1", 9, 9)
        node.states.hear(node.slots[("VIP", "FTP_SVR2")], ServerState(health=Health.UP), 1)
        assert await actions.answer(SetAdmin("VIP", "FTP_SVR2", admin)) == Said(sentence)
        server = node.plan.services[0].servers[1]
        assert node.states.of(server).admin is admin

    play(site, scenario)


def test_online_ends_an_ejection(site):
    async def scenario(node, actions):
        server = node.plan.services[0].servers[1]
        node.states.hear(server.slot, ServerState(health=Health.UP, reason="up: 220"), 1)
        node.states.eject(server, "ejected for 30 s: 5 errors in a row (reset)", 0.0)
        answer = await actions.answer(SetAdmin("VIP", "FTP_SVR2", Admin.ONLINE, dry_run=True))
        assert answer == Said("online FTP_SVR2: its ejection ends (health: up)")
        assert node.states.of(server).is_ejected
        assert await actions.answer(SetAdmin("VIP", "FTP_SVR2", Admin.ONLINE)) == answer
        assert node.states.of(server).health is Health.UP

    play(site, scenario)


def test_a_second_drain_says_that_the_server_drains_already(site):
    async def scenario(node, actions):
        drain = SetAdmin("VIP", "FTP_SVR2", Admin.DRAIN)
        count(node, "FTP_SVR2", 3, 0)
        assert await actions.answer(drain) == Said("drain FTP_SVR2: 3 sessions stay, 0 transfers")
        count(node, "FTP_SVR2", -2, 1)
        assert await actions.answer(drain) == Said("FTP_SVR2 drains already: 1 session stays, 1 transfer")
        await actions.answer(SetAdmin("VIP", "FTP_SVR2", Admin.HALT))
        assert await actions.answer(drain) == Said("drain FTP_SVR2: 1 session stays, 1 transfer")

    play(site, scenario)


@pytest.mark.parametrize(
    ("service", "server", "sentence"),
    [
        ("VAP", "FTP_SVR1", "no service 'VAP'; there are: VIP"),
        ("VIP", "FTP_SVR3", "no server 'FTP_SVR3' in VIP; there are: FTP_SVR1, FTP_SVR2"),
    ],
)
def test_an_unknown_name_is_refused_with_the_known_ones(site, service, server, sentence):
    async def scenario(_node, actions):
        answer = await actions.answer(SetAdmin(service, server, Admin.DRAIN))
        assert answer == Refused("not-found", sentence)

    play(site, scenario)


def test_the_sessions_of_all_workers_are_listed_and_one_can_be_ended(site):
    async def scenario(_node, actions):
        before = await actions.answer(GetSessions())
        assert sorted(row.id for row in before.sessions) == ["0-1", "1-1"]
        killed = await actions.answer(KillSession("1-1"))
        assert killed == Said("kill 1-1: the session of alice from 198.51.100.7:50122 is ended")
        assert [row.id for row in (await actions.answer(GetSessions())).sessions] == ["0-1"]
        refused = await actions.answer(KillSession("1-1"))
        assert (refused.kind, "no session '1-1'" in refused.sentence) == ("not-found", True)

    play(site, scenario)


def test_a_session_that_ended_before_it_could_be_killed_is_not_found(site):
    async def scenario(_node, actions):
        refused = await actions.answer(KillSession("1-1"))
        assert refused == Refused("not-found", "no session '1-1' (it may have ended); `ftpair sessions` lists them")

    play(site, scenario, FLEETING="1-1")


def test_figures_are_summed_over_workers_and_say_the_states(site):
    async def scenario(node, actions):
        await actions.answer(SetAdmin("VIP", "FTP_SVR1", Admin.DRAIN))
        await node.until(lambda: node.figures.gauge("passive_ports_in_use", "VIP") == 4, 0.1)
        await asyncio.sleep(0.3)
        figures = await actions.answer(GetMetrics())
        assert figures.counters == (Sample("logins_total", ("VIP", "accepted"), 6.0),)
        for gauge in (
            Sample("passive_ports_in_use", ("VIP",), 4.0),
            Sample("passive_ports", ("VIP",), 28.0),
            Sample("config_revision", (), 1.0),
            Sample("config_last_apply_successful", (), 1.0),
            Sample("server_admin", ("VIP", "FTP_SVR1", "drain"), 1.0),
            Sample("server_admin", ("VIP", "FTP_SVR1", "online"), 0.0),
            Sample("server_health", ("VIP", "FTP_SVR2", "unknown"), 1.0),
        ):
            assert gauge in figures.gauges

    play(site, scenario)


def test_the_status_says_what_runs(site):
    async def scenario(node, actions):
        count(node, "FTP_SVR1", 2, 1)
        await asyncio.sleep(0.3)
        node.sample()
        status = (await actions.answer(GetStatus())).status
        (service,) = status.services
        assert (status.revision, status.is_ready, status.last_apply_successful) == (1, True, True)
        assert (service.is_serving, service.reason) == (True, "2 of 2 servers take new sessions")
        assert (service.passive_ports, service.passive_ports_in_use) == (28, 4)
        assert [(server.name, server.sessions, server.transfers) for server in service.servers] == [
            ("FTP_SVR1", 2, 1),
            ("FTP_SVR2", 0, 0),
        ]
        assert [(each.number, each.pid, each.loop_lag_seconds, each.open_fds) for each in status.workers] == [
            (number, worker.pid, 0.25, 31) for number, worker in enumerate(node.workers)
        ]

    play(site, scenario)


def test_two_applies_at_a_time_are_refused(site):
    async def scenario(_node, actions):
        answers = await asyncio.gather(actions.answer(Apply()), actions.answer(Apply()))
        assert answers[0] == Applied(1, ())
        assert answers[1].kind == "busy"

    play(site, scenario)


def test_a_bug_in_an_action_is_answered_and_ends_nothing(site):
    async def scenario(node, actions):
        node.listing = None
        answer = await actions.answer(GetSessions())
        assert answer == Refused("internal", "an internal error; the log has the details")
        assert (await actions.answer(GetStatus())).status.is_ready

    play(site, scenario)
