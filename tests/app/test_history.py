"""Revisions, confirmation and the way back, with real workers."""

import asyncio
import json
import socket

import pytest

from ftpair.app.actions import Actions
from ftpair.app.history import begin
from ftpair.app.revisions import FILE, Revisions
from ftpair.core.accounts import Identity, Role
from ftpair.core.actions import (
    Applied,
    Apply,
    ConfigurationIs,
    Confirm,
    GetConfiguration,
    GetRevisions,
    PatchConfiguration,
    Refused,
    RollBack,
    Said,
    SaveConfiguration,
    SetAdmin,
)
from ftpair.core.revisions import etag_of
from ftpair.core.status import Admin
from tests.app.asking import AskedLocally


def play(site, scenario):
    async def whole():
        async with site.running() as node:
            await scenario(node, AskedLocally(Actions(node)))

    asyncio.run(whole())


async def history(actions):
    return [(each.number, each.author, each.comment) for each in (await actions.answer(GetRevisions())).revisions]


def test_every_change_has_an_author_and_a_reason(site):
    async def scenario(node, actions):
        site.write(greeting="Welcome.")
        await actions.answer(Apply(author="anna", comment="friendlier"))
        site.path.write_text("# mine\n" + site.path.read_text())
        assert await actions.answer(Apply()) == Applied(3, ()), "a comment is no step, and yet another revision"
        assert await history(actions) == [
            (3, "file", ""),
            (2, "anna", "friendlier"),
            (1, "file", "found at the start"),
        ]
        assert node.plan.revision == 3
        rows = (await actions.answer(GetRevisions(limit=1, before=3))).revisions
        assert [row.number for row in rows] == [2]
        assert rows[0].applied

    play(site, scenario)


def test_the_way_back_is_a_revision_too_and_keeps_what_it_replaces(site):
    async def scenario(node, actions):
        first = site.path.read_bytes()
        site.write(greeting="Welcome.")
        await actions.answer(Apply())
        site.write(greeting="Not applied yet.")
        unseen = site.path.read_bytes()
        answer = await actions.answer(RollBack(1, "anna", "too friendly"))
        assert answer == Applied(4, ("VIP: greeting Welcome. -> Hello.",))
        assert site.path.read_bytes() == first == node.checked.content
        assert (await history(actions))[:2] == [
            (4, "anna", "back to revision 1: too friendly"),
            (3, "file", "found in the file"),
        ]
        assert node.revisions.content(3) == unseen
        assert (await actions.answer(RollBack(77))).kind == "not-found"

    play(site, scenario)


def test_the_steps_of_the_way_back_are_told_without_going_it(site):
    async def scenario(node, actions):
        first = site.path.read_bytes()
        site.write(greeting="Welcome.")
        await actions.answer(Apply())
        node.revisions.keep(9, b"virtual_services: {VIP: {mode: what}}\n", "anna", "")
        answer = await actions.answer(RollBack(1, dry_run=True))
        assert answer.steps == ("VIP: greeting Welcome. -> Hello.",)
        assert (await actions.answer(RollBack(9, dry_run=True))).kind == "invalid"
        assert site.path.read_bytes() != first
        assert node.plan.services[0].greeting == "Welcome."

    play(site, scenario)


def test_a_way_back_that_cannot_be_leaves_the_file(site):
    async def scenario(node, actions):
        node.revisions.keep(5, b"virtual_services: {VIP: {mode: what}}\n", "anna", "")
        former = site.path.read_bytes()
        answer = await actions.answer(RollBack(5))
        assert answer.kind == "invalid"
        assert site.path.read_bytes() == former
        assert node.plan.revision == 1

    play(site, scenario)


def test_what_nobody_confirms_is_taken_back(site):
    async def scenario(node, actions):
        former = site.path.read_bytes()
        site.write(greeting="Welcome.")
        answer = await actions.answer(Apply(confirm_s=0.05))
        assert answer.confirm_until == node.confirmation.waiting.until
        await asyncio.sleep(0.1)
        await actions.take_back()
        assert site.path.read_bytes() == former
        assert node.plan.services[0].greeting == "Hello."
        assert node.confirmation.waiting is None
        assert (await history(actions))[0][1:] == ("ftpair", "back to revision 1: revision 2 was not confirmed in time")

    play(site, scenario)


STILL_HALTED = "VIP: FTP_SVR2 is still halted, until `ftpair online VIP FTP_SVR2`"


def admin_of_the_second(node):
    return node.states.of(node.plan.services[0].servers[1]).admin


async def lose_the_second(site, actions, **order):
    """Halt a server, then apply a file without it."""
    await actions.answer(SetAdmin("VIP", "FTP_SVR2", Admin.HALT))
    site.write(servers=("FTP_SVR1",))
    assert isinstance(await actions.answer(Apply(**order)), Applied)


