"""What the probes said lately: remembered by server, as long as it is the same place."""

import socket
import threading
from dataclasses import replace as replace_state

import pytest
from msgspec.structs import replace

from ftpair.app.health import KEPT, HealthBook, described
from ftpair.core.endpoint import Endpoint, PortRange
from ftpair.core.health import PastVerdict
from ftpair.core.messages import Probed
from ftpair.core.plan import HealthPlan, Plan, ServerPlan, ServicePlan
from ftpair.core.status import Admin, Health, ServerCertificate, ServerState
from tests.app.test_supervisor import running, until

SERVER = ServerPlan(3, "VIP", "SVR", Endpoint("10.0.0.1", 21))
UP, DOWN = ServerState(health=Health.UP, reason="up: fine"), ServerState(health=Health.DOWN, reason="down: refused")


def plan_of(*servers, **health):
    service = ServicePlan("VIP", "127.0.0.1", PortRange(1, 2), servers, explicit=21, health=HealthPlan(**health))
    return Plan(1, 1, (service,))


def book(*servers, **health):
    clock = iter(range(1000))
    made = HealthBook(lambda: float(next(clock)))
    made.use_plan(plan_of(*(servers or (SERVER,)), **health))
    return made


def told(health_book, state=UP):
    return {one.server: one for one in health_book.tell(lambda _server: state)}


def test_verdicts_are_remembered_the_newest_first_and_each_once():
    one = book()
    for state in (UP, UP, DOWN, UP):
        one.note(3, state)
    row = told(one, ServerState(Admin.DRAIN, Health.UP, "up: fine", since=7.0, check_seconds=0.5))["SVR"]
    assert row.history == (
        PastVerdict(2.0, Health.UP, "up: fine"),
        PastVerdict(1.0, Health.DOWN, "down: refused"),
        PastVerdict(0.0, Health.UP, "up: fine"),
    )
    assert (row.admin, row.health, row.since, row.check_seconds) == (Admin.DRAIN, Health.UP, 7.0, 0.5)


def test_what_is_amiss_with_its_certificate_is_told_beside():
    seen = ServerCertificate(not_after=1.0)
    row = told(book(), replace_state(UP, certificates=(seen,)))["SVR"]
    assert row.certificates == (seen,)
    assert row.warnings == ("certificate of SVR expires within a day",)


def test_so_many_are_kept_and_no_more():
    one = book()
    for number in range(KEPT + 5):
        one.note(3, ServerState(reason=str(number)))
    assert [each.reason for each in told(one)["SVR"].history] == [str(n) for n in reversed(range(5, KEPT + 5))]


def test_an_apply_forgets_a_server_that_is_another_place_now_and_no_other():
    other = ServerPlan(4, "VIP", "OTHER", Endpoint("10.0.0.2", 21))
    one = book(SERVER, other)
    one.note(3, UP)
    one.note(4, UP)
    one.note_check(Probed(3, 10.0, 15.0))
    one.use_plan(plan_of(replace(SERVER, weight=7), replace(other, address=Endpoint("10.0.0.9", 21))))
    rows = told(one)
    assert (len(rows["SVR"].history), rows["SVR"].last_check, rows["SVR"].next_check) == (1, 10.0, 15.0)
    assert (rows["OTHER"].history, rows["OTHER"].last_check, rows["OTHER"].next_check) == ((), 0.0, 0.0)
    one.note_check(Probed(99, 10.0, 15.0))
    one.use_plan(plan_of())
    assert told(one) == {}


@pytest.mark.parametrize(
    ("health", "words"),
    [
        ({"check": "off"}, "is not probed"),
        ({"check": "tcp", "interval_s": 0.5}, "connects, every 0.5 s and within 5 s; "),
        ({"check": "tls"}, "connects, awaits a greeting of 220 and agrees on TLS, every 5 s"),
        (
            {"check": "login", "user": "probe", "rise": 1, "fall": 4},
            "logs in as probe, every 5 s and within 5 s; 1",
        ),
        ({"check": "list", "user": "probe"}, "logs in as probe and lists over a data connection, every 5 s"),
        (
            {"check": "roundtrip", "user": "probe", "folder": "a/b"},
            "logs in as probe, lists, stores a file in a/b, reads it back and deletes it, every 5 s",
        ),
        ({"fall": 4}, "4 bad ones bring it down"),
    ],
)
def test_what_a_probe_does_is_told_in_words(health, words):
    assert words in described(HealthPlan(**health))


def greet(listener):
    while True:
        try:
            sock, _address = listener.accept()
        except OSError:
            return
        with sock:
            sock.sendall(b"220 Hello.\r\n")


def test_a_running_ftpair_tells_when_it_looked_what_it_saw_and_when_it_looks_again(site):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=greet, args=(listener,), daemon=True).start()
        site.server_port = listener.getsockname()[1]
        site.write(servers=("UP",), workers=1)
        site.path.write_text(site.path.read_text().replace('{check: "off"}', "{check: tcp, interval_s: 0.2, fall: 1}"))
        with running(site) as ftpair:
            ftpair.heard("READY=1")
            until(lambda: ftpair.api("/api/v1/health").json()[0]["health"] == "up")
            until(lambda: ftpair.api("/api/v1/health").json()[0]["last_check"])
            (row,) = ftpair.api("/api/v1/health?service=VIP&server=UP").json()
            assert 0 < row["next_check"] - row["last_check"] <= 0.2
            assert (row["check"], row["history"][0]["reason"]) == ("tcp", "up: connection accepted")
            listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            until(lambda: ftpair.api("/api/v1/health").json()[0]["health"] == "down")
            (row,) = ftpair.api("/api/v1/health").json()
            assert [each["health"] for each in row["history"]][-2:] == ["down", "up"]
            assert ftpair.api("/api/v1/health?server=NONE").json() == []
            assert ftpair.end() == 0
