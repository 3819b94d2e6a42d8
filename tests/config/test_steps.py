"""Tests of ftpair.config.steps."""

import msgspec
import pytest

from ftpair.config.check import check
from ftpair.config.slots import Slots
from ftpair.config.steps import steps
from ftpair.core.drain import DrainPlan
from ftpair.core.endpoint import Endpoint
from ftpair.core.limits import BanPolicy, Limits
from ftpair.core.overload import Overload
from ftpair.core.plan import Clocks, ServerTls, WebPlan
from ftpair.core.routing import Route


@pytest.fixture
def running(folder, machine):
    return check(folder / "design.yaml", 1, Slots(), machine).plan


def with_service(plan, **keys):
    return msgspec.structs.replace(plan, services=(msgspec.structs.replace(plan.services[0], **keys),))


def with_server(plan, **keys):
    first, *others = plan.services[0].servers
    return with_service(plan, servers=(msgspec.structs.replace(first, **keys), *others))


def with_tls(plan, **keys):
    return with_service(plan, tls=msgspec.structs.replace(plan.services[0].tls, **keys))


def test_the_same_plan_is_nothing_to_do(running):
    assert steps(running, msgspec.structs.replace(running, revision=2)) == ()


def test_the_first_plan_adds_its_services(running):
    assert steps(None, running) == (
        "add service FTPS_VIP on 192.0.2.10: explicit 21, implicit 990, passive 1025-1052, to FTP_SVR1, FTP_SVR2",
    )


def test_a_service_that_is_not_there_any_more_is_removed(running):
    empty = msgspec.structs.replace(running, services=())
    assert steps(running, empty) == ("remove service FTPS_VIP: no new sessions, running ones end by themselves",)


def test_the_node_itself_may_change(running):
    changed = {"shutdown_timeout_s": 5.5, "upgrade_timeout_s": 7200.0, "log_format": "json", "log_level": "debug"}
    assert steps(running, msgspec.structs.replace(running, **changed)) == (
        "shutdown_timeout_s 30 -> 5.5",
        "upgrade_timeout_s 0 -> 7200",
        "log format auto -> json",
        "log level info -> debug",
    )


def test_a_service_may_move_to_other_ports(running):
    assert steps(running, with_service(running, explicit=2121, implicit=None, address="192.0.2.11")) == (
        "FTPS_VIP: address 192.0.2.10 -> 192.0.2.11",
        "FTPS_VIP: explicit port 21 -> 2121",
        "FTPS_VIP: implicit port 990 -> none",
    )


def test_servers_are_added_removed_and_changed(running):
    one, two = running.services[0].servers
    three = msgspec.structs.replace(two, name="FTP_SVR3", address=Endpoint("10.0.0.13", 21), slot=9)
    changed = msgspec.structs.replace(two, weight=75, max_sessions=10)
    assert steps(running, with_service(running, servers=(three, changed))) == (
        "FTPS_VIP: remove FTP_SVR1: no new sessions, running ones end by themselves",
        "FTPS_VIP: add FTP_SVR3 at 10.0.0.13:21, weight 50, TLS explicit",
        "FTPS_VIP: weight of FTP_SVR2 50 -> 75",
        "FTPS_VIP: max_sessions of FTP_SVR2 0 -> 10",
    )
    assert one.name == "FTP_SVR1"


def test_the_order_of_servers_is_nothing_to_do(running):
    assert steps(running, with_service(running, servers=running.services[0].servers[::-1])) == ()


def test_tls_towards_a_server_may_change(running):
    tls = ServerTls("implicit", verify=False, name="ftp1", ca_pem=b"secret of nobody")
    assert steps(running, with_server(running, tls=tls)) == (
        "FTPS_VIP: TLS of FTP_SVR1 off -> implicit",
        "FTPS_VIP: verification of FTP_SVR1 on -> off",
        "FTPS_VIP: certificate name of FTP_SVR1 none -> ftp1",
        "FTPS_VIP: CA certificates of FTP_SVR1 replaced",
    )


def test_a_new_certificate_is_told_by_fingerprint_and_expiry(running, make, ca):
    new = make("ftp.example.org", ca, days=365)
    certificate = running.services[0].tls.certificate
    renewed = msgspec.structs.replace(
        certificate, chain_pem=new.pem, key_pem=new.key_pem(), not_after=new.certificate.not_valid_after_utc.timestamp()
    )
    (sentence,) = steps(running, with_tls(running, certificate=renewed))
    assert sentence.startswith("FTPS_VIP: certificate files (SHA-256 ")
    assert "valid until 2026-04-15) -> files (SHA-256 " in sentence
    assert sentence.endswith("valid until 2027-01-15)")


def test_no_sentence_holds_a_secret(running, make):
    key = make("x").key_pem()
    certificate = msgspec.structs.replace(running.services[0].tls.certificate, key_pem=key)
    health = msgspec.structs.replace(running.services[0].health, password="n3w", interval_s=2.5)
    assert steps(running, with_tls(running, certificate=certificate)) == (
        "FTPS_VIP: key of certificate files written anew",
    )
    assert steps(running, with_service(running, health=health)) == (
        "FTPS_VIP: health interval_s 5 -> 2.5",
        "FTPS_VIP: health password replaced",
    )


