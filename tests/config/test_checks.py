"""Tests of ftpair.config.checks."""

import pytest

from ftpair.config.checks import contradictions
from ftpair.config.models import Config
from ftpair.config.problems import path_of

POOL = {"A": {"address": "10.0.0.11"}}
CERTIFICATES = {"files": {"certificate": "c.pem", "key": "k.pem"}}


def vip(address="192.0.2.10", ports="21,1025-1052", **keys):
    return {"address": address, "ports": ports, "real_servers": POOL} | keys


def found(cpus=2, top=None, **services):
    config = Config.model_validate({"certificates": CERTIFICATES, "virtual_services": services} | (top or {}))
    return [f"{path_of(each.where)}: {each.sentence}" for each in contradictions(config, cpus)]


def test_a_sound_configuration_has_no_contradiction():
    assert found(A=vip(tls={"certificate": "files"}), B=vip("192.0.2.11"), C=vip("2001:db8::1")) == []


def test_a_file_without_a_service_is_refused():
    assert "virtual_services: holds no service: write at least one" in found()[0]


def test_a_service_needs_a_control_port():
    (sentence,) = found(A=vip(ports={"passive": "1025-1052"}))
    assert sentence.endswith(
        "ports.explicit: is missing, and so is implicit: write explicit: 21, implicit: 990 or both"
    )


def test_an_implicit_port_needs_tls():
    assert "A.ports.implicit: needs TLS: add tls: {certificate: NAME}" in found(A=vip(ports="990,1025-1052"))[0]


def test_a_certificate_must_be_one_of_the_known():
    tls = {"certificate": "flies"}
    assert "flies is not the name of a certificate: write one of files" in found(A=vip(tls=tls))[0]
    assert "add it under certificates" in found(A=vip(tls=tls), top={"certificates": {}})[0]


def test_a_service_needs_a_real_server():
    assert "A.real_servers: holds no server: write at least one" in found(A=vip(real_servers={}))[0]


def test_a_login_check_needs_user_and_password():
    (sentence,) = found(A=vip(health={"check": "login"}))
    wanted = "A.health.check: login needs user and password_file: add it to the block health, or write check: banner"
    assert wanted in sentence
    assert "login needs password_file" in found(A=vip(health={"check": "login", "user": "probe"}))[0]


@pytest.mark.parametrize("check", ["list", "roundtrip"])
def test_so_does_a_deeper_one(check):
    (sentence,) = found(A=vip(health={"check": check, "user": "probe"}))
    assert f"A.health.check: {check} needs password_file: add it to the block health" in sentence


def test_every_worker_needs_a_passive_port():
    (sentence,) = found(cpus=4, A=vip(ports="21,1025-1027"))
    assert "1025-1027 has fewer ports (3) than there are workers (4): write at least 4 ports, or workers: 3" in sentence
    assert found(cpus=4, top={"workers": 3}, A=vip(ports="21,1025-1027")) == []


def test_a_real_server_may_not_be_the_service_itself():
    loop = {"A": {"address": "192.0.2.10"}, "B": {"address": "192.0.2.10", "port": 2121}}
    (sentence,) = found(A=vip(real_servers=loop))
    assert "A.real_servers.A.address: is the address and port of virtual_services.A itself, an endless loop" in sentence


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (vip(), vip(), "21 on 192.0.2.10 overlaps virtual_services.A.ports.explicit (21)"),
        (
            vip(),
            vip(ports="2121,1052-1100"),
            "1052-1100 on 192.0.2.10 overlaps virtual_services.A.ports.passive (1025-1052)",
        ),
        (
            vip(),
            vip(ports="1030,2000-2010"),
            "1030 on 192.0.2.10 overlaps virtual_services.A.ports.passive (1025-1052)",
        ),
        (vip("0.0.0.0"), vip(), "overlaps virtual_services.A.ports.explicit"),
        (vip("2001:db8::1"), vip("::"), "21 on :: overlaps virtual_services.A.ports.explicit"),
    ],
)
def test_two_services_may_not_share_a_port(one, other, expected):
    assert any(expected in each and "choose other ports or another address" in each for each in found(A=one, B=other))


def test_a_passive_range_may_not_hold_a_control_port_of_its_own_service():
    (sentence,) = found(A=vip(ports="2121,2100-2130"))
    assert "A.ports.passive: 2100-2130 on 192.0.2.10 overlaps virtual_services.A.ports.explicit (2121)" in sentence


def test_the_two_control_ports_of_a_service_differ():
    assert "A.ports.implicit: 21 on" in found(A=vip(ports="21,21,1025-1052", tls={"certificate": "files"}))[0]


@pytest.mark.parametrize(
    ("one", "other"), [("0.0.0.0", "::"), ("0.0.0.0", "2001:db8::1"), ("192.0.2.10", "192.0.2.11")]
)
def test_listeners_that_never_meet_may_share_ports(one, other):
    assert found(A=vip(one), B=vip(other)) == []


def test_a_file_without_a_service_is_good_where_one_can_be_made_in_the_browser():
    assert found(top={"web": {}}) == []


def test_the_web_ui_listens_on_a_port_of_its_own():
    (sentence,) = found(A=vip("0.0.0.0", "21,8000-9000"), top={"web": {"address": "127.0.0.1"}})
    assert sentence == (
        "web.port: 8443 on 127.0.0.1 overlaps virtual_services.A.ports.passive (8000-9000): "
        "choose other ports or another address"
    )


def test_the_certificate_of_the_web_ui_has_a_name():
    (sentence,) = found(top={"web": {"certificate": "other"}})
    assert sentence == "web.certificate: other is not the name of a certificate: write one of files"
