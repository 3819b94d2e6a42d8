"""Tests of ftpair.config.pairing and ftpair.config.tcp: what services of TCP mode contradict."""

import pytest
from pydantic import ValidationError

from ftpair.config.models import Config
from ftpair.config.pairing import contradictory_pairings, password_in_clear_text, ports_of_nobody
from ftpair.config.problems import path_of

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


@pytest.mark.parametrize(
    ("keys", "where", "port"),
    [
        ({"server_ports": {"explicit": 2121, "implicit": 2121}}, "server_ports.explicit", 2121),
        ({"server_ports": {"explicit": 990}}, "server_ports.explicit", 990),
        ({"server_ports": {"implicit": 21}}, "ports.explicit", 21),
    ],
)
def test_a_port_of_a_server_speaks_explicit_or_implicit_tls(keys, where, port):
    (sentence,) = found(V=vip(**keys))
    assert sentence == (
        f"virtual_services.V.{where}: {port} is the servers' port for explicit and for implicit TLS: "
        "one port speaks one of them, so write another"
    )


def test_a_control_port_of_the_servers_lies_outside_of_their_passive_range():
    (sentence,) = found(V=vip(server_ports={"explicit": 1052, "implicit": 1053}))
    assert sentence == (
        "virtual_services.V.server_ports.explicit: 1052 lies in the passive range (1025-1052), "
        "where servers listen for data: write another"
    )
    assert found(V=vip(ports="21,1025-1052", server_ports={"explicit": 1024})) == []


def test_a_transfer_may_last_a_second_at_least():
    """HAProxy counts the life of what it remembers in whole seconds; none at all would forget a client at once."""
    with pytest.raises(ValidationError, match="greater than or equal to 1"):
        config(V=vip(longest_transfer_s=0.4))
    assert config(V=vip(longest_transfer_s=1)).virtual_services["V"].longest_transfer_s == 1.0


def test_probes_speak_only_what_the_service_offers():
    (sentence,) = found(V=vip(ports="21,1025-1052", server_tls="implicit"))
    assert "server_tls: implicit needs ports.implicit, which is not there" in sentence


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
    assert [warned(check, "off")[0].split()[1] for check in ("list", "roundtrip")] == ["list", "roundtrip"]
    assert warned("login", "explicit") == warned("login", None) == warned("banner", "off") == []
