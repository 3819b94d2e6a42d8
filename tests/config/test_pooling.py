"""Tests of ftpair.config.pooling and ftpair.config.routing."""

import pytest

from ftpair.config.check import check
from ftpair.config.load import draft
from ftpair.config.models import Config
from ftpair.config.pooling import contradictory_pools, covers, vain_routes
from ftpair.config.problems import InvalidConfigError, describe, path_of
from ftpair.config.slots import Slots
from ftpair.core.routing import Route

NEW = {"new": {"real_servers": {"B": {"address": "10.0.0.12"}}}}


def config(*routes, pools=NEW, **more):
    service = {"address": "192.0.2.10", "ports": "21,1025-1052", "real_servers": {"A": {"address": "10.0.0.11"}}}
    return Config.model_validate({"virtual_services": {"V": service | {"routes": list(routes), "pools": pools} | more}})


def refused(*routes, **more):
    return [f"{path_of(each.where)[19:]}: {each.sentence}" for each in contradictory_pools(config(*routes, **more))]


def warned(*routes, **more):
    return [f"{path_of(each.where)[19:]}: {each.sentence}" for each in vain_routes(config(*routes, **more))]


def test_pools_and_routes_that_fit_each_other_are_no_trouble():
    assert refused({"user": "k*", "pool": "new"}, {"pool": "default"}) == []
    assert warned({"user": "k*", "pool": "new"}, {"pool": "default"}) == []


def test_a_route_to_a_pool_that_is_not_there_is_refused_with_the_remedy():
    (sentence,) = refused({"pool": "old"})
    assert sentence.startswith("routes.0.pool: old is not a pool of this service: write one of default, new,")
    assert sentence.endswith("or add it under pools: {old: {real_servers: ...}}")


def test_the_name_default_is_taken():
    (sentence,) = refused(pools={"default": {"real_servers": {"B": {"address": "10.0.0.12"}}}})
    assert sentence.startswith("pools.default: is the name of the service's own real_servers: write another")


def test_a_pool_needs_a_server():
    (sentence,) = refused({"pool": "new"}, pools={"new": {}})
    assert sentence.startswith("pools.new.real_servers: holds no server: write at least one")


def test_a_server_has_a_name_of_its_own_in_the_service():
    pools = {name: {"real_servers": {server: {"address": "10.0.0.12"}}} for name, server in (("n", "A"), ("m", "A"))}
    for name, sentence in zip(("n", "m"), refused(pools=pools), strict=True):
        assert sentence.startswith(f"pools.{name}.real_servers.A: is the name of a server of pool default too: write")


def test_a_rule_behind_one_that_takes_everybody_is_warned_of():
    (sentence,) = warned({"pool": "new"}, {"user": "kim", "pool": "default"})
    assert sentence.startswith("routes.1: rule 2 (user kim) is never reached, rule 1 (everybody) takes everybody")
    assert sentence.endswith("who fits it: put it before, or remove it")


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        (Route("a"), Route("b", user="kim", percent=5)),
        (Route("a", user="k*"), Route("b", user="kim")),
        (Route("a", user="*"), Route("b", user="k*")),
        (Route("a", user="k*"), Route("b", user="k*", host="h")),
        (Route("a", user_regex="k.m"), Route("b", user="kim")),
        (Route("a", user_regex="k.m"), Route("b", user_regex="k.m")),
        (Route("a", networks=("10.0.0.0/8", "fc00::/7")), Route("b", networks=("10.1.0.0/16", "10.2.0.1/32"))),
        (Route("a", sni="*.org", certificate="c"), Route("b", sni="ftp.org", certificate="c")),
        (Route("a", percent=10), Route("a", percent=5)),
        (Route("a", certificate_subject=r"*,O=A\, B"), Route("b", certificate_subject=r"CN=x,O=A\2C B")),
        (Route("a", certificate_san="dns:*"), Route("b", certificate_san="dns:h")),
    ],
)
def test_a_rule_covers_another_that_asks_for_no_less(rule, other):
    assert covers(rule, other)


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        (Route("a", user="kim"), Route("b")),
        (Route("a", user="k*"), Route("b", user="*")),
        (Route("a", user="k*"), Route("b", user="ki?")),
        (Route("a", user_regex="k.m"), Route("b", user="k*")),
        (Route("a", user_regex="k.m"), Route("b", user="bob")),
        (Route("a", user_regex="k.m"), Route("b", user_regex="k..")),
        (Route("a", networks=("10.0.0.0/8",)), Route("b")),
        (Route("a", networks=("10.1.0.0/16",)), Route("b", networks=("10.0.0.0/8",))),
        (Route("a", networks=("10.0.0.0/8",)), Route("b", networks=("fc00::/7",))),
        (Route("a", percent=5), Route("a", percent=10)),
        (Route("a", percent=10), Route("b", percent=5)),
        (Route("a", certificate_subject="*,OU=Ops"), Route("b", certificate_subject=r"CN=x\,OU=Ops")),
        (Route("a", certificate_san="dns:*"), Route("b", certificate_san="email:h")),
    ],
)
def test_a_rule_covers_nobody_who_may_pass_it(rule, other):
    assert not covers(rule, other)