def test_a_halted_server_that_a_trial_removed_comes_back_halted(site):
    async def scenario(node, actions):
        await lose_the_second(site, actions, confirm_s=0.05)
        await asyncio.sleep(0.1)
        await actions.take_back()
        assert admin_of_the_second(node) is Admin.HALT

    play(site, scenario)


def test_a_trial_that_a_start_takes_back_leaves_a_server_halted(site):
    async def scenario(_node, actions):
        await lose_the_second(site, actions, confirm_s=600)

    play(site, scenario)
    begin(site.path, print)
    node = site.node()
    assert admin_of_the_second(node) is Admin.HALT
    node.close()


def test_a_way_back_brings_a_halted_server_halted_and_says_so(site):
    async def scenario(node, actions):
        await lose_the_second(site, actions)
        assert STILL_HALTED in (await actions.answer(RollBack(1, dry_run=True))).steps
        assert STILL_HALTED in (await actions.answer(RollBack(1))).steps
        assert admin_of_the_second(node) is Admin.HALT

    play(site, scenario)


def test_a_server_that_a_new_file_adds_is_online_whatever_was_wanted_of_a_former_one(site):
    async def scenario(node, actions):
        await lose_the_second(site, actions)
        site.write()
        assert STILL_HALTED not in (await actions.answer(Apply())).steps
        assert admin_of_the_second(node) is Admin.ONLINE

    play(site, scenario)


def test_what_is_confirmed_stays(site):
    async def scenario(node, actions):
        site.write(greeting="Welcome.")
        await actions.answer(Apply(confirm_s=0.05))
        assert await actions.answer(Confirm()) == Said("revision 2 is confirmed and stays")
        await asyncio.sleep(0.1)
        await actions.take_back()
        assert node.plan.services[0].greeting == "Welcome."
        assert (await actions.answer(Confirm())).sentence == "nothing waits to be confirmed"

    play(site, scenario)


def test_what_is_being_taken_back_cannot_be_confirmed_any_more(site):
    async def scenario(node, actions):
        site.write(greeting="Welcome.")
        await actions.answer(Apply(confirm_s=0.05))
        await asyncio.sleep(0.1)
        taking_back = asyncio.create_task(actions.take_back())
        await asyncio.sleep(0)
        assert (await actions.answer(Confirm())).sentence == "nothing waits to be confirmed"
        await taking_back
        assert node.plan.services[0].greeting == "Hello."

    play(site, scenario)


def test_while_an_apply_waits_no_other_comes_in(site):
    async def scenario(node, actions):
        site.write(greeting="Welcome.")
        await actions.answer(Apply(confirm_s=100))
        site.write(greeting="Bye.")
        answer = await actions.answer(Apply())
        assert answer.kind == "busy"
        assert "revision 2 waits to be confirmed, 100 s are left: `ftpair confirm` it first" in answer.sentence
        assert node.last_apply.sentence == f"refused: {answer.sentence}", "who sends SIGHUP hears nothing else"
        assert isinstance(await actions.answer(Apply(dry_run=True)), Applied)
        await actions.answer(RollBack(1))
        assert node.confirmation.waiting is None
        assert node.plan.services[0].greeting == "Hello."

    play(site, scenario)


def test_a_way_back_that_fails_confirms_nothing(site):
    """Else what cut somebody off would stay, because he tried to mend it."""

    async def scenario(node, actions):
        node.revisions.keep(9, b"virtual_services: {VIP: {mode: what}}\n", "anna", "")
        site.write(greeting="Welcome.")
        await actions.answer(Apply(confirm_s=100))
        waiting = node.confirmation.waiting
        assert (await actions.answer(RollBack(9))).kind == "invalid"
        assert (await actions.answer(RollBack(1, confirm_s=5))).kind == "busy"
        assert node.confirmation.waiting == node.revisions.unconfirmed() == waiting
        assert "Welcome." in site.path.read_text()

    play(site, scenario)


def test_a_refused_apply_waits_for_nothing(site):
    async def scenario(node, actions):
        with socket.create_server(("127.0.0.1", site.other_port)):
            site.write(port=site.other_port)
            assert (await actions.answer(Apply(confirm_s=50))).kind == "setup"
        assert node.confirmation.waiting is None
        assert node.revisions.unconfirmed() is None

    play(site, scenario)


@pytest.mark.parametrize("is_edited", [False, True])
def test_a_start_takes_back_what_was_never_confirmed(site, is_edited):
    former = site.path.read_bytes()

    async def scenario(node, actions):
        site.write(greeting="Welcome.")
        await actions.answer(Apply(confirm_s=100))

    play(site, scenario)
    if is_edited:
        site.write(greeting="By hand.")
    said = []
    number = begin(site.path, said.append)
    if is_edited:
        assert "By hand." in site.path.read_text()
        assert said == ["revision 2 was never confirmed, but the file has been changed since: it holds"]
    else:
        assert site.path.read_bytes() == former
        assert said == ["revision 2 was never confirmed: the file is as in revision 1 again"]
    assert number == 3
    begin(site.path, said.append)
    assert len(said) == 1


