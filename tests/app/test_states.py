"""The states of real servers: admin and health are never mixed, and workers hear of what matters to them."""

from dataclasses import replace

import msgspec
import pytest

from ftpair.app.admin import AdminFile, Wish
from ftpair.app.states import States
from ftpair.core.drain import Drain
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.core.status import Admin, Health, ServerState

SERVER = ServerPlan(slot=1, service="VIP", name="FTP_SVR1", address=Endpoint("10.0.0.1", 21))
UP = ServerState(health=Health.UP, reason="up: 220", since=10.0, check_seconds=0.001)
DOWN = ServerState(health=Health.DOWN, reason="down: connect refused (3 of 3 checks failed)", since=20.0)


def plan_of(*servers, revision=1):
    return Plan(revision, 1, (ServicePlan("VIP", "127.0.0.1", PortRange(50000, 50001), servers, explicit=21),))


class Watched:
    """States, the number of times that workers were told, and the log."""

    def __init__(self, folder):
        self.told, self.said = 0, []
        self.states = States(AdminFile(folder / "admin.json", self.said.append), self.tell, self.say)
        self.states.use_plan(plan_of(SERVER))
        self.told = 0

    def tell(self):
        self.told += 1

    def say(self, server, sentence):
        assert server.name in sentence
        self.said.append(sentence)


@pytest.fixture
def watched(tmp_path):
    return Watched(tmp_path)


def test_a_verdict_changes_health_and_leaves_admin_alone(watched):
    watched.states.set_admin(SERVER, Wish(Admin.DRAIN, Drain()))
    watched.states.hear(1, UP, 1)
    assert watched.states.of(SERVER) == replace(UP, admin=Admin.DRAIN, drain=Drain())


def test_a_server_that_goes_up_or_down_is_a_line_in_the_log(watched):
    for verdict in (UP, UP, DOWN, DOWN, UP):
        watched.states.hear(1, verdict, 1)
    assert watched.said == [
        "FTP_SVR1 is up: 220",
        "FTP_SVR1 is down: connect refused (3 of 3 checks failed)",
        "FTP_SVR1 is up: 220",
    ]


def test_workers_are_told_of_changes_but_not_of_the_time_a_check_took(watched):
    watched.states.hear(1, UP, 1)
    watched.states.hear(1, replace(UP, check_seconds=0.5), 1)
    assert watched.told == 1
    assert watched.states.of(SERVER).check_seconds == 0.5
    watched.states.hear(1, replace(UP, features=("MLSD",)), 1)
    watched.states.set_admin(SERVER, Wish(Admin.HALT))
    assert watched.told == 3


def test_a_verdict_about_a_server_that_is_gone_is_dropped(watched):
    watched.states.hear(7, DOWN, 1)
    assert watched.states.by_slot() == {1: ServerState()}
    assert watched.told == 0


def test_an_apply_keeps_what_is_known_of_a_server_that_stays(watched):
    watched.states.hear(1, UP, 1)
    watched.states.set_admin(SERVER, Wish(Admin.DRAIN, Drain()))
    watched.states.use_plan(plan_of(msgspec.structs.replace(SERVER, weight=7)))
    assert watched.states.of(SERVER) == replace(UP, admin=Admin.DRAIN, drain=Drain())
    assert watched.told == 3


def test_a_server_with_a_new_address_is_unknown_until_it_is_probed_and_stays_drained(watched):
    watched.states.hear(1, UP, 1)
    watched.states.set_admin(SERVER, Wish(Admin.DRAIN, Drain()))
    watched.states.use_plan(plan_of(msgspec.structs.replace(SERVER, address=Endpoint("10.0.0.9", 21))))
    assert watched.states.of(SERVER) == ServerState(admin=Admin.DRAIN, drain=Drain())


def test_a_late_verdict_about_the_former_address_is_dropped_and_one_about_a_server_that_stays_is_taken(watched):
    other = msgspec.structs.replace(SERVER, slot=2, name="FTP_SVR2")
    watched.states.use_plan(plan_of(SERVER, other, revision=1))
    watched.states.use_plan(
        plan_of(msgspec.structs.replace(SERVER, address=Endpoint("10.0.0.9", 21)), other, revision=2)
    )
    watched.states.hear(1, DOWN, 1)
    watched.states.hear(2, DOWN, 1)
    assert watched.states.by_slot() == {1: ServerState(), 2: DOWN}
    watched.states.hear(1, UP, 2)
    assert watched.states.by_slot()[1] == UP


