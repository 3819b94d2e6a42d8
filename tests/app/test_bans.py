"""Bans on a node: told to the workers, kept in a file, lifted by hand."""

import asyncio
import json
import stat
from pathlib import Path

import pytest

from ftpair.app.actions import Actions
from ftpair.app.bans import BanFile, BanKeeper
from ftpair.app.tables import SALT_VARIABLE
from ftpair.core.actions import AddBan, GetBans, GetMetrics, LiftBan, Refused, Said
from ftpair.core.endpoint import PortRange
from ftpair.core.errors import NotFoundError, WrongRequestError
from ftpair.core.limits import Ban, BanPolicy
from ftpair.core.messages import PasswordWrong, UseBans
from ftpair.core.plan import Plan, ServicePlan
from ftpair.core.status import Sample
from ftpair.dataplane.presence import Presence
from ftpair.dataplane.shared_table import SharedTable
from tests.app.asking import AskedLocally

HOST = "198.51.100.7"
WRONG = PasswordWrong("VIP", HOST, "anna")


def plan_of(*names, bans=None):
    services = (ServicePlan(name, "192.0.2.10", PortRange(1025, 1026), (), bans=bans) for name in names)
    return Plan(1, 1, tuple(services))


class Desk:
    """A keeper, what it told to workers, what it warned of, and its clock."""

    def __init__(self, folder, plan=None):
        self.now, self.told, self.warnings = 1000.0, [], []
        self.path = folder / "bans.json"
        self.open(plan or plan_of("VIP", "OTHER", bans=BanPolicy(failures=2, for_s=60)))

    def open(self, plan):
        file = BanFile(self.path, self.warnings.append)
        self.keeper = BanKeeper(file, self.told.append, lambda: self.now)
        self.keeper.use_plan(plan)


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_wrong_passwords_become_bans_that_every_worker_hears_of_at_once(desk):
    desk.keeper.hear(WRONG)
    assert desk.told == []
    desk.keeper.hear(WRONG)
    reason = "2 wrong passwords within 600 s"
    bans = (Ban("VIP", "address", HOST, 1060.0, reason), Ban("VIP", "user", "anna", 1060.0, reason))
    assert desk.told == [UseBans(bans)]
    assert desk.keeper.whole() == UseBans(bans, is_whole=True)
    assert desk.keeper.gauges() == (
        Sample("bans", ("VIP", "address"), 1.0),
        Sample("bans", ("VIP", "user"), 1.0),
        Sample("bans", ("OTHER", "address"), 0.0),
        Sample("bans", ("OTHER", "user"), 0.0),
    )


def test_without_bans_in_the_file_wrong_passwords_lead_to_nothing(tmp_path):
    desk = Desk(tmp_path, plan_of("VIP"))
    for wrong in (WRONG, WRONG, WRONG, PasswordWrong("GONE", HOST, "anna")):
        desk.keeper.hear(wrong)
    assert (desk.told, desk.keeper.all()) == ([], ())


def test_bans_are_kept_over_a_restart_and_end_in_time(desk):
    desk.keeper.hear(WRONG)
    desk.keeper.hear(WRONG)
    desk.keeper.refresh()
    desk.open(plan_of("VIP", bans=BanPolicy()))
    assert [ban.subject for ban in desk.keeper.all()] == [HOST, "anna"]
    desk.now += 60
    desk.told.clear()
    desk.keeper.refresh()
    assert desk.told == [UseBans((), (("VIP", "address", HOST), ("VIP", "user", "anna")))]
    assert json.loads(desk.path.read_text()) == []


def test_the_file_names_people_to_nobody_else(desk):
    desk.keeper.add("VIP", "user", "anna", 60)
    desk.keeper.refresh()
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o600


def test_what_has_not_changed_is_not_written(desk):
    desk.keeper.refresh()
    assert not desk.path.exists()


def test_a_service_that_is_gone_has_no_bans_any_more(desk):
    desk.keeper.add("OTHER", "address", HOST, 60)
    desk.keeper.use_plan(plan_of("VIP"))
    assert desk.keeper.all() == ()
    assert desk.told[-1] == UseBans((), (("OTHER", "address", HOST),))


