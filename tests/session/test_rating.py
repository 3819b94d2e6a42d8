"""What a session says of its server to who ejects servers: blame and credit, and nothing where nobody asks."""

import pytest

from ftpair.core.ejection import EjectionPolicy
from ftpair.core.plan import ServerTls
from ftpair.session import events
from tests.transcripts.play import greeted, logged_in, plan, servers, started

CONTROL = (0, "control", "")
POLICY = EjectionPolicy()
TIMED = EjectionPolicy(slowest_greeting_s=2.0)
LOST = """
    S< [ended]
    C< 421 The connection to the server is lost.
    C< [ended]
"""
UNREACHABLE = """
    S< [ended]
    C< 421 Service not available: no server could be reached.
    C< [ended]
"""


def ejecting(policy=POLICY, **more):
    return plan(ejection=policy, **more)


def silenced(stage):
    """Forget what was said while logging in."""
    stage.ratings.clear()
    return stage


def at_the_server(policy=POLICY, **more):
    """A client that has said USER, whose server was dialled."""
    return greeted(ejecting(policy, retries=0, **more)).play("C> USER anna\nS< [dial A]")


def test_a_login_that_is_answered_is_to_its_credit_accepted_or_not():
    assert logged_in(ejecting()).ratings == [CONTROL]
    stage = at_the_server().play("""
        S> 220 Welcome.
        S< USER anna
        S> 530 No.
        C< 530 No.
    """)
    assert stage.ratings == [CONTROL]


def test_nothing_is_said_where_nobody_ejects():
    assert started().play("S~ cut\nS> 426 Lost.\nC< 426 Lost.").ratings == []


def test_a_server_that_cannot_be_reached_is_blamed_and_so_is_the_next_one():
    stage = greeted(ejecting(servers=servers(2), retries=1))
    stage.unreachable = {"A", "B"}
    stage.play(f"""
        C> USER anna
        S< [dial A]
        S< [ended]
        S< [dial B]
        {UNREACHABLE}
    """)
    assert stage.ratings == [(0, "connect", "connection refused"), (1, "connect", "connection refused")]


@pytest.mark.parametrize(
    ("said", "kind", "reason"),
    [
        ("S> 421 Too many.", "421", "it greets with 421"),
        ("S> 530 Go away.", "greeting", "it greets with 530"),
        ("S> [lost reset]", "greeting", "reset"),
        ("T> 5", "greeting", "no answer while awaiting the greeting"),
    ],
)
def test_a_server_without_a_good_greeting_is_blamed(said, kind, reason):
    assert at_the_server().play(said + UNREACHABLE).ratings == [(0, kind, reason)]


def test_a_server_that_refuses_tls_is_blamed_for_that():
    stage = at_the_server(servers=servers(tls=ServerTls(mode="explicit"))).play(f"""
        S> 220 Welcome.
        S< AUTH TLS
        S> 500 What?
        {UNREACHABLE}
    """)
    assert stage.ratings == [(0, "tls", "it answers AUTH TLS with 500")]


def test_a_failed_handshake_is_blamed():
    stage = at_the_server(servers=servers(tls=ServerTls(mode="explicit"))).play(f"""
        S> [TLS fails]
        S> 220 Welcome.
        S< AUTH TLS
        S> 234 Go.
        S< [TLS]
        {UNREACHABLE}
    """)
    assert stage.ratings == [(0, "tls", "handshake failed")]


@pytest.mark.parametrize(("seconds", "rating"), [(2.0, (0, "time", "")), (2.1, (0, "slow", "greeting after 2.1 s"))])
def test_a_late_greeting_is_an_error_where_time_counts(seconds, rating):
    stage = at_the_server(TIMED)
    stage.now += seconds
    stage.play("S> 220 Welcome.\nS< USER anna")
    assert stage.ratings == [rating]


def test_time_does_not_count_unless_it_shall():
    stage = at_the_server()
    stage.now += 4.0
    assert stage.play("S> 220 Welcome.\nS< USER anna").ratings == []


def test_a_control_connection_that_is_reset_is_blamed_at_any_time():
    stage = silenced(logged_in(ejecting())).play("S> [lost reset]" + LOST)
    assert stage.ratings == [(0, "control", "control connection lost: reset")]


def test_a_server_that_closes_an_idle_session_in_order_has_not_erred_but_one_that_owes_a_reply_has():
    assert silenced(logged_in(ejecting())).play("S> [closed]" + LOST).ratings == []
    stage = silenced(logged_in(ejecting())).play("C> PWD\nS< PWD\nS> [closed]" + LOST)
    assert stage.ratings == [(0, "control", "control connection lost: it closed")]