def test_a_row_that_another_server_gets_tells_nothing_of_the_former(watched):
    watched.states.hear(1, DOWN, 1)
    watched.states.use_plan(plan_of(msgspec.structs.replace(SERVER, name="FTP_SVR9")))
    assert watched.states.by_slot() == {1: ServerState()}


def test_a_drained_server_is_drained_when_ftpair_starts_again(watched, tmp_path):
    watched.states.set_admin(SERVER, Wish(Admin.DRAIN, Drain()))
    assert Watched(tmp_path).states.of(SERVER).admin is Admin.DRAIN


def test_a_server_that_comes_back_has_its_moment_and_one_that_was_never_down_has_none(tmp_path):
    now = [100.0]
    file = AdminFile(tmp_path / "admin.json", print)
    states = States(file, lambda: None, lambda _server, _sentence: None, lambda: now[0])
    states.use_plan(plan_of(SERVER))
    moments = []
    for verdict in (UP, DOWN, UP, replace(UP, reason="up: 220 again"), DOWN):
        now[0] += 10.0
        states.hear(1, verdict, 1)
        moments.append(states.of(SERVER).came_up)
    assert moments == [0.0, 0.0, 130.0, 130.0, 0.0]


def test_the_way_and_the_deadline_of_a_drain_hold_over_a_restart(watched, tmp_path):
    drain = Drain("transfers", 1767225600.0, 1767225900.0)
    watched.states.set_admin(SERVER, Wish(Admin.DRAIN, drain))
    again = Watched(tmp_path).states
    assert again.of(SERVER) == ServerState(admin=Admin.DRAIN, drain=drain)
    assert again.of(SERVER).ends_sessions
    assert again.drained() == ((SERVER, drain),)


def test_a_verdict_leaves_the_drain_alone(watched):
    watched.states.set_admin(SERVER, Wish(Admin.DRAIN, Drain("transfers")))
    watched.states.hear(1, UP, 1)
    assert watched.states.of(SERVER).ends_sessions


OTHER = msgspec.structs.replace(SERVER, slot=2, name="FTP_SVR2")
BOTH, ONE = plan_of(SERVER, OTHER), plan_of(SERVER, revision=2)


def test_a_server_that_comes_back_is_as_it_was_left(watched):
    drain = Drain("transfers", 1767225600.0, 1767225900.0)
    for wish in (Wish(Admin.HALT), Wish(Admin.DRAIN, drain)):
        watched.states.use_plan(BOTH)
        watched.states.set_admin(OTHER, wish)
        watched.states.use_plan(ONE)
        assert watched.states.left_out(BOTH) == ((OTHER, wish.admin),)
        watched.states.use_plan(BOTH)
        assert watched.states.of(OTHER) == ServerState(admin=wish.admin, drain=wish.drain)
        assert not watched.states.left_out(BOTH)


def test_one_that_is_added_anew_is_online_and_those_that_stay_are_as_they_are(watched):
    watched.states.use_plan(BOTH)
    for server in (SERVER, OTHER):
        watched.states.set_admin(server, Wish(Admin.HALT))
    watched.states.use_plan(ONE)
    watched.states.begin_anew(BOTH)
    watched.states.use_plan(BOTH)
    assert (watched.states.of(SERVER).admin, watched.states.of(OTHER).admin) == (Admin.HALT, Admin.ONLINE)


def test_what_no_way_back_can_bring_again_is_forgotten(watched):
    watched.states.use_plan(BOTH)
    for server in (SERVER, OTHER):
        watched.states.set_admin(server, Wish(Admin.HALT))
    watched.states.use_plan(ONE)
    watched.states.forget_gone(lambda service, server: (service, server) == ("VIP", "FTP_SVR2"))
    assert watched.states.left_out(BOTH) == ((OTHER, Admin.HALT),)
    watched.states.forget_gone(lambda _service, _server: False)
    assert not watched.states.left_out(BOTH)
    assert watched.states.of(SERVER).admin is Admin.HALT