def test_bans_are_set_and_lifted_by_hand_with_a_sentence(desk):
    assert desk.keeper.add("VIP", "address", "2001:db8::1", 60) == "ban 2001:db8::/64 from VIP for 60 s"
    assert desk.keeper.add("VIP", "user", "Anna", 60) == "ban user anna from VIP for 60 s"
    assert [ban.reason for ban in desk.keeper.all()] == ["the administrator wants it"] * 2
    assert desk.keeper.lift("VIP", "address", "2001:db8::/64") == "lift the ban of 2001:db8::/64 from VIP"
    assert desk.keeper.lift("VIP", "user", "ANNA") == "lift the ban of user anna from VIP"
    assert desk.keeper.all() == ()


def test_what_is_not_there_cannot_be_banned_or_lifted(desk):
    with pytest.raises(NotFoundError, match="no service 'NONE'; there are: VIP, OTHER"):
        desk.keeper.add("NONE", "user", "anna", 60)
    with pytest.raises(NotFoundError, match="VIP has no ban of user 'anna'; `ftpair bans` lists them"):
        desk.keeper.lift("VIP", "user", "anna")
    with pytest.raises(WrongRequestError, match=r"'anna' is no IP address: write one such as 198.51.100.7"):
        desk.keeper.add("VIP", "address", "anna", 60)


@pytest.mark.parametrize("text", ["{", "[{}]", "", '[["VIP", "address"]]'])
def test_a_broken_file_is_set_aside_with_a_warning(tmp_path, text):
    (tmp_path / "bans.json").write_text(text)
    desk = Desk(tmp_path)
    assert desk.keeper.all() == ()
    assert len(desk.warnings) == 1
    assert desk.warnings[0].endswith("it is set aside as bans.json.broken, and nobody is banned from before")
    assert (tmp_path / "bans.json.broken").read_text() == text


def test_a_file_that_cannot_be_read_or_kept_is_one_warning_each(tmp_path):
    (tmp_path / "state").write_text("a file in the way")
    desk = Desk(tmp_path / "state")
    for user in ("anna", "bert"):
        desk.keeper.add("VIP", "user", user, 60)
        desk.keeper.refresh()
    assert len(desk.keeper.all()) == 2
    assert [warning.rpartition(": ")[2] for warning in desk.warnings] == [
        "nobody is banned from before",
        "bans end with this run",
    ]


def test_a_worker_that_never_heard_of_bans_that_made_way_does_so_now(desk, tmp_path):
    for number in range(20_001):
        desk.keeper.add("VIP", "address", f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", 60)
    assert desk.told[-1].lifted == (("VIP", "address", "10.0.0.0"),)


# On a running node.


def play(site, scenario):
    async def whole():
        async with site.running() as node:
            await scenario(node, AskedLocally(Actions(node)))

    asyncio.run(whole())


def test_bans_are_set_listed_and_lifted_by_actions(site):
    async def scenario(node, actions):
        assert await actions.answer(AddBan("VIP", "user", "Anna", 60)) == Said("ban user anna from VIP for 60 s")
        (ban,) = (await actions.answer(GetBans())).bans
        assert (ban.service, ban.by, ban.subject) == ("VIP", "user", "anna")
        gauges = (await actions.answer(GetMetrics())).gauges
        assert Sample("bans", ("VIP", "user"), 1.0) in gauges
        assert await actions.answer(LiftBan("VIP", "user", "anna")) == Said("lift the ban of user anna from VIP")
        refused = await actions.answer(LiftBan("VIP", "user", "anna"))
        assert refused == Refused("not-found", "VIP has no ban of user 'anna'; `ftpair bans` lists them")
        assert (await actions.answer(AddBan("VIP", "address", "anna", 60))).kind == "wrong-request"

    play(site, scenario)


def test_bans_are_written_at_the_end_at_the_latest(site):
    paths = []

    async def scenario(node, actions):
        paths.append(node.paths.state)
        await actions.answer(AddBan("VIP", "user", "anna", 60))

    play(site, scenario)
    assert [ban["subject"] for ban in json.loads(Path(paths[0], "bans.json").read_text())] == ["anna"]


def test_what_a_dead_worker_had_counted_is_taken_away(site):
    async def scenario(node, _actions):
        table = SharedTable(node.tables.fds[2], bytes.fromhex(node.tables.environment[SALT_VARIABLE]))
        for number in range(2):
            Presence(table, number, lambda: ()).enter(b"anna")
        node.child_ended(node.workers[0], "killed")
        assert [row.mark for _, row in table.rows()] == [2]

    play(site, scenario)
