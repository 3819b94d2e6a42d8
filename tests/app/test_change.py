"""Apply: a refused change changes nothing, an applied change ends no session."""

import asyncio
import os
import socket
from pathlib import Path

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from ftpair.app import change
from ftpair.app.admin import Wish
from ftpair.app.change import apply, demand_rights
from ftpair.config.problems import describe_warnings
from ftpair.core.actions import Applied, Apply, Refused
from ftpair.core.drain import Drain
from ftpair.core.errors import SetupError
from ftpair.core.plan import Plan
from ftpair.core.status import Admin, Health, ServerState


def play(site, scenario, **environment):
    async def whole():
        async with site.running(**environment) as node:
            await scenario(node)

    asyncio.run(whole())


def is_open(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except ConnectionRefusedError:
        return False
    return True


def snapshot(node):
    return node.plan, dict(node.slots), node.states.by_slot(), [worker.pid for worker in node.workers]


def test_a_changed_file_comes_in_place_and_every_worker_goes_on(site):
    async def scenario(node):
        pids = [worker.pid for worker in node.workers]
        site.write(servers=("FTP_SVR1", "FTP_SVR3"))
        answer = await apply(node)
        assert answer == Applied(
            2,
            (
                "VIP: remove FTP_SVR2: no new sessions, running ones end by themselves",
                "VIP: add FTP_SVR3 at 127.0.0.1:2201, weight 100, TLS off",
            ),
        )
        assert [worker.pid for worker in node.workers] == pids
        assert node.is_followed()
        assert node.last_apply.is_successful
        assert node.slots[("VIP", "FTP_SVR2")] != node.slots[("VIP", "FTP_SVR3")]

    play(site, scenario)


def test_a_file_that_says_the_same_is_no_new_revision(site):
    async def scenario(node):
        assert await apply(node) == Applied(1, ())
        assert node.plan.revision == 1

    play(site, scenario)


def test_a_port_moves_without_a_gap(site):
    async def scenario(node):
        site.write(port=site.other_port)
        answer = await apply(node)
        assert isinstance(answer, Applied)
        assert (is_open(site.port), is_open(site.other_port)) == (False, True)

    play(site, scenario)


def test_an_invalid_file_changes_nothing_and_all_problems_are_told(site):
    async def scenario(node):
        before = snapshot(node)
        site.write(more="colour: red\nshutdown_timeout_s: -1")
        answer = await apply(node)
        assert (answer.kind, len(answer.problems)) == ("invalid", 2)
        assert snapshot(node) == before
        assert not node.last_apply.is_successful

    play(site, scenario)


def test_a_refusal_is_logged_once(site):
    async def scenario(node):
        site.write(more="colour: red")
        with capture_logs() as lines:
            answer = await apply(node)
            site.write(port=site.other_port)
            with socket.create_server(("127.0.0.1", site.other_port)):
                in_use = await apply(node)
        assert lines == [
            {
                "event": "apply refused",
                "log_level": "error",
                "problems": [f"line {answer.problems[0].line}, colour: {answer.problems[0].sentence}"],
            },
            {"event": "apply refused", "log_level": "error", "reason": in_use.sentence},
        ]

    play(site, scenario)


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_warnings_are_no_steps(site, is_dry_run):
    async def scenario(node):
        site.write(greeting="Welcome.")
        site.path.write_text(site.path.read_text().replace("port: 22", "weight: 0, port: 22"))
        with capture_logs() as lines:
            answer = await apply(node, Apply(dry_run=is_dry_run))
        assert not any("warning" in step or "every weight" in step for step in answer.steps)
        (warning,) = answer.warnings
        assert (warning.path, warning.line) == ("virtual_services.VIP.real_servers", 10)
        told = [line["event"] for line in lines if line["log_level"] == "warning"]
        assert told == [] if is_dry_run else [describe_warnings((warning,))[0]]
        assert "every weight" not in node.last_apply.sentence

    play(site, scenario)


def test_a_port_in_use_changes_nothing(site):
    async def scenario(node):
        before = snapshot(node)
        with socket.socket() as other:
            other.bind(("127.0.0.1", site.other_port))
            other.listen()
            site.write(port=site.other_port, servers=("FTP_SVR9",))
            answer = await apply(node)
        assert answer.kind == "setup"
        comm = Path("/proc/self/comm").read_text().strip()
        assert f"the port is in use by {comm} (process {os.getpid()})" in answer.sentence
        assert snapshot(node) == before
        assert is_open(site.port)

    play(site, scenario)


def test_a_dry_run_tells_the_steps_and_takes_none(site):
    async def scenario(node):
        before = snapshot(node)
        site.write(greeting="Welcome.", port=site.other_port)
        answer = await apply(node, Apply(dry_run=True))
        assert answer == Applied(
            2, (f"VIP: explicit port {site.port} -> {site.other_port}", "VIP: greeting Hello. -> Welcome.")
        )
        assert snapshot(node) == before
        assert (is_open(site.port), is_open(site.other_port)) == (True, False)

    play(site, scenario)


def test_workers_and_paths_stay_until_a_restart_and_the_rest_is_applied(site):
    async def scenario(node):
        site.write(workers=4, greeting="Welcome.", state="elsewhere")
        answer = await apply(node)
        later = (
            "workers 2 -> 4: needs a restart",
            f"paths.state {site.folder}/state -> {site.folder}/elsewhere: needs a restart",
        )
        assert answer.steps == ("VIP: greeting Hello. -> Welcome.", *later)
        assert (node.plan.workers, len(node.workers)) == (2, 2)
        assert await apply(node) == Applied(2, later)

    play(site, scenario)


def test_a_plan_that_a_worker_cannot_take_is_taken_back(site):
    async def scenario(node):
        before = snapshot(node)
        site.write(greeting="Choke.", port=site.other_port)
        answer = await apply(node, follow_timeout_s=0.5)
        assert answer == Refused("internal", "a worker did not take revision 2; the former one runs on")
        assert snapshot(node) == before
        assert (is_open(site.port), is_open(site.other_port)) == (True, False)
        assert await node.until(node.is_followed, 5)
        site.write(greeting="Welcome.")
        assert await apply(node) == Applied(3, ("VIP: greeting Hello. -> Welcome.",))

    play(site, scenario, CHOKES="Choke.")


def test_a_plan_that_a_worker_refuses_changes_nothing_and_is_answered_at_once(site):
    async def scenario(node):
        server = node.plan.services[0].servers[1]
        node.states.set_admin(server, Wish(Admin.DRAIN, Drain()))
        node.states.hear(server.slot, ServerState(health=Health.DOWN), 1)
        before, kept = snapshot(node), (site.folder / "state" / "admin.json").read_text()
        site.write(greeting="Too small.", port=site.other_port, servers=("FTP_SVR1", "FTP_SVR3"))
        answer = await asyncio.wait_for(apply(node), 1)
        assert answer == Refused("setup", "revision 2: the key is too small; the former one runs on")
        assert snapshot(node) == before
        assert (site.folder / "state" / "admin.json").read_text() == kept
        assert node.is_followed()
        assert (is_open(site.port), is_open(site.other_port)) == (True, False)
        site.write(port=site.other_port)
        assert isinstance(await apply(node), Applied)
        assert node.states.of(server).admin is Admin.DRAIN

    play(site, scenario, REFUSES="Too small.")


def test_a_stop_while_workers_are_waited_for_ends_the_apply_at_once(site):
    async def scenario(node):
        site.write(greeting="Choke.", port=site.other_port)
        applying = asyncio.create_task(apply(node))
        await asyncio.sleep(0.5)
        node.is_draining = True
        node.listeners.close()
        node.ring()
        assert await asyncio.wait_for(applying, 1) == change.STOPPING
        assert await apply(node) == change.STOPPING

    play(site, scenario, CHOKES="Choke.")


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_file_that_is_gone_is_refused(site, is_dry_run):
    async def scenario(node):
        site.path.unlink()
        answer = await apply(node, Apply(dry_run=is_dry_run))
        assert answer.kind == "invalid"
        assert "does not exist" in answer.sentence

    play(site, scenario)


def test_workers_that_gave_a_right_up_cannot_be_given_it_again():
    running = Plan(1, 1, (), user="ftpair")
    wanted = replace(running, capabilities=("net_raw",))
    with pytest.raises(SetupError, match=r"workers need CAP_NET_RAW, which they gave up .* restart ftpair"):
        demand_rights(running, wanted, euid=0)
    with pytest.raises(SetupError, match="CAP_NET_RAW"):
        demand_rights(replace(running, user=""), replace(wanted, user=""), euid=1000)
    demand_rights(replace(running, user=""), replace(wanted, user=""), euid=0)
    demand_rights(wanted, running, euid=0)
