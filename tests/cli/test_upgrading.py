"""`ftpair upgrade`: it asks, waits for the new supervisor, and tells what that one says."""

import json
from dataclasses import replace

import pytest

from ftpair.cli import upgrading
from ftpair.cli.failures import DeadlineError
from ftpair.core.actions import GetStatus, Refused, Said, StatusIs
from ftpair.core.upgrades import Upgrade
from tests.api.supervisor import node

BEGINS = "upgrading from 0.1.0 to 0.2.0: 3 sessions on 2 workers go on"
DONE = "upgraded from 0.1.0 to 0.2.0: 3 sessions stay with 2 former workers until they end"


@pytest.fixture
def successor(supervisor):
    """A supervisor in whose place another one answers, as soon as it is told to make way."""

    def make_way(_action):
        later = replace(node(), started=node().started + 5, last_apply=DONE)
        supervisor.answers[GetStatus] = StatusIs(later)
        return Said(BEGINS)

    supervisor.answers[Upgrade] = make_way
    return supervisor


def test_the_outcome_is_what_the_new_supervisor_says(ftpair, successor):
    ran = ftpair("upgrade")
    assert (ran.status, ran.out, ran.err) == (0, f"{DONE}\n", f"{BEGINS}\n")
    assert Upgrade() in successor.actions


def test_the_outcome_is_json_where_it_is_wanted(ftpair, successor):
    ran = ftpair("upgrade", "--json")
    assert json.loads(ran.out) == {"sentence": DONE}


def test_a_trial_waits_for_nobody(ftpair, supervisor):
    supervisor.answers[Upgrade] = Said("would upgrade from 0.1.0 to 0.2.0: no sessions on no workers go on")
    ran = ftpair("upgrade", "--dry-run")
    assert (ran.status, ran.out) == (0, "would upgrade from 0.1.0 to 0.2.0: no sessions on no workers go on\n")
    assert supervisor.actions[-1] == Upgrade(dry_run=True)


def test_what_cannot_serve_is_the_answer(ftpair, supervisor):
    supervisor.answers[Upgrade] = Refused("setup", "what is installed cannot serve: it is broken; nothing was changed")
    ran = ftpair("upgrade")
    assert (ran.status, ran.out) == (1, "")
    assert "what is installed cannot serve: it is broken; nothing was changed" in ran.err


def test_a_successor_that_never_answers_is_told_with_where_to_look(supervisor):
    supervisor.answers[Upgrade] = Said(BEGINS)
    with pytest.raises(DeadlineError) as raised:
        upgrading.upgrade(supervisor.path, is_trial=False, as_json=False, patience_s=0.5)
    assert raised.value.sentence == (
        "The new supervisor does not answer; sessions go on. The log says why: journalctl -u ftpair"
    )
