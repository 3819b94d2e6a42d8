"""Where a session would go, explained by the supervisor."""

import asyncio

import pytest

from ftpair.app.actions import Actions
from ftpair.app.status import node_status
from ftpair.core.actions import FindRoute, Refused, RouteIs, SetAdmin
from ftpair.core.status import Admin, RouteStatus
from ftpair.dataplane.bonds import Bonds
from ftpair.dataplane.counts import SESSIONS, Counts
from tests.app.asking import AskedLocally

ROUTES = r"""
    pools:
      new: {balance: round-robin, real_servers: {FTP_SVR3: {address: 127.0.0.1, port: 2203}}}
    routes:
      - {user: root, pool: new}
      - {user: k*, from: [10.0.0.0/8], pool: new}
      - {host: h, sni: s, certificate: c, pool: new}
      - {certificate_subject: 'CN=Doe\, *,O=E', certificate_san: "email:*@e.org", pool: new}
"""


def play(site, scenario):
    async def whole():
        async with site.running() as node:
            await scenario(node, AskedLocally(Actions(node)))

    asyncio.run(whole())


def explained(site, more, *questions):
    """Return the answers of a node with this service."""
    answers = []

    async def scenario(_node, actions):
        answers.extend([await actions.answer(FindRoute("VIP", **question)) for question in questions])

    site.write(more=more)
    play(site, scenario)
    return answers


def test_rule_pool_and_server_are_told_in_a_sentence(site):
    kim, bob, third, nobody = explained(
        site,
        ROUTES,
        {"user": "kim", "client": "10.0.0.5"},
        {"user": "bob", "client": "10.0.0.5"},
        {"host": "h", "sni": "s", "certificate": "c"},
        {},
    )
    way = "kim from 10.0.0.5 goes to pool new (rule 2: user k*, from 10.0.0.0/8), there to FTP_SVR3"
    reason = "round-robin: one of 1 server in turn"
    assert kim == RouteIs(
        RouteStatus("VIP", "new", 2, "rule 2: user k*, from 10.0.0.0/8", "FTP_SVR3", reason, f"{way} ({reason})")
    )
    assert bob.route.sentence == (
        "bob from 10.0.0.5 goes to pool default (no rule fits), there to FTP_SVR1 (least-sessions: 0 sessions)"
    )
    assert third.route.sentence.startswith(
        "a client with HOST h with SNI s with the certificate of c goes to pool new (rule 3: host h, sni s"
    )
    assert (nobody.route.pool, nobody.route.rule) == ("default", 0)


def test_all_names_of_a_certificate_can_be_told(site):
    names = {"certificate_subject": r"CN=Doe\, Jane,O=E", "certificate_san": "email:jane@e.org"}
    both, subject = explained(site, ROUTES, names, {"certificate_subject": r"CN=Doe\, Jane,O=E"})
    assert both.route.sentence.startswith(
        r"a client with the subject CN=Doe\, Jane,O=E with the name email:jane@e.org goes to pool new (rule 4: certif"
    )
    assert subject.route.pool == "default"


def test_a_service_without_rules_says_so(site):
    (answer,) = explained(site, "", {"user": "kim"})
    assert answer.route.sentence.startswith("kim goes to pool default (there are no rules), there to FTP_SVR1 (least-")


def test_where_the_server_is_chosen_at_once_the_user_says_nothing(site):
    (answer,) = explained(site, ROUTES + "    connect: at-once\n", {"user": "root", "client": "10.0.0.5"})
    assert answer.route.sentence.startswith("a client from 10.0.0.5 goes to pool default (no rule fits)")


@pytest.mark.parametrize("policy", ["random-two", "source-hash", "user-hash", "round-robin"])
def test_every_policy_gives_its_reason(site, policy):
    (answer,) = explained(site, f"    balance: {policy}\n", {"user": "kim"})
    assert answer.route.server_reason.startswith(f"{policy}: ")


def test_the_counts_of_now_are_told(site):
    async def scenario(node, actions):
        for server in ("FTP_SVR1", "FTP_SVR2", "FTP_SVR2"):
            Counts(node.counts.fd, 0, node.counts.places_in_all).add(node.slots["VIP", server], SESSIONS, 1)
        answer = await actions.answer(FindRoute("VIP"))
        assert answer.route.sentence.endswith("there to FTP_SVR1 (least-sessions: 1 session)")

    play(site, scenario)


def test_affinity_is_told_and_not_changed(site):
    async def scenario(node, actions):
        bonds, (service,) = Bonds(node.tables.affinity), node.plan.services
        before = list(node.tables.affinity.rows())
        await actions.answer(FindRoute("VIP", "kim"))
        assert list(node.tables.affinity.rows()) == before == []
        key = b"\0".join([b"VIP", b"default", b"user", b"kim"])
        bonds.choose(key, service, lambda _former: service.servers[1])
        answer = await actions.answer(FindRoute("VIP", "kim"))
        assert answer.route.sentence.endswith("there to FTP_SVR2 (affinity: user, where the session before was)")

    site.write(more="    affinity: user\n")
    play(site, scenario)


def test_a_pool_without_a_server_is_told_in_route_and_status(site):
    async def scenario(node, actions):
        await actions.answer(SetAdmin("VIP", "FTP_SVR3", Admin.DRAIN))
        answer = await actions.answer(FindRoute("VIP", "root"))
        assert answer.route.server == ""
        assert answer.route.sentence.endswith(
            "(rule 1: user root), where nobody can serve the session: FTP_SVR3 is drained (pool new)"
        )
        (service,) = node_status(node).services
        assert service.is_serving
        assert service.reason == "2 of 3 servers take new sessions; pool new: FTP_SVR3 is drained"
        assert [server.pool for server in service.servers] == ["default", "default", "new"]
        for server in ("FTP_SVR1", "FTP_SVR2"):
            await actions.answer(SetAdmin("VIP", server, Admin.HALT))
        (service,) = node_status(node).services
        assert not service.is_serving
        assert service.reason == "pool default: every server is halted; pool new: FTP_SVR3 is drained"

    site.write(more=ROUTES)
    play(site, scenario)


def test_a_wrong_question_is_refused_in_words(site):
    async def scenario(_node, actions):
        assert await actions.answer(FindRoute("NONE")) == Refused("not-found", "no service 'NONE'; there are: VIP")
        wrong = await actions.answer(FindRoute("VIP", client="nonsense"))
        assert wrong == Refused("wrong-request", "'nonsense' is no IP address: write one such as 198.51.100.7")

    play(site, scenario)
