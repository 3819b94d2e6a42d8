"""`ftpair bans`: list, add, lift."""

import json
import time
from pathlib import Path

import pytest

from ftpair.core.actions import AddBan, BansAre, GetBans, LiftBan, Refused, Said
from ftpair.core.limits import Ban

DOCUMENT = Path(__file__).parents[2] / "docs" / "bans.md"


def asked(supervisor, kind):
    return [action for action in supervisor.actions if isinstance(action, kind)]


def test_bans_are_listed(ftpair, supervisor):
    ran = ftpair("bans")
    assert (ran.status, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[0].split() == ["SERVICE", "BY", "SUBJECT", "FOR", "WHY"]
    assert "198.51.100.7" in ran.out
    assert "5 wrong passwords within 600 s" in ran.out
    assert asked(supervisor, GetBans)


def test_the_documentation_shows_bans_as_they_are_shown(ftpair, supervisor):
    until = time.time() + 870.9
    ban = Ban("FTP_VIP", "address", "198.51.100.7", until, "5 wrong passwords within 600 s")
    supervisor.answers[GetBans] = BansAre((ban,))
    shown = "\n".join(line.rstrip() for line in ftpair("bans").out.splitlines())
    assert f"$ ftpair bans\n{shown}\n" in DOCUMENT.read_text(encoding="utf-8")


def test_bans_are_listed_for_programs_and_for_one_service(ftpair, supervisor):
    ran = ftpair("bans", "list", "--json", "--service", "OTHER_VIP")
    assert (ran.status, ran.err) == (0, "")
    rows = json.loads(ran.out)
    assert [(row["by"], row["subject"]) for row in rows] == [("user", "anna")]


def test_without_a_ban_there_is_nothing_to_show(ftpair, supervisor):
    supervisor.answers[GetBans] = BansAre(())
    ran = ftpair("bans", "--json")
    assert (ran.status, json.loads(ran.out)) == (0, [])


def test_an_address_is_banned_from_one_service_or_from_all(ftpair, supervisor):
    ran = ftpair("bans", "add", "198.51.100.7", "--service", "FTPS_VIP", "--for", "60")
    assert (ran.status, ran.out) == (0, "address 198.51.100.7 for 60.0 s\n")
    ftpair("bans", "add", "--user", "anna", "--json")
    assert asked(supervisor, AddBan) == [
        AddBan("FTPS_VIP", "address", "198.51.100.7", 60.0),
        AddBan("FTPS_VIP", "user", "anna", 900.0),
        AddBan("OTHER_VIP", "user", "anna", 900.0),
    ]


def test_a_ban_is_lifted_wherever_there_is_one(ftpair, supervisor):
    supervisor.answers[LiftBan] = lambda action: (
        Said("lift the ban of 2001:db8::/64 from OTHER_VIP")
        if action.service == "OTHER_VIP"
        else Refused("not-found", "FTPS_VIP has no ban of this")
    )
    ran = ftpair("bans", "lift", "2001:db8::/64")
    assert (ran.status, ran.out) == (0, "lift the ban of 2001:db8::/64 from OTHER_VIP\n")
    assert [action.service for action in asked(supervisor, LiftBan)] == ["FTPS_VIP", "OTHER_VIP"]


@pytest.mark.parametrize("name", ["..", "a/b", "a%2fb", "\\x07", "-"])
def test_a_user_is_unbanned_whatever_the_name(ftpair, supervisor, name):
    ran = ftpair("bans", "lift", "--user", name, "--service", "FTPS_VIP")
    assert (ran.status, ran.out) == (0, "lifted\n")
    assert asked(supervisor, LiftBan) == [LiftBan("FTPS_VIP", "user", name)]


def test_a_ban_that_nobody_has_cannot_be_lifted_and_the_sentence_names_it(ftpair, supervisor):
    supervisor.answers[LiftBan] = lambda action: Refused("not-found", f"{action.service} has no ban of user 'anna'")
    ran = ftpair("bans", "lift", "--user", "anna")
    assert (ran.status, ran.err) == (1, "ftpair: No service has a ban of user 'anna'; `ftpair bans` lists them.\n")
    ran = ftpair("bans", "lift", "--user", "anna", "--service", "OTHER_VIP")
    assert (ran.status, ran.err) == (1, "ftpair: OTHER_VIP has no ban of user 'anna'\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["explode"], "`ftpair bans` can list, add and lift; not explode."),
        (["list", "198.51.100.7"], "`ftpair bans list` shows all bans; --service SERVICE shows those of one service."),
        (["add"], "Name one address, or one user with --user NAME."),
        (["add", "198.51.100.7", "--user", "anna"], "Name one address, or one user with --user NAME."),
        (["add", "anna"], "anna is no IP address: write one such as 198.51.100.7, or --user NAME."),
    ],
)
def test_what_means_nothing_is_wrong_use_and_asks_nobody(ftpair, supervisor, words, sentence):
    ran = ftpair("bans", *words)
    assert (ran.status, ran.out, ran.err) == (2, "", f"ftpair: {sentence}\n")
    assert supervisor.actions == []
