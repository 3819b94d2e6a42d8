"""What the audit trail tells: who changed what, who was refused, and no secret."""

import asyncio
import re
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from ftpair.app.account_answers import ACCOUNT_ANSWERS
from ftpair.app.accounts import LONGEST_WAIT_S
from ftpair.app.actions import ANSWERS, CHANGES, Actions
from ftpair.app.audit import FILE, KEPT
from ftpair.app.auditing import CHANGING, LOOKS
from ftpair.app.chronicle import TOLD
from ftpair.app.passwords import LONGEST, MOST_WAITING, SHORTEST
from ftpair.app.web_sessions import IDLE_S, LONGEST_S, PER_USER
from ftpair.core.account_actions import (
    AddToken,
    AddUser,
    ChangeUser,
    Denied,
    GetAudit,
    GetUsers,
    Identify,
    LoggedIn,
    LogIn,
    SetUp,
)
from ftpair.core.accounts import LOCAL, NOBODY, Identity, Role
from ftpair.core.actions import Apply, Confirm, GetStatus, GetWaiting, Refused, SetAdmin
from ftpair.core.requests import Request
from ftpair.core.status import Admin
from tests.app.people import OFFICE, PASSWORD

ANNA = Identity("anna", Role.ADMIN, "web", OFFICE)


def play(site, scenario):
    async def whole():
        async with site.running() as node:
            await scenario(node, Actions(node))

    asyncio.run(whole())


async def trail(actions):
    entries = (await actions.answer(GetAudit(), LOCAL)).entries
    return [(each.name, each.via, each.address, each.action, each.subject, each.outcome) for each in reversed(entries)]


def test_every_action_is_answered_and_is_told_of_or_only_looks():
    known = set(get_args(get_type_hints(Request)["action"]))
    assert {GetWaiting, Confirm, *ANSWERS, *CHANGES, *ACCOUNT_ANSWERS} == known
    looks = {action for action in known if issubclass(action, LOOKS)}
    assert set(CHANGING) | looks == known
    assert not set(CHANGING) & looks


def test_changes_and_refusals_are_told_and_looks_are_not(site):
    async def scenario(_node, actions):
        for action in (
            SetAdmin("VIP", "FTP_SVR1", Admin.DRAIN),
            SetAdmin("VIP", "NONE", Admin.HALT),
            GetStatus(),
            GetUsers(),
            Apply(dry_run=True),
            Apply(comment="why"),
            Denied("DELETE /api/v1/users/ben", "This needs the role admin; anna is viewer."),
        ):
            await actions.answer(action, ANNA)
        known = ("anna", "web", OFFICE)
        assert await trail(actions) == [
            (*known, "drain", "VIP FTP_SVR1", "done"),
            (*known, "halt", "VIP NONE", "refused"),
            (*known, "apply", "why", "done"),
            (*known, "denied", "DELETE /api/v1/users/ben", "refused"),
        ]
        entries = (await actions.answer(GetAudit(), LOCAL)).entries
        assert [each.sentence for each in entries] == [
            "This needs the role admin; anna is viewer.",
            "revision 1: nothing to change",
            "no server 'NONE' in VIP; there are: FTP_SVR1, FTP_SVR2",
            "drain FTP_SVR1: 0 sessions stay, 0 transfers",
        ]

    play(site, scenario)


def test_who_comes_by_the_socket_may_say_who_he_is(site):
    async def scenario(_node, actions):
        await actions.answer(Apply(author="root"), LOCAL)
        await actions.answer(SetAdmin("VIP", "FTP_SVR1", Admin.DRAIN), LOCAL)
        await actions.answer(Apply(author="root"), ANNA)
        assert [(name, via) for name, via, *_rest in await trail(actions)] == [
            ("root", "socket"),
            ("local", "socket"),
            ("anna", "web"),
        ]

    play(site, scenario)


