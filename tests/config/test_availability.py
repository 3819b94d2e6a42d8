"""Backups, slow start, quorum, ejection and the sorry text: from the file to the plan, and what contradicts itself."""

import pytest

from ftpair.config.availability import vain_backups
from ftpair.config.check import check
from ftpair.config.load import load
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.core.ejection import EjectionPolicy

SERVICE = """
virtual_services:
  V:
    address: 192.0.2.10
    ports: 21,1025-1052
"""
ONE = "\n    real_servers: {A: {address: 10.0.0.11}}\n"
TCP = """
virtual_services:
  V:
    mode: tcp
    engine: builtin
    address: 192.0.2.10
    ports: 21,1025-1052
    clear_text: allow
    server_tls: off
"""


def refused(write, machine, text):
    with pytest.raises(InvalidConfigError) as caught:
        load(write(text), machine)
    return [describe(problem).partition("virtual_services.V.")[2] for problem in caught.value.problems]


def planned(write, machine, text):
    return check(write(text), 1, Slots(), machine).plan


def test_all_of_it_arrives_in_the_plan(write, machine):
    (service,) = planned(
        write,
        machine,
        f"""{SERVICE}
    slow_start_s: 60
    quorum: 1
    sorry_text: We are back at 6.
    ejection: {{consecutive_errors: 3, slowest_greeting_s: 2, ejection_s: 10, longest_ejection_s: 60,
               max_ejected_percent: 34}}
    real_servers: {{A: {{address: 10.0.0.11}}, B: {{address: 10.0.0.12, backup: true}}}}
    routes: [{{user: k*, pool: new}}, {{user: l*, pool: old}}]
    pools:
      new: {{slow_start_s: 0, quorum: 2, real_servers: {{C: {{address: 10.0.0.13}}, D: {{address: 10.0.0.14}}}}}}
      old: {{real_servers: {{E: {{address: 10.0.0.15}}}}}}
""",
    ).services
    assert [(each.name, each.slow_start_s, each.is_backup) for each in service.servers] == [
        ("A", 60.0, False),
        ("B", 60.0, True),
        ("C", 0.0, False),
        ("D", 0.0, False),
        ("E", 60.0, False),
    ]
    assert service.quorums == {"default": 1, "new": 2}
    assert service.sorry_text == "We are back at 6."
    assert service.ejection == EjectionPolicy(3, 2.0, 10.0, 60.0, 34)


def test_without_a_word_there_is_none_of_it(write, machine):
    (service,) = planned(write, machine, f"{SERVICE}{ONE}").services
    assert (service.quorums, service.sorry_text, service.ejection) == ({}, "", None)
    assert (service.servers[0].slow_start_s, service.servers[0].is_backup) == (0.0, False)


def test_a_block_without_keys_has_the_defaults_of_the_plan(write, machine):
    text = f"{SERVICE}\n    ejection: {{}}{ONE}"
    assert planned(write, machine, text).services[0].ejection == EjectionPolicy()


def test_tcp_mode_has_slow_start_backups_and_a_quorum(write, machine):
    servers = "{A: {address: 10.0.0.11}, B: {address: 10.0.0.12, backup: true}}"
    plan = planned(write, machine, f"{TCP}\n    slow_start_s: 30\n    quorum: 1\n    real_servers: {servers}\n")
    (service,) = plan.tcp_services
    assert [(each.slow_start_s, each.is_backup) for each in service.servers] == [(30.0, False), (30.0, True)]
    assert service.quorums == {"default": 1}
    (without,) = planned(write, machine, f"{TCP}\n    real_servers: {servers}\n").tcp_services
    assert without.quorums == {}


def test_a_quorum_that_is_never_met_is_refused_and_backups_do_not_count(write, machine):
    assert refused(
        write,
        machine,
        f"""{SERVICE}
    quorum: 2
    real_servers: {{A: {{address: 10.0.0.11}}, B: {{address: 10.0.0.12, backup: true}}}}
    routes: [{{user: k*, pool: new}}]
    pools: {{new: {{quorum: 2, real_servers: {{C: {{address: 10.0.0.13}}}}}}}}
""",
    ) == [
        "quorum: is never met: the pool has 1 that are no backup; write at most 1",
        "pools.new.quorum: is never met: the pool has 1 that are no backup; write at most 1",
    ]


def test_the_longest_ejection_is_no_shorter_than_the_first(write, machine):
    text = f"{SERVICE}\n    ejection: {{ejection_s: 60, longest_ejection_s: 30}}{ONE}"
    assert refused(write, machine, text) == [
        "ejection.longest_ejection_s: is less than ejection_s, 60: write at least as much"
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"one\\r\\n221 two"', "sorry_text: "),
        ('""', "sorry_text: "),
        (f'"{"x" * 401}"', "sorry_text: "),
    ],
)
def test_a_sorry_text_is_one_line_that_can_be_sent(write, machine, text, said):
    (problem,) = refused(write, machine, f"{SERVICE}\n    sorry_text: {text}{ONE}")
    assert problem.startswith(said)


def test_a_pool_of_backups_alone_is_warned_of(write, machine):
    text = f"{SERVICE}\n    real_servers: {{A: {{address: 10.0.0.11, backup: true}}}}\n"
    (warning,) = vain_backups(load(write(text), machine))
    assert warning.sentence.startswith("every server is a backup")


def test_changes_are_told(write, machine):
    servers = "\n    real_servers: {A: {address: 10.0.0.11}, B: {address: 10.0.0.12%s}}\n"
    plain = planned(write, machine, SERVICE + servers % "")
    ejecting = planned(write, machine, f"{SERVICE}\n    quorum: 1\n    ejection: {{}}{servers % ', backup: true'}")
    longer = planned(write, machine, f"{SERVICE}\n    quorum: 1\n    ejection: {{ejection_s: 60}}{servers % ''}")
    assert steps(plain, ejecting) == (
        "V: quorum none -> 1 in pool default",
        "V: a server is ejected for 30 s after 5 errors in a row",
        "V: backup of B off -> on",
    )
    assert steps(ejecting, longer) == ("V: ejection ejection_s 30 -> 60", "V: backup of B on -> off")
    assert steps(longer, plain) == ("V: quorum 1 in pool default -> none", "V: no server is ejected any more")