def test_a_rule_that_asks_for_what_no_session_tells_is_warned_of():
    asked = {"user": "x", "user_regex": "x", "host": "x", "sni": "x", "certificate": "x"}
    asked |= {"certificate_subject": "CN=x", "certificate_san": "dns:x"}
    rules = [{key: value, "pool": "new"} for key, value in asked.items()]
    said = warned(*rules, connect="at-once")
    assert [each.partition(": ")[0] for each in said] == [
        "routes.0.user",
        "routes.1.user_regex",
        "routes.2.host",
        "routes.3.sni",
        "routes.4.certificate",
        "routes.5.certificate_subject",
        "routes.6.certificate_san",
    ]
    assert said[0].endswith(
        "never fits: connect: at-once chooses the server before the client says USER; write connect: at-login"
    )
    assert said[3].endswith("the service speaks no TLS; add tls: {certificate: NAME}")
    tls = {"certificate": "files"}
    (sni, *certificates) = warned(*rules[3:], connect="at-once", tls=tls)
    assert "before the client says AUTH" in sni
    assert ["clients are asked for no certificate" in each for each in certificates] == [True] * 3
    wanted = tls | {"client_certificate": {"ca": "ca.pem"}}
    too_early = warned(*rules[3:], connect="at-once", tls=wanted)
    assert ["before the client says AUTH" in each for each in too_early] == [True] * 4
    implicit = {"implicit": 990, "passive": "1025-1052"}
    assert warned(*rules[3:], connect="at-once", tls=wanted, ports=implicit) == []


def test_a_pool_that_no_rule_leads_to_is_warned_of():
    assert warned() == ["pools.new: no rule leads here: add one to routes, such as {pool: new}"]


def test_affinity_of_users_needs_to_know_them():
    (said,) = warned({"pool": "new"}, affinity="user", connect="at-once")
    assert said.startswith("affinity: user remembers nobody: connect: at-once chooses the server before")


def problems(text, machine):
    lines = "virtual_services:\n  V:\n    address: 192.0.2.10\n    ports: 21,1025-1052\n    routes:\n" + text
    return [describe(each) for each in draft(lines.encode(), machine).problems if "routes" in each.path]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("from: []", "from: is empty: write a network such as [10.0.0.0/8], or remove the key"),
        ("from: [10.0.0.1/8]", "from.0: '10.0.0.1/8' names a host in a network: write 10.0.0.0/8"),
        ("from: [10.0.0.0/8, 10.1.0.0/16]", "from: holds 10.1.0.0/16, which lies in 10.0.0.0/8: remove one of the two"),
        ("from: [10.0.0.0/8, 10.0.0.0/8]", "from: holds 10.0.0.0/8, which lies in 10.0.0.0/8"),
        ('user: ""', "user: must not be empty"),
        ('user_regex: "(a"', "user_regex: '(a' has a ( without its ): add it, or write \\("),
        ("percent: 0", "percent: must be more than 0"),
        (
            "certificate_subject: /C=DE/CN=a",
            "certificate_subject: '/C=DE/CN=a' is a subject with slashes: write it with",
        ),
        (
            "certificate_subject: 'CN=a, C=DE'",
            "certificate_subject: 'CN=a, C=DE' has spaces between its parts: write it",
        ),
        ("certificate_subject: C = DE", "certificate_subject: 'C = DE' has spaces between its parts: write it with"),
        (
            "certificate_subject: alice",
            "certificate_subject: 'alice' names no part of a subject: write it with its most",
        ),
        (
            f"certificate_subject: '{'*=' * 200}'",
            "certificate_subject: '*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=*=",
        ),
        ("certificate_san: a@b", "certificate_san: 'a@b' does not say which kind of name: begin it with email:, dns:,"),
        ("form: [10.0.0.0/8]", "form: is not a known key: did you mean from?"),
    ],
)
def test_a_rule_that_is_wrong_is_told_with_its_line_and_the_remedy(rule, said, machine):
    (problem,) = problems(f"    - pool: default\n    - {rule}\n      pool: default\n", machine)
    assert problem.startswith(f"line 7, virtual_services.V.routes.1.{said}")


