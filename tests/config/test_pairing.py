"""Tests of ftpair.config.pairing and ftpair.config.tcp: what TCP mode contradicts, and what it needs of the machine."""

from dataclasses import replace

import pytest

from ftpair.config.models import Config
from ftpair.config.pairing import (
    contradictory_pairings,
    demand_descriptors,
    few_connections,
    missing_engine,
    most_connections,
    password_in_clear_text,
    ports_of_nobody,
)
from ftpair.config.problems import path_of
from ftpair.config.tcp_plan import haproxy_plan
from ftpair.core.errors import SetupError

TWO = {"A": {"address": "10.0.0.11"}, "B": {"address": "10.0.0.12"}}


def vip(real_servers=TWO, ports="21,990,1025-1052", **keys):
    return {"mode": "tcp", "address": "192.0.2.10", "ports": ports, "real_servers": real_servers} | keys


def config(top=None, **services):
    return Config.model_validate({"virtual_services": services} | (top or {}))


def said(findings):
    return [f"{path_of(each.where)}: {each.sentence}" for each in findings]


def found(top=None, **services):
    return said(contradictory_pairings(config(top, **services)))


def slices(first, second):
    return {"A": {"address": "10.0.0.11", "passive": first}, "B": {"address": "10.0.0.12", "passive": second}}


def test_a_sound_service_has_no_contradiction():
    assert found(V=vip()) == []
    assert found(V=vip(slices("1025-1038", "1039-1052"), pairing="port")) == []
    assert found(V=vip(server_ports={"explicit": 2121}, server_tls="implicit")) == []
    assert found(V=vip(server_tls="off")) == []


def test_every_server_needs_a_slice_and_its_even_share_is_proposed():
    first, second = found(V=vip(pairing="port"))
    assert "A.passive: is missing: with pairing: port each server owns a slice" in first
    assert first.endswith("write for example 1025-1038")
    assert second.endswith("write for example 1039-1052")


def test_a_range_that_is_too_narrow_for_the_servers_is_to_be_widened_first():
    assert "has fewer ports than there are servers: widen it" in found(V=vip(ports="21,1025", pairing="port"))[0]


def test_a_slice_lies_in_the_range_and_overlaps_no_other():
    (outside,) = found(V=vip(slices("1024-1038", "1039-1052"), pairing="port"))
    assert "1024-1038 leaves the passive range of the service (1025-1052): write ports in it" in outside
    (twice,) = found(V=vip(slices("1025-1040", "1040-1052"), pairing="port"))
    assert "B.passive: 1040-1052 overlaps the slice of A (1025-1040): a port must name one server alone" in twice


def test_a_slice_is_for_pairing_by_port_alone():
    (sentence, _other) = found(V=vip(slices("1025-1038", "1039-1052")))
    assert (
        "with pairing: source every server answers for the whole range: remove it, or write pairing: port" in sentence
    )


def test_a_service_is_not_its_own_server():
    (sentence,) = found(V=vip({"A": {"address": "192.0.2.10"}}))
    assert "A.address: is the address of the service itself, an endless loop" in sentence


def test_ports_of_servers_need_ports_of_the_service():
    (sentence,) = found(V=vip(ports="21,1025-1052", server_ports={"implicit": 2990}))
    assert "server_ports.implicit: is a port for which the service has none: add implicit" in sentence


def test_probes_speak_only_what_the_service_offers():
    (sentence,) = found(V=vip(ports="21,1025-1052", server_tls="implicit"))
    assert "server_tls: implicit needs ports.implicit, which is not there" in sentence


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


def test_ports_of_the_range_in_no_slice_are_warned_of(machine):
    def warned(first, second, **keys):
        return said(ports_of_nobody(config(V=vip(slices(first, second), **keys)), machine))

    (sentence,) = warned("1040-1045", "1027-1038", pairing="port")
    assert sentence.startswith(
        "virtual_services.V.ports.passive: no server's slice has 1025-1026, 1039, 1046-1052, where"
    )
    assert sentence.endswith("connections are refused: widen slices, or narrow the range")
    assert warned("1025-1038", "1039-1052", pairing="port") == []
    assert said(ports_of_nobody(config(V=vip()), machine)) == []


def test_a_probe_that_logs_in_without_tls_is_warned_of(machine):
    def warned(check, tls):
        return said(password_in_clear_text(config(V=vip(health={"check": check}, server_tls=tls)), machine))

    (sentence,) = warned("login", "off")
    assert sentence.startswith("virtual_services.V.health.check: login sends the password of the probe in clear text")
    assert sentence.endswith("write server_tls: explicit, or check: banner")
    assert warned("login", "explicit") == warned("login", None) == warned("banner", "off") == []
