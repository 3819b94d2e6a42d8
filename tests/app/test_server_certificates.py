"""Warnings about certificates of real servers: what they say, and that each is said once."""

import pytest
from msgspec.structs import replace

from ftpair.app.server_certificates import DAY_S, ServerWarnings, earliest_end, warnings_of
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.plan import Plan, ServerPlan, ServicePlan
from ftpair.core.status import ServerCertificate, ServerState

NOW = 1_796_000_000.0
SERVER = ServerPlan(3, "VIP", "FTP_SVR1", Endpoint("10.0.0.1", 21))


def state(*certificates):
    return ServerState(certificates=certificates)


def lasting(days, *names, missed=""):
    return ServerCertificate(NOW + days * DAY_S, names, missed)


def plan_of(*servers):
    return Plan(1, 1, (ServicePlan("VIP", "127.0.0.1", PortRange(1, 2), servers, explicit=21),))


@pytest.mark.parametrize(
    ("seen", "warnings"),
    [
        ((), ()),
        ((lasting(30),), ()),
        ((lasting(29.9),), ("certificate of FTP_SVR1 expires in 29 days",)),
        ((lasting(6.5),), ("certificate of FTP_SVR1 expires in 6 days",)),
        ((lasting(1.5),), ("certificate of FTP_SVR1 expires in 1 day",)),
        ((lasting(0.5),), ("certificate of FTP_SVR1 expires within a day",)),
        ((lasting(-0.5),), ("certificate of FTP_SVR1 expired on 2026-11-29",)),
        ((lasting(90, "a", missed="b"),), ("certificate of FTP_SVR1 is for a, not b",)),
        ((lasting(90, missed="b"),), ("certificate of FTP_SVR1 is for nobody, not b",)),
        (
            (lasting(2, "a", "b", "c", "d", missed="e"),),
            ("certificate of FTP_SVR1 expires in 2 days", "certificate of FTP_SVR1 is for a, b, c, ..., not e"),
        ),
        ((lasting(2, "a"), lasting(2, "b")), ("certificate of FTP_SVR1 expires in 2 days",)),
    ],
)
def test_what_is_amiss_is_told_in_words(seen, warnings):
    assert warnings_of("FTP_SVR1", state(*seen), NOW) == warnings


def test_the_first_end_counts():
    assert earliest_end(state(lasting(9), lasting(2))) == NOW + 2 * DAY_S
    assert earliest_end(state()) is None


def test_each_warning_is_said_once_for_as_long_as_it_holds():
    said = []
    warnings = ServerWarnings(lambda server, sentence: said.append((server.name, sentence)))
    warnings.use_plan(plan_of(SERVER))
    for day in (0, 0, 1, 2):
        warnings.hear(3, state(lasting(6.5)), NOW + day * DAY_S)
    warnings.use_plan(plan_of(replace(SERVER, weight=7)))
    warnings.hear(3, state(lasting(6.5)), NOW)
    assert said == [("FTP_SVR1", "certificate of FTP_SVR1 expires in 6 days")]
    warnings.hear(3, state(lasting(6.5)), NOW + 7 * DAY_S)
    assert said[1:] == [("FTP_SVR1", "certificate of FTP_SVR1 expired on 2026-12-06")]


def test_a_warning_that_comes_back_or_is_of_another_place_is_said_again():
    said = []
    warnings = ServerWarnings(lambda _server, sentence: said.append(sentence))
    warnings.use_plan(plan_of(SERVER))
    for days in (6.5, 90, 6.5):
        warnings.hear(3, state(lasting(days)), NOW)
    assert len(said) == 2
    warnings.use_plan(plan_of(replace(SERVER, address=Endpoint("10.0.0.9", 21))))
    warnings.hear(3, state(lasting(6.5)), NOW)
    assert len(said) == 3
