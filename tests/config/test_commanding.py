"""Which commands a service offers."""

import pytest

from ftpair.config.check import check
from ftpair.config.commanding import Commands, policy_of
from ftpair.config.load import draft
from ftpair.config.slots import Slots
from ftpair.config.steps import steps

FILE = """\
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,1025-1052
    commands: {%s}
    real_servers: {A: {address: 10.0.0.11}}
"""


def sentences(machine, commands):
    return [
        (problem.path.removeprefix("virtual_services.VIP.commands."), problem.line, problem.sentence)
        for problem in draft((FILE % commands).encode(), machine).problems
    ]


@pytest.mark.parametrize(
    ("commands", "path", "sentence"),
    [
        ("deny: [DELL]", "deny.0", "'DELL' is not a verb that ftpair knows: did you mean DELE?"),
        ("deny: ['??']", "deny.0", "'??' is not a verb that ftpair knows: write one of the verbs in docs/verbs.md"),
        ("site_deny: ['a b']", "site_deny.0", "'a b' is not one word: write the sub-command alone, such as CHMOD"),
        (
            "deny: [RETR, pass]",
            "deny.1",
            "PASS cannot be denied, every session needs it: remove it (tls decides what must be protected)",
        ),
        ("allow: [REIN]", "allow.0", "REIN is never offered by ftpair: remove it"),
        ("allow: [MKD], deny: [XMKD]", "deny.0", "XMKD is allowed too, in allow: write it in one of the two"),
        (
            "site_allow: [CHMOD], site_deny: [chmod]",
            "site_deny.0",
            "CHMOD is allowed too, in site_allow: write it in one of the two",
        ),
        (
            "deny: [SITE], site_deny: [EXEC]",
            "site_deny",
            "means nothing while SITE is refused as a whole: remove SITE from deny",
        ),
        (
            "allow: [RETR], site_allow: [EXEC]",
            "site_allow",
            "means nothing while SITE is refused as a whole: add SITE to allow",
        ),
        (
            "allow: [STOR], read_only: true",
            "allow.0",
            "STOR writes, and read_only refuses it: remove it, or write read_only: false",
        ),
    ],
)
def test_a_contradiction_is_told_with_its_place_and_the_remedy(machine, commands, path, sentence):
    assert sentences(machine, commands) == [(path, 5, sentence)]


@pytest.mark.parametrize(
    "commands",
    [
        "allow: [retr, LIST], deny: [NLST]",
        "allow: [SITE], site_allow: [CHMOD]",
        "read_only: true, site_allow: [HELP], deny: [EPSV]",
        "deny: [REIN]",
        "allow: [RETR, CWD], read_only: true",
    ],
)
def test_what_makes_sense_is_accepted(machine, commands):
    assert sentences(machine, commands) == []


def test_no_rule_is_no_policy():
    assert policy_of(Commands()) is None


def test_read_only_is_stronger_than_deny():
    policy = policy_of(Commands(deny=["STOR", "LIST"], read_only=True))
    assert policy.refusals["STOR"].startswith("550")
    assert policy.refusals["LIST"].startswith("502")


def test_a_list_of_what_is_allowed_refuses_the_rest_that_touches_files():
    refused = policy_of(Commands(allow=["RETR", "XCWD"])).refusals
    assert {"STOR", "LIST", "SITE", "DELE", "other"} <= refused.keys()
    assert not refused.keys() & {"RETR", "CWD", "XCWD", "USER", "PASV", "EPSV", "PORT", "TYPE", "FEAT", "REIN"}


def test_a_change_of_the_policy_is_a_step(machine, write):
    def planned(commands):
        return check(write(FILE % commands), 1, Slots(), machine).plan

    before = planned("")
    assert steps(before, planned("deny: [RMD], site_deny: [EXEC, ALIAS]")) == (
        "VIP: refused commands none -> RMD, XRMD",
        "VIP: SITE commands all -> all but ALIAS, EXEC",
    )
    assert steps(planned("site_allow: [CHMOD]"), before) == ("VIP: SITE commands only CHMOD -> all",)
    (_, site) = steps(before, planned("read_only: true"))
    assert site == "VIP: SITE commands all -> only none"