def test_logins_are_told_with_their_address_and_what_no_user_is_called_is_not_kept(site):
    async def scenario(node, actions):
        invitation = node.accounts.invitation
        await actions.answer(SetUp("wrong", "my password", PASSWORD, OFFICE), NOBODY)
        begun = await actions.answer(SetUp(invitation, "anna", PASSWORD, OFFICE), NOBODY)
        assert isinstance(begun, LoggedIn)
        await actions.answer(LogIn("anna", "wrong", "", "198.51.100.9"), NOBODY)
        await actions.answer(LogIn("my password", "anna", "", "198.51.100.9"), NOBODY)
        await actions.answer(LogIn("anna", PASSWORD, "", OFFICE), NOBODY)
        await actions.answer(Identify("wrong", OFFICE), NOBODY)
        assert await trail(actions) == [
            ("", "nobody", OFFICE, "set-up", "no user of ftpair", "refused"),
            ("anna", "web", OFFICE, "set-up", "anna", "done"),
            ("", "nobody", "198.51.100.9", "log-in", "anna", "refused"),
            ("", "nobody", "198.51.100.9", "log-in", "no user of ftpair", "refused"),
            ("anna", "web", OFFICE, "log-in", "anna", "done"),
        ]

    play(site, scenario)


def test_no_secret_is_told(site, capfd):
    async def scenario(node, actions):
        invitation = node.accounts.invitation
        begun = await actions.answer(SetUp(invitation, "anna", PASSWORD, OFFICE), NOBODY)
        await actions.answer(AddUser("ben", "another horse", Role.VIEWER), ANNA)
        await actions.answer(ChangeUser("ben", "a third horse!"), ANNA)
        token = await actions.answer(AddToken("backup", Role.VIEWER, 60.0), ANNA)
        await actions.answer(LogIn("anna", "wrong horse", "", OFFICE), NOBODY)
        assert len(await trail(actions)) == 5
        state = node.accounts._database._path.parent
        told = (state / FILE).read_bytes() + "".join(capfd.readouterr()).encode()
        for secret in (PASSWORD, "another horse", "a third horse!", "wrong horse", begun.secret, token.secret):
            assert secret.encode() not in told

    play(site, scenario)


def test_a_flood_of_guesses_is_no_flood_of_entries(site):
    async def scenario(_node, actions):
        answers = [await actions.answer(LogIn("anna", "wrong", "", OFFICE), NOBODY) for _guess in range(20)]
        assert [answer.kind for answer in answers].count("too-often") == 16
        assert len(await trail(actions)) == 4

    play(site, scenario)


@pytest.mark.parametrize("action", [SetAdmin("VIP", "FTP_SVR1", Admin.DRAIN)])
def test_a_trail_that_breaks_stops_no_action(site, action):
    async def scenario(node, actions):
        node.audit.close()
        assert (await actions.answer(action, ANNA)).sentence.startswith("drain FTP_SVR1")

    play(site, scenario)


def test_a_bug_in_an_account_is_answered(site):
    async def scenario(node, actions):
        node.accounts.users = None
        assert isinstance(await actions.answer(LogIn("anna", "x", "", OFFICE), NOBODY), Refused)

    play(site, scenario)


def test_the_documentation_names_every_action():
    page = (Path(__file__).parents[2] / "docs" / "users.md").read_text(encoding="utf-8")
    table = page.partition("| actions | |")[2].partition("\n\n")[0]
    names = {name for name, _subject in CHANGING.values()} - {"{0.admin.value}"} | {admin.value for admin in Admin}
    names |= {name for name, *_words in TOLD.values()}
    assert set(re.findall(r"`([\w-]+)`", table)) == names


def test_the_documentation_tells_the_limits():
    page = (Path(__file__).parents[2] / "docs" / "users.md").read_text(encoding="utf-8")
    for figure in (
        f"{SHORTEST} to {LONGEST:,} characters",
        f"after {IDLE_S / 60:.0f} minutes without a request, {LONGEST_S / 3600:.0f} hours after",
        f"a user has {PER_USER} at most",
        f"for the user up to {LONGEST_WAIT_S['user']:.0f} s",
        f"up to {LONGEST_WAIT_S['address'] / 60:.0f} minutes",
        f"one by one, {MOST_WAITING} wait at most",
        f"newest {KEPT['done']:,} of what was done and the newest {KEPT['refused']:,} of what was refused",
    ):
        assert figure in page