def test_a_start_goes_on_with_the_number_of_the_text(site):
    async def scenario(_node, actions):
        site.write(greeting="Welcome.")
        await actions.answer(Apply())

    play(site, scenario)
    assert begin(site.path, print) == 2
    site.write(greeting="Changed while nobody ran.")
    assert begin(site.path, print) == 3


def test_a_broken_file_makes_no_state(site):
    site.path.write_text("virtual_services: [\n")
    assert begin(site.path, print) == 1
    assert not (site.folder / "state").exists()


def test_saving_is_no_apply(site):
    async def scenario(node, actions):
        found = await actions.answer(GetConfiguration())
        assert found == ConfigurationIs(str(site.path), site.path.read_text(), etag_of(site.path.read_bytes()))
        text = found.content.replace("Hello.", "Grüezi.")
        order = SaveConfiguration(text, found.etag, "anna", "Swiss")
        assert await actions.answer(order) == Applied(2, ("VIP: greeting Hello. -> Grüezi.",))
        assert site.path.read_text() == text
        assert node.plan.revision == 1
        running = await actions.answer(GetConfiguration("running"))
        assert "Hello." in running.content
        assert running.name == "revision 1, running"
        assert await actions.answer(Apply()) == Applied(2, ("VIP: greeting Hello. -> Grüezi.",))
        assert (await history(actions))[0] == (2, "anna", "Swiss"), "who wrote it, not who applied it"

    play(site, scenario)


def test_two_who_write_at_once_lose_nothing(site):
    async def scenario(_node, actions):
        found = await actions.answer(GetConfiguration())
        first = SaveConfiguration(found.content.replace("Hello.", "One."), found.etag)
        second = SaveConfiguration(found.content.replace("Hello.", "Two."), found.etag)
        assert isinstance(await actions.answer(first), Applied)
        answer = await actions.answer(second)
        assert answer.kind == "changed"
        assert "One." in site.path.read_text()
        for order in (Apply(if_match=found.etag), RollBack(1, if_match=found.etag)):
            assert (await actions.answer(order)).kind == "changed"

    play(site, scenario)


def test_nothing_invalid_is_saved(site):
    async def scenario(_node, actions):
        found = await actions.answer(GetConfiguration())
        text = found.content.replace("workers: 2", "workers: none")
        answer = await actions.answer(SaveConfiguration(text, found.etag))
        assert isinstance(answer, Refused)
        assert answer.problems[0].path == "workers"
        assert site.path.read_text() == found.content

    play(site, scenario)


@pytest.mark.parametrize("which", ["soon", "", "-1", "²", "99999999999"])
def test_what_is_no_revision_is_told(site, which):
    async def scenario(_node, actions):
        assert (await actions.answer(GetConfiguration(which))).kind == "wrong-request"

    play(site, scenario)


def test_revisions_are_on_the_disk(site):
    async def scenario(_node, actions):
        site.write(greeting="Welcome.")
        await actions.answer(Apply(author="anna"))

    play(site, scenario)
    kept = Revisions(site.folder / "state" / FILE, print)
    assert [each.author for each in kept.page(10)] == ["anna", "file"]


def test_a_patch_keeps_comments_and_waits_for_an_apply(site):
    async def scenario(node, actions):
        site.path.write_text("# mine\n" + site.path.read_text())
        servers = {"FTP_SVR3": {"address": "127.0.0.1", "port": 2299}}
        answer = await actions.answer(
            PatchConfiguration(json.dumps({"virtual_services": {"VIP": {"real_servers": servers}}}))
        )
        assert answer.steps == ("VIP: add FTP_SVR3 at 127.0.0.1:2299, weight 100, TLS off",)
        assert site.path.read_text().startswith("# mine\n")
        assert "FTP_SVR3" in site.path.read_text()
        assert [server.name for server in node.plan.services[0].servers] == ["FTP_SVR1", "FTP_SVR2"]
        refused = await actions.answer(PatchConfiguration('{"virtual_services": {"VIP": {"colour": "red"}}}'))
        assert refused.problems[0].path == "virtual_services.VIP.colour"

    play(site, scenario)


def test_only_the_control_socket_may_name_an_author(site):
    async def scenario(_node, actions):
        site.write(greeting="One.")
        await actions.answer(Apply(author="anna"), Identity("ben", Role.ADMIN, "web", "192.0.2.7"))
        site.write(greeting="Two.")
        await actions.answer(Apply(author="anna"), Identity("robot", Role.ADMIN, "token"))
        await actions.answer(RollBack(1, "anna"), Identity("carl", Role.ADMIN, "web"))
        assert [author for _number, author, _comment in await history(actions)] == ["carl", "robot", "ben", "file"]

    play(site, scenario)
