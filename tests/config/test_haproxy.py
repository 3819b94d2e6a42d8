"""Tests of ftpair.config.haproxy: what HAProxy as the engine contradicts, and what it needs of the machine."""

from dataclasses import replace

import pytest

from ftpair.config.haproxy import (
    contradictory_engines,
    demand_descriptors,
    few_connections,
    missing_engine,
    most_connections,
)
from ftpair.config.tcp_plan import haproxy_plan
from ftpair.core.errors import SetupError
from tests.config.test_pairing import config, said, vip


def found(top=None, **services):
    return said(contradictory_engines(config(top, **services)))


def test_an_haproxy_that_runs_by_itself_must_be_known():
    sentences = found({"haproxy": {"managed": False}}, V=vip())
    assert [sentence.partition(":")[0] for sentence in sentences] == [
        "haproxy.config",
        "haproxy.socket",
        "haproxy.reload",
    ]
    (vain,) = found({"haproxy": {"reload": "true"}}, V=vip())
    assert "haproxy.reload: is only for an HAProxy that runs by itself" in vain


def test_who_is_not_root_takes_no_addresses_of_clients():
    (sentence,) = found({"haproxy": {"user": "haproxy"}}, V=vip(source="client"))
    assert "haproxy.user: haproxy cannot make connections under the addresses of clients" in sentence
    assert found({"haproxy": {"user": "haproxy"}}, V=vip(), W=vip(engine="builtin", source="client")) == []


def test_a_node_is_one_of_its_peers_and_each_has_an_address_of_its_own():
    peers = {"lb1": "10.0.0.1:10021", "lb2": "10.0.0.2:10021"}
    assert found({"haproxy": {"node": "lb2", "peers": peers}}, V=vip()) == []
    (unnamed,) = found({"haproxy": {"peers": peers}}, V=vip())
    assert unnamed.startswith("haproxy.node: ftpair is not among the peers (lb1, lb2): write the name")
    (twice,) = found({"haproxy": {"node": "lb1", "peers": peers | {"lb2": "10.0.0.1:10021"}}}, V=vip())
    assert twice == (
        "haproxy.peers.lb2: 10.0.0.1:10021 is the address of lb1 already: write the address and port of lb2"
    )


@pytest.mark.parametrize(
    ("version", "sentence"),
    [
        (None, "needs HAProxy 2.6 or newer, and there is no program haproxy: install it (apt install haproxy)"),
        ((2, 4), "needs HAProxy 2.6 or newer, and haproxy is version 2.4: install it"),
        ((2, 6), ""),
        ((3, 0), ""),
    ],
)
def test_haproxy_must_be_there_and_not_too_old(machine, version, sentence):
    known = replace(machine, haproxy=lambda _program: version, locate=str)
    sentences = said(missing_engine(config(V=vip(), W=vip(engine="builtin")), known))
    assert [each.partition(": ")[0] for each in sentences] == (["virtual_services.V.engine"] if sentence else [])
    assert all(
        sentence in each and each.endswith("write haproxy: {program: PATH}, or engine: builtin") for each in sentences
    )


def test_who_does_not_use_haproxy_is_not_asked_for_it(machine):
    nobody = replace(machine, haproxy=lambda _program: None, descriptors=1)
    assert said(missing_engine(config(V=vip(engine="builtin")), nobody)) == []
    demand_descriptors(config(V=vip(engine="builtin")), nobody)


def test_a_wide_range_costs_descriptors_and_is_refused_early(machine):
    wide = config(V=vip(ports="21,990,10000-60000"), W=vip(engine="builtin", ports="21,2000-3000"))
    with pytest.raises(SetupError) as caught:
        demand_descriptors(wide, replace(machine, descriptors=20000))
    assert caught.value.sentence == (
        "HAProxy needs 50403 open files, one for each of 50003 ports, but is allowed 20000: "
        "narrow the passive range, or raise LimitNOFILE of the unit (ulimit -n)"
    )
    demand_descriptors(wide, machine)


def test_as_many_connections_are_had_as_descriptors_allow_and_the_lack_is_told(machine):
    narrow = config(V=vip(max_sessions=1000))
    poor = replace(machine, descriptors=4130)
    assert most_connections(narrow, poor) == 1333
    assert said(few_connections(narrow, machine)) == []
    (sentence,) = said(few_connections(narrow, poor))
    assert sentence == (
        "virtual_services: HAProxy may be asked for 2000 connections, and can have 1333 with 4130 open files: "
        "raise LimitNOFILE (ulimit -n) or lower max_sessions"
    )


def test_haproxy_is_asked_and_run_where_it_was_found(machine):
    asked = []
    known = replace(machine, locate="/usr/sbin/{}".format, haproxy=lambda program: asked.append(program) or (2, 6))
    assert said(missing_engine(config(V=vip()), known)) == []
    assert asked == [haproxy_plan(config(V=vip()), known).program] == ["/usr/sbin/haproxy"]


@pytest.mark.parametrize("command", ["systemctl 'reload haproxy", "  "])
def test_a_command_that_is_none_is_told(command):
    theirs = {"managed": False, "config": "/etc/h.cfg", "socket": "/run/h.sock", "reload": command}
    (sentence,) = found({"haproxy": theirs}, V=vip())
    assert sentence.startswith(f"haproxy.reload: {command!r} is no command: mend its quotes")


@pytest.mark.parametrize("sign", [" ", "\n", "'", '"', "\\", "#", "$", ",", "\x00"])
def test_paths_in_haproxys_file_have_no_sign_that_means_something_there(sign):
    (runtime,) = found({"paths": {"runtime": f"/run/a{sign}b"}}, V=vip())
    assert runtime.startswith(f"paths.runtime: holds {sign!r}, which cannot stand in a path of HAProxy's file: write")
    (socket,) = found({"haproxy": {"socket": f"/run/a{sign}b"}}, V=vip())
    assert socket.startswith("haproxy.socket: holds ")
    assert found({"paths": {"runtime": f"/run/a{sign}b"}}, V=vip(engine="builtin")) == []


@pytest.mark.parametrize("name", ["FRONTEND", "BACKEND"])
def test_a_server_has_no_name_that_haproxy_has_for_something_else(name):
    own = {name: {"address": "10.0.0.11"}}
    (sentence,) = found(V=vip(own))
    assert sentence == (
        f"virtual_services.V.real_servers.{name}: is a name that HAProxy's statistics have for something else: "
        f"write another, such as {name}1"
    )
    assert found(V=vip(own, engine="builtin"), W=vip({f"{name}1": {"address": "10.0.0.11"}})) == []