def test_tls_for_clients_may_come_change_and_go(running):
    clear = with_service(running, tls=None)
    assert steps(running, clear) == ("FTPS_VIP: TLS for clients is taken away: clear text only",)
    assert steps(clear, running)[0].startswith("FTPS_VIP: TLS for clients none -> certificate files (SHA-256 ")
    assert steps(clear, clear) == ()
    assert steps(running, with_tls(running, clear_text="allow", minimum_version="1.3")) == (
        "FTPS_VIP: clear_text refuse -> allow",
        "FTPS_VIP: minimum TLS version 1.2 -> 1.3",
    )


def test_deadlines_may_change(running):
    wanted = with_service(running, clocks=Clocks(idle_timeout_s=60))
    assert steps(running, wanted) == ("FTPS_VIP: timeouts idle_timeout_s 600 -> 60",)


def test_every_field_of_a_service_and_of_a_server_is_told(running):
    """A field that comes to the plan later must not change in silence."""
    service, server = running.services[0], running.services[0].servers[0]
    silent = {"name", "slot", "service"}
    odd = {
        "routes": (),
        "pools": {},
        "servers": (),
        "tls": None,
        "health": None,
        "drain": None,
        "clocks": None,
        "limits": None,
        "bans": None,
        "ejection": None,
        "quorums": {},
        "commands": None,
        "bindings": (),
        "advertised": None,
    }
    certificates = {"certificate", "certificates", "client_certificate"}
    for field in service.__struct_fields__:
        if field not in silent | odd.keys():
            assert steps(running, with_service(running, **{field: "changed"})), field
    for field in server.__struct_fields__:
        if field not in silent | odd.keys():
            assert steps(running, with_server(running, **{field: "changed"})), field
    for field in set(server.tls.__struct_fields__) - certificates:
        assert steps(running, with_server(running, tls=msgspec.structs.replace(server.tls, **{field: "changed"}))), (
            field
        )
    for field in set(service.tls.__struct_fields__) - certificates:
        assert steps(running, with_tls(running, **{field: "changed"})), field


def test_pools_and_routes_may_come_and_go(running):
    rules = (Route("new", user="k*", percent=5), Route("default"))
    wanted = with_service(running, routes=rules, pools={"new": "round-robin"}, affinity="user")
    assert steps(running, wanted) == (
        "FTPS_VIP: routes none -> user k*, 5 % to pool new; everybody to pool default",
        "FTPS_VIP: balance of pools none -> round-robin in new",
        "FTPS_VIP: affinity none -> user",
    )
    assert steps(running, with_server(running, pool="new")) == ("FTPS_VIP: pool of FTP_SVR1 default -> new",)
    service = running.services[0]
    more = msgspec.structs.replace(service.servers[0], name="FTP_SVR9", pool="new")
    (said,) = steps(running, with_service(running, servers=(*service.servers, more)))
    assert said == "FTPS_VIP: add FTP_SVR9 to pool new at 10.0.0.11:21, weight 100, TLS off"


def test_when_a_worker_has_enough_is_told_key_by_key(running):
    wanted = msgspec.structs.replace(running, overload=Overload(memory_floor_bytes=0, loop_lag_ceiling_s=1.5))
    assert steps(running, wanted) == ("memory_floor_bytes 67108864 -> 0", "loop_lag_ceiling_s 0.5 -> 1.5")


def test_the_way_of_drains_is_told_key_by_key(running):
    assert steps(running, with_service(running, drain=DrainPlan("transfers", 300.0))) == (
        "FTPS_VIP: drain wait_for sessions -> transfers",
        "FTPS_VIP: drain deadline_s 0 -> 300",
    )


def test_limits_and_bans_are_told_key_by_key(running):
    strict = with_service(running, bans=BanPolicy(allow=("10.0.0.0/8",)))
    assert steps(running, with_service(running, limits=Limits(sessions_per_address=20))) == (
        "FTPS_VIP: limits sessions_per_address 0 -> 20",
    )
    banning = with_service(running, bans=BanPolicy())
    assert steps(running, banning) == ("FTPS_VIP: bans for 900 s after 5 wrong passwords",)
    assert steps(banning, strict) == ("FTPS_VIP: bans allow none -> 10.0.0.0/8",)
    assert steps(strict, running) == ("FTPS_VIP: wrong passwords lead to no ban any more",)


def with_web(plan, *web):
    return msgspec.structs.replace(plan, web=WebPlan(*web) if web else None)


def test_the_web_ui_comes_moves_and_goes(running):
    here, there = with_web(running, "127.0.0.1", 8443), with_web(running, "192.0.2.9", 443)
    assert steps(running, here) == ("web UI at https://127.0.0.1:8443",)
    assert steps(here, there) == ("web UI https://127.0.0.1:8443 -> https://192.0.2.9:443",)
    assert steps(there, running) == ("no web UI any more: the API answers on its unix socket alone",)


def test_the_web_ui_gets_another_certificate(running):
    given = running.services[0].tls.certificate
    own, issued = with_web(running, "::1", 8443), with_web(running, "::1", 8443, given)
    renewed = with_web(running, "::1", 8443, msgspec.structs.replace(given, key_pem=b"another"))
    assert steps(own, issued) == ("web UI: certificate of its own -> files",)
    assert steps(issued, own) == ("web UI: certificate files -> of its own",)
    assert steps(issued, renewed) == ("web UI: key of certificate files written anew",)
    assert steps(issued, issued) == ()
