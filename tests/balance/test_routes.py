"""The first rule that fits says which pool a session goes to."""

import pytest

from ftpair.balance.policies import Request
from ftpair.balance.routes import pool_names, pool_of, route
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.facts import NO_NAMES, CertificateNames
from ftpair.core.plan import ServerPlan, ServicePlan
from ftpair.core.routing import Route

WHOLE = {
    "user": "kim",
    "client": "10.0.0.5",
    "host": "FTP.example.org",
    "sni": "Ftps.example.org",
    "certificate": "Partner 1",
    "names": CertificateNames(
        r"CN=Doe\, Jane+UID=7,OU=Ops,O=Example,C=DE", ("dns:h.example", "email:Jane@example.org")
    ),
}


def service(*routes, **more):
    pools = (("A", "default"), ("B", "new"), ("C", "new"))
    servers = tuple(
        ServerPlan(slot, "ftp", name, Endpoint("10.0.0.1", 21), pool=pool) for slot, (name, pool) in enumerate(pools)
    )
    return ServicePlan("ftp", "192.0.2.10", PortRange(1025, 1052), servers, routes=routes, **more)


def asker(**known):
    return Request(**({"client": "", "user": ""} | known), turn=0, chance=lambda: 0.5)


def to(*routes, **known):
    return route(service(*routes), asker(**known))


def test_the_first_rule_that_fits_counts():
    rules = (Route("a", user="root"), Route("b", user="k*"), Route("c", user="kim"))
    assert to(*rules, user="kim").pool == "b"
    assert to(*rules, user="kim").number == 2
    assert to(*rules, user="kim").why == "rule 2: user k*"


def test_who_fits_no_rule_goes_to_the_default_pool():
    routed = to(Route("a", user="root"), user="kim")
    assert (routed.pool, routed.number, routed.rule, routed.why) == ("default", 0, "none", "no rule fits")
    assert to(user="kim").why == "there are no rules"
    assert to(Route("a"), user="kim").rule == "1"


@pytest.mark.parametrize(
    ("rule", "other"),
    [
        (Route("new", user="k*"), {"user": "bob"}),
        (Route("new", user_regex="k[a-z]{2}"), {"user": "kimberley"}),
        (Route("new", networks=("10.1.0.0/16", "10.0.0.0/24")), {"client": "10.0.1.5"}),
        (Route("new", networks=("10.0.0.0/24",)), {"client": "::ffff:10.0.1.5"}),
        (Route("new", host="*.example.org"), {"host": "example.org"}),
        (Route("new", sni="ftps.*"), {"sni": "ftp.example.org"}),
        (Route("new", certificate="Partner ?"), {"certificate": "Partner 17"}),
        (Route("new", certificate_subject=r"CN=Doe\, Jane*,O=Example,C=DE"), {"names": CertificateNames("CN=Doe")}),
        (
            Route("new", certificate_subject=r"cn=Doe\2C Jane+uid=7,ou=Ops,o=Example,c=DE"),
            {"names": CertificateNames("C=DE")},
        ),
        (Route("new", certificate_subject="*,OU=Ops,*"), {"names": CertificateNames(r"CN=x\,OU=Ops\,,O=Example")}),
        (Route("new", certificate_san="email:*@example.org"), {"names": CertificateNames("", ("dns:a@example.org",))}),
        (Route("new", certificate_san="dns:h.example"), {"names": CertificateNames("", ("dns:H.example", "email:h"))}),
    ],
)
def test_a_rule_fits_what_it_asks_for_and_nothing_else(rule, other):
    assert to(rule, **WHOLE).pool == "new"
    assert to(rule, **(WHOLE | other)).pool == "default"
    nothing = {key: NO_NAMES if key == "names" else "" for key in other}
    assert to(rule, **(WHOLE | nothing)).pool == "default", "what is not told fits nothing"


def test_a_star_does_not_fit_what_was_not_told():
    assert to(Route("new", user="*")).pool == "default"
    assert to(Route("new", user_regex=".*")).pool == "default"
    assert to(Route("new", certificate_subject="*")).pool == "default"
    assert to(Route("new", certificate_san="*")).pool == "default"


def test_all_that_a_rule_asks_for_must_hold():
    rule = Route("new", user="k*", networks=("10.0.0.0/8",))
    assert to(rule, user="kim", client="10.0.0.5").pool == "new"
    assert to(rule, user="kim", client="192.0.2.5").pool == "default"
    assert to(rule, user="bob", client="10.0.0.5").pool == "default"


def test_a_share_is_as_great_as_it_says_and_always_the_same_users():
    users = [f"user{number}" for number in range(4000)]

    def chosen(percent, pool="new"):
        return {user for user in users if to(Route(pool, percent=percent), user=user).pool == pool}

    five, ten = chosen(5), chosen(10)
    assert 150 < len(five) < 250
    assert 320 < len(ten) < 480
    assert five < ten, "a share that grows takes nobody back"
    assert five == chosen(5)
    assert len(five & chosen(5, "other")) < 40, "each pool has an order of its own"
    assert chosen(100) == set(users)


def test_where_no_user_is_known_the_address_has_its_place_in_a_share():
    clients = [f"10.0.{number // 250}.{number % 250}" for number in range(2000)]
    chosen = [client for client in clients if to(Route("new", percent=50), client=client).pool == "new"]
    assert 900 < len(chosen) < 1100


def test_a_pool_is_the_service_with_its_own_servers_and_policy():
    plan = service(pools={"new": "round-robin"})
    assert pool_names(plan) == ("default", "new")
    new, default = pool_of(plan, "new"), pool_of(plan, "default")
    assert ([each.name for each in new.servers], new.balance) == (["B", "C"], "round-robin")
    assert ([each.name for each in default.servers], default.balance) == (["A"], "least-sessions")


def test_a_rule_is_told_as_people_read_it():
    rule = Route("new", user="k*", networks=("10.0.0.0/8", "fc00::/7"), host="h", sni="s", certificate="c", percent=2.5)
    assert str(rule) == "user k*, from 10.0.0.0/8 or fc00::/7, host h, sni s, certificate c, 2.5 %"
    assert str(Route("new", user_regex="k.")) == "user_regex k."
    by_certificate = Route("new", certificate_subject="CN=a,O=b", certificate_san="dns:h")
    assert str(by_certificate) == "certificate_subject CN=a,O=b, certificate_san dns:h"
    assert str(Route("new")) == "everybody"
