"""A worker sends sessions to the pool of the routes and back to their former server, and tells so."""

import ftplib
import os

from ftpair.core.facts import ServerChosen
from ftpair.core.routing import Route
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.shared_table import SharedTable, create_table_fd
from tests.dataplane.scripted_server import friendly, scripted_server
from tests.dataplane.stage import EXPLICIT, USER, VIP, clear_client, server_plan, service_plan, stage


def test_pool_and_former_server_are_chosen_and_told():
    fd = create_table_fd("test", 8)
    table = SharedTable(fd, b"salt")
    with (
        scripted_server(friendly) as (a, others),
        scripted_server(friendly) as (b, _),
        scripted_server(friendly) as (c, _),
    ):
        servers = server_plan(a), server_plan(b, 2, pool="new"), server_plan(c, 3, pool="new")
        rules = (Route("new", user=f"{USER[0]}*"),)
        plan = service_plan(*servers, routes=rules, affinity="user", pools={"new": "round-robin"})
        with stage(plan) as running:
            running.call(lambda: setattr(running.worker, "bonds", Bonds(table)))
            for _ in range(3):
                clear_client().quit()
            chosen = running.facts_of(ServerChosen, 3)
            running.wait(running.is_at_rest)
    assert [fact.affinity for fact in chosen] == ["new", "kept", "kept"]
    assert {(fact.service, fact.user, fact.pool, fact.rule) for fact in chosen} == {("VIP", USER, "new", "1")}
    assert len({fact.server for fact in chosen}) == 1
    assert chosen[0].server in ("SVR2", "SVR3")
    assert others == []
    assert len(list(table.rows())) == 1
    os.close(fd)


def test_where_nothing_is_routed_nothing_is_told():
    with scripted_server(friendly) as (address, _), stage(service_plan(server_plan(address))) as running:
        clear_client().quit()
        running.wait(running.is_at_rest)
        assert not [fact for fact in running.facts if isinstance(fact, ServerChosen)]


def test_another_name_keeps_its_connection_or_takes_its_place_along():
    with scripted_server(friendly) as (a, at_a), scripted_server(friendly) as (b, at_b):
        servers = server_plan(a), server_plan(b, 2, pool="new")
        plan = service_plan(*servers, routes=(Route("new", user="k*"),), pools={"new": "round-robin"})
        with stage(plan) as running:

            def places():
                return [running.counts.sessions(server.slot) for server in servers]

            with ftplib.FTP(timeout=15) as client:
                client.connect(VIP, EXPLICIT)
                seen = [(client.sendcmd(f"USER {name}")[:3], places()) for name in ("anna", "bert", "kim", "carla")]
                client.login("dora", "x")
                client.quit()
            running.wait(running.is_at_rest)
    assert seen == [("331", [1, 0]), ("331", [1, 0]), ("331", [0, 1]), ("331", [1, 0])]
    assert [dialogue.heard for dialogue in at_a] == [
        ["USER anna", "USER bert"],
        ["USER carla", "USER dora", "PASS x", "QUIT"],
    ]
    assert [dialogue.heard for dialogue in at_b] == [["USER kim"]]
