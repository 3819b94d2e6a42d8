"""Tests of ftpair.config.plan."""

import pytest

from ftpair.config.check import check
from ftpair.config.load import load
from ftpair.config.plan import rows_of
from ftpair.config.problems import InvalidConfigError, describe
from ftpair.config.slots import MOST_ROWS, Slots
from ftpair.core.advertising import Advertised, AdvertisedRule
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import ClientTls, Clocks, HealthPlan, ServerPlan, ServerTls, WebPlan


def planned(folder, name, machine, slots=None):
    return check(folder / f"{name}.yaml", 7, slots if slots is not None else Slots(), machine).plan


def test_the_example_of_the_design_becomes_a_plan(folder, machine, leaf, ca):
    plan = planned(folder, "design", machine)
    assert (plan.revision, plan.workers, plan.user, plan.shutdown_timeout_s) == (7, 4, "", 30.0)
    (service,) = plan.services
    assert (service.name, service.address, service.explicit, service.implicit) == ("FTPS_VIP", "192.0.2.10", 21, 990)
    assert (service.passive, service.slot) == (PortRange(1025, 1052), 0)
    assert service.tls.certificate.chain_pem == leaf.pem + ca.pem
    assert service.tls.certificate.key_pem == leaf.key_pem()
    assert service.tls.certificate.not_after == leaf.certificate.not_valid_after_utc.timestamp()
    assert service.health == HealthPlan(check="login", user="probe", password="s3cret")
    assert service.clocks == Clocks()
    assert service.servers == (
        ServerPlan(1, "FTPS_VIP", "FTP_SVR1", Endpoint("10.0.0.11", 21)),
        ServerPlan(
            2, "FTPS_VIP", "FTP_SVR2", Endpoint("10.0.0.12", 21), 50, tls=ServerTls("explicit", name="10.0.0.12")
        ),
    )


def test_every_key_arrives_in_the_plan(folder, machine, ca):
    plan = planned(folder, "whole", machine)
    assert (plan.workers, plan.user) == (2, "ftpair")
    assert (plan.shutdown_timeout_s, plan.upgrade_timeout_s) == (45.0, 7200.0)
    assert (plan.log_format, plan.log_level) == ("json", "warning")
    service, clear = plan.services
    assert service.tls == ClientTls(service.tls.certificate, "allow", "allow", "1.3", "ignore")
    assert service.advertised == Advertised("198.51.100.7", (AdvertisedRule(("10.0.0.0/8",), ""),))
    assert (service.connect, service.balance) == ("at-once", "round-robin")
    assert (service.greeting, service.retries, service.max_sessions) == ("FTP service ready.", 1, 500)
    assert service.health == HealthPlan("login", 2.5, 3.0, 1, 2, "probe", "s3cret")
    assert service.clocks == Clocks(60, 10, 900, 2, 20, 120, 240)
    off, implicit = service.servers
    assert off.tls == ServerTls()
    assert (implicit.address, implicit.weight, implicit.max_sessions) == (Endpoint("10.0.0.12", 2990), 50, 200)
    assert implicit.tls == ServerTls("implicit", False, "ftp2.example.org", ca.pem, "1.3", "require")
    assert (clear.tls, clear.implicit, clear.servers[0].address.port) == (None, None, 21)


def test_a_server_takes_from_its_service_what_it_does_not_say(folder, machine, write, ca):
    path = write("""
virtual_services:
  VIP:
    address: 192.0.2.10
    ports: 21,1025-1052
    server_tls: implicit
    server_ca: tls/ca.pem
    server_verify: false
    server_minimum_version: 1.3
    server_close_notify: ignore
    real_servers: {A: {address: ftp1.example.org}}
""")
    (server,) = check(path, 1, Slots(), machine).plan.services[0].servers
    assert server.address == Endpoint("10.0.0.11", 990)
    assert server.tls == ServerTls("implicit", False, "ftp1.example.org", ca.pem, "1.3", "ignore")


def test_names_keep_their_row_from_plan_to_plan(folder, machine):
    slots = Slots({("FTPS_VIP", "FTP_SVR2"): 5, ("GONE", ""): 0})
    first = planned(folder, "design", machine, slots)
    assert (first.services[0].slot, [server.slot for server in first.services[0].servers]) == (1, [2, 5])
    assert planned(folder, "design", machine, slots) == first


def test_services_and_servers_need_rows(folder, machine):
    assert rows_of(load(folder / "design.yaml", machine)) == (
        ("FTPS_VIP", ""),
        ("FTPS_VIP", "FTP_SVR1"),
        ("FTPS_VIP", "FTP_SVR2"),
    )


def test_a_refused_plan_takes_no_row_and_names_its_problems(folder, machine):
    (folder / "tls/privkey.pem").unlink()
    slots = Slots()
    with pytest.raises(InvalidConfigError) as caught:
        planned(folder, "design", machine, slots)
    (problem,) = caught.value.problems
    assert describe(problem).startswith(f"line 3, certificates.files.key: {folder}/tls/privkey.pem does not exist")
    assert len(slots) == 0


def test_too_many_names_are_a_problem(folder, machine):
    slots = Slots({("OLD", str(row)): row for row in range(MOST_ROWS - 2)})
    with pytest.raises(InvalidConfigError, match="needs 1025 rows for services and servers, and there are 1024"):
        planned(folder, "design", machine, slots)


def test_the_machine_that_we_run_on_is_asked_when_none_is_given(folder, write):
    text = (
        "virtual_services: {V: {address: 127.0.0.1, ports: '2121,2200-2299', real_servers: {A: {address: 127.0.0.2}}}}"
    )
    assert check(write(text), 1, Slots()).plan.workers >= 1


def test_the_web_ui_has_its_own_certificate_or_one_of_the_file(folder, machine, write, leaf):
    assert planned(folder, "design", machine).web is None
    own = write("web: {address: 192.0.2.9, port: 443}")
    assert check(own, 1, Slots(), machine).plan.web == WebPlan("192.0.2.9", 443)
    pair = "certificates: {files: {certificate: tls/fullchain.pem, key: tls/privkey.pem}}\n"
    issued = check(write(pair + "web: {address: '::1', certificate: files}"), 1, Slots(), machine).plan.web
    assert (issued.url, issued.certificate.key_pem) == ("https://[::1]:8443", leaf.key_pem())