def test_a_421_is_an_error_where_something_else_was_asked_for():
    timeout = "S> 421 Timeout.\nS< [ended]\nC< 421 Timeout.\nC< [ended]"
    assert silenced(logged_in(ejecting())).play(timeout).ratings == []
    stage = silenced(logged_in(ejecting())).play("C> PWD\nS< PWD\n" + timeout)
    assert stage.ratings == [(0, "421", "it answers 421")]


def test_a_server_that_does_not_answer_is_blamed():
    stage = silenced(logged_in(ejecting())).play("""
        C> PWD
        S< PWD
        T> 300
        S< [ended]
        C< 421 The server does not answer.
        C< [ended]
    """)
    assert stage.ratings == [(0, "control", "the server does not answer")]


def transferring(command="RETR a.bin"):
    return silenced(started(command, ejecting()))


def test_a_complete_transfer_is_to_its_credit():
    stage = transferring().play("S~ end 5\nS> 226 Done.\nD< drop ended\nC< 226 Done.")
    assert stage.ratings == [(0, "data", "")]


@pytest.mark.parametrize("command", ["RETR a.bin", "STOR a.bin"])
def test_a_data_connection_that_the_server_breaks_is_blamed(command):
    stage = transferring(command).play("S~ cut\nS> 426 Lost.\nC< 426 Lost.")
    assert stage.ratings == [(0, "data", "the server's data connection was reset")]


def test_a_226_excuses_nothing():
    stage = transferring().play("S~ cut\nS> 226 Done.\nC< 426 ...")
    assert stage.ratings == [(0, "data", "the server's data connection was reset")]


def test_a_lasting_reason_for_a_broken_data_connection_is_no_error():
    """Some servers reset it for a listing that matches nothing, or an upload beyond a quota."""
    assert transferring("STOR a.bin").play("S~ cut\nS> 552 Quota.\nC< 552 Quota.").ratings == []


@pytest.mark.parametrize(
    "how", ["C~ cut\nS> 426 Lost.\nC< 426 Lost.", "S~ end 5\nS> 451 Disk.\nD< drop cut\nC< 451 Disk."]
)
def test_what_the_client_breaks_or_the_server_refuses_is_neither(how):
    assert transferring().play(how).ratings == []


def test_a_server_that_is_lost_in_a_transfer_is_blamed_once():
    stage = transferring().play("""
        S> [lost reset]
        D< drop cut
        C< 426 Connection lost; transfer aborted: the connection to the server is lost.
        S< [cut]
        C< 421 The connection to the server is lost.
        C< [ended]
    """)
    assert stage.ratings == [(0, "control", "control connection lost: reset")]


def test_a_server_that_is_silent_in_a_transfer_is_blamed():
    stage = transferring().play("""
        S~ end 5
        T> 300
        D< drop cut
        C< 426 Connection lost; transfer aborted: the server does not answer.
        S< [cut]
        C< 421 The server does not answer.
        C< [ended]
    """)
    assert stage.ratings == [(0, "control", "the server does not answer")]


RESCUED = {"servers": servers(2), "rescue": "sessions"}


@pytest.mark.parametrize(
    ("lost", "rating"),
    [
        ("S> [lost reset]", [(0, "control", "control connection lost: reset")]),
        ("S> 421 Going down.", [(0, "421", "it answers 421")]),
        ("T> 300", [(0, "control", "the server does not answer")]),
    ],
)
def test_a_server_is_blamed_although_its_session_is_rescued(lost, rating):
    stage = silenced(logged_in(ejecting(**RESCUED)))
    stage.play(f"""
        C> PWD
        S< PWD
        {lost}
        S< [ended]
        S< [dial B]
    """)
    assert stage.ratings == rating


def test_a_server_that_the_operator_halts_is_not_blamed():
    stage = silenced(logged_in(ejecting(**RESCUED)))
    stage.tell(events.ServerHalted("A is halted"))
    assert stage.done[-1] == "S< [dial B]"
    assert stage.ratings == []


def test_a_server_that_is_lost_again_in_a_rescue_is_blamed_too():
    stage = silenced(logged_in(ejecting(**RESCUED))).play("""
        S> [lost reset]
        S< [ended]
        S< [dial B]
        S> 220 Welcome.
        S< USER anna
    """)
    stage.tell(events.ServerLost("reset"))
    assert [rating[:2] for rating in stage.ratings] == [(0, "control"), (1, "control")]
