"""Tests of ftpair.config.descriptors."""

from dataclasses import replace

import pytest

from ftpair.config.check import check
from ftpair.config.descriptors import (
    DESCRIPTORS_OF_A_PROCESS,
    DESCRIPTORS_PER_SESSION,
    descriptors_needed,
    fewest_descriptors,
    sessions_with,
)
from ftpair.config.models import Config
from ftpair.config.slots import Slots
from ftpair.core.errors import SetupError


def config(services=1, ports="21,1025-1052", **keys):
    service = {"address": "192.0.2.10", "ports": ports, "real_servers": {"A": {"address": "10.0.0.11"}}} | keys
    return Config.model_validate({"virtual_services": {f"VIP{number}": service for number in range(services)}})


def test_descriptors_are_counted_for_twice_the_even_share_of_a_worker():
    fixed = DESCRIPTORS_OF_A_PROCESS + 2
    assert descriptors_needed(config(max_sessions=100), 4) == fixed + 7 + 50 * DESCRIPTORS_PER_SESSION
    assert descriptors_needed(config(max_sessions=100), 1) == fixed + 28 + 100 * DESCRIPTORS_PER_SESSION
    assert descriptors_needed(config(), 1) == fixed + 28 + 1000 * DESCRIPTORS_PER_SESSION


def test_the_fewest_let_a_worker_serve_some_sessions_and_the_supervisor_hold_every_listener():
    assert fewest_descriptors(config(), 1) == 69
    assert fewest_descriptors(config(services=20, ports="21,990,1025-1052"), 16) == 32 + 40 * 16 + 18 * 4 + 32


def test_no_more_sessions_are_let_in_than_there_are_descriptors_for():
    assert sessions_with(1000) == 418
    assert sessions_with(20000) == 8968
    assert sessions_with(60) == 4


def test_below_the_fewest_nothing_starts_and_the_remedy_is_told(folder, machine):
    slots = Slots()
    with pytest.raises(SetupError) as caught:
        check(folder / "design.yaml", 1, slots, replace(machine, descriptors=69))
    assert caught.value.sentence == (
        "a process of ftpair must be allowed 74 open files, but is allowed 69: "
        "raise LimitNOFILE of the unit (ulimit -n)"
    )
    assert len(slots) == 0
    checked = check(folder / "design.yaml", 1, slots, replace(machine, descriptors=74))
    assert "may need" in checked.warnings[0].sentence