@pytest.mark.parametrize("subject", [r"CN=Doe\, Jane,O=Example", "*", "*Ops*", "CN=a,*", "CN=a*,O=B"])
def test_a_subject_is_written_as_openssl_writes_it_or_in_part(subject, machine):
    assert problems(f"    - {{certificate_subject: '{subject}', pool: default}}\n", machine) == []


def test_networks_of_both_families_stand_side_by_side(machine):
    assert problems("    - {from: [10.0.0.0/8, 'fc00::/7', 192.0.2.0/24], pool: default}\n", machine) == []


def test_pools_and_routes_arrive_in_the_plan(write, machine):
    path = write("""
virtual_services:
  V:
    address: 192.0.2.10
    ports: 21,1025-1052
    real_servers: {A: {address: 10.0.0.11}}
    pools:
      new: {balance: round-robin, real_servers: {B: {address: ftp2.example.org, weight: 5}}}
      old: {real_servers: {C: {address: 10.0.0.13}}}
    routes:
      - {user: k*, host: FTP.example.org, from: [10.0.0.0/8], percent: 5, pool: new}
      - {user_regex: "x+", sni: "*.Example.org", certificate: Partner, pool: old}
      - {certificate_subject: "CN=a,O=B", certificate_san: "email:*@b", pool: old}
    affinity: user
    affinity_timeout_s: 60
""")
    checked = check(path, 1, Slots(), machine)
    (service,) = checked.plan.services
    assert [(each.name, each.pool, each.slot, each.weight) for each in service.servers] == [
        ("A", "default", 1, 100),
        ("B", "new", 2, 5),
        ("C", "old", 3, 100),
    ]
    assert service.servers[1].address.host == "10.0.0.12"
    assert service.routes == (
        Route("new", user="k*", networks=("10.0.0.0/8",), host="ftp.example.org", percent=5),
        Route("old", user_regex="x+", sni="*.example.org", certificate="Partner"),
        Route("old", certificate_subject="CN=a,O=B", certificate_san="email:*@b"),
    )
    assert service.pools == {"new": "round-robin"}
    assert (service.affinity, service.affinity_timeout_s) == ("user", 60)
    assert [describe(each).partition(": never")[0] for each in checked.warnings] == [
        "line 12, virtual_services.V.routes.1.sni",
        "line 12, virtual_services.V.routes.1.certificate",
        "line 13, virtual_services.V.routes.2.certificate_subject",
        "line 13, virtual_services.V.routes.2.certificate_san",
    ]


def test_servers_of_all_pools_are_checked_alike(write, machine):
    path = write("""
virtual_services:
  V:
    address: 192.0.2.10
    ports: 21,1025-1052
    real_servers: {A: {address: 10.0.0.11}}
    routes: [{pool: new}]
    pools:
      new:
        real_servers:
          B: {address: nowhere.example.org}
          C: {address: 192.0.2.10}
          D: {address: 10.0.0.13, server_tls: explicit, server_ca: tls/missing.pem}
""")
    with pytest.raises(InvalidConfigError) as caught:
        check(path, 1, Slots(), machine)
    said = [describe(each) for each in caught.value.problems]
    place = "virtual_services.V.pools.new.real_servers"
    assert said[0].startswith(f"line 11, {place}.B.address: ")
    assert said[1].startswith(f"line 12, {place}.C.address: is the address and port of virtual_services.V itself")
    assert said[2].startswith(f"line 13, {place}.D.server_ca: ")
