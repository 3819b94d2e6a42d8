"""Everything that ends a session: QUIT, losses, clocks, the operator, the shutdown."""

import pytest

from ftpair.core.facts import ProtocolError, SessionEnded
from ftpair.core.plan import Clocks
from ftpair.session import events
from tests.transcripts.play import Stage, greeted, logged_in, passive, plan, play, servers, started, tls_plan


def ended(stage: Stage) -> SessionEnded:
    (only,) = stage.noted(SessionEnded)
    assert stage.session.state == "ended"
    assert stage.session.deadline is None
    return only


def test_quit_is_answered_by_the_server():
    stage = play("""
        C> QUIT
        S< QUIT
        S> 120 Counting.
        C< 120 Counting.
        S> 221-You moved
        S> 221 nothing.
        S< [ended]
        C< 221-You moved
        C< 221 nothing.
        C< [ended]
    """)
    assert (ended(stage).ended, ended(stage).reply) == ("QUIT", "221 nothing.")


@pytest.mark.parametrize("nothing", ["S> [lost closed]", "T> 300"])
def test_quit_is_answered_for_a_server_that_says_nothing(nothing):
    stage = play(f"""
        C> QUIT
        S< QUIT
        {nothing}
        S< [ended]
        C< 221 Goodbye.
        C< [ended]
    """)
    assert ended(stage).ended == "QUIT"


def test_a_client_that_does_not_wait_for_the_goodbye_has_quit():
    stage = play("""
        C> QUIT
        S< QUIT
        C> [cut]
        S< [ended]
        C< [cut]
    """)
    assert ended(stage).ended == "QUIT"


def test_a_client_that_has_said_all_gets_every_reply():
    stage = play("""
        C> PWD
        S< PWD
        C> SIZE a
        C> QUIT
        C> [ended]
        S> 257 "/"
        C< 257 "/"
        S< SIZE a
        S> 213 5
        C< 213 5
        S< QUIT
        S> 221 Bye.
        S< [ended]
        C< 221 Bye.
        C< [ended]
    """)
    assert ended(stage).ended == "QUIT"


def test_a_client_that_has_said_all_without_quit_is_left_after_the_last_reply():
    stage = greeted().play("""
        C> USER anna
        S< [dial A]
        C> PASS secret
        C> [ended]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
        S< PASS secret
        S> 230 Logged in.
        C< 230 Logged in.
        S< [ended]
        C< [ended]
    """)
    assert ended(stage).ended == "the client closed"


def test_a_client_that_has_said_all_is_left_when_its_connection_breaks():
    stage = play("""
        C> PWD
        S< PWD
        C> [ended]
        C> [cut]
        S< [ended]
        C< [cut]
    """)
    assert ended(stage).ended == "the client's connection was cut"


def test_a_client_that_closes_in_a_transfer_is_gone():
    stage = started().play("""
        C> PWD
        C> [ended]
        D< drop cut
        S< [cut]
        C< [ended]
    """)
    assert ended(stage).ended == "the client closed"


def test_a_client_that_closes_in_a_handshake_is_gone():
    stage = Stage(tls_plan()).open().play("C< 220 FTP service ready.")
    stage.session.handle(events.ClientSent(b"AUTH TLS"), stage.now)
    stage.play("""
        C> [ended]
        C< [cut]
    """)


def test_nothing_behind_quit_is_done():
    play("""
        C> QUIT
        S< QUIT
        C> DELE a
        S> 221 Bye.
        S< [ended]
        C< 221 Bye.
        C< [ended]
    """)


def test_an_ended_session_does_nothing_more():
    stage = greeted().play("""
        C> QUIT
        C< 221 Goodbye.
        C< [ended]
        C> NOOP
        C> [cut]
        S> 226 late
        T> 1000
        O> kick again
    """)
    assert not stage.session.is_open
    ended(stage)


@pytest.mark.parametrize(("how", "word"), [("ended", "the client closed"), ("cut", "the client's connection was cut")])
def test_a_client_that_goes_takes_its_server_along(how, word):
    stage = play(f"""
        C> [{how}]
        S< [ended]
        C< [{how}]
    """)
    assert ended(stage).ended == word


def test_a_lost_server_is_said():
    stage = play("""
        S> [lost reset]
        S< [ended]
        C< 421 The connection to the server is lost.
        C< [ended]
    """)
    assert ended(stage).ended == "the connection to the server is lost"


def test_the_loss_of_a_server_that_the_session_does_not_have_means_nothing():
    greeted().play("S> [lost reset]")


def test_a_421_of_the_server_is_relayed_and_ends_the_session():
    stage = play("""
        S> 421 Timeout.
        S< [ended]
        C< 421 Timeout.
        C< [ended]
    """)
    assert ended(stage).ended == "the server answered 421"


def test_a_stray_reply_is_counted_and_not_forwarded():
    stage = play("""
        S> 226 late
        C> PWD
        S< PWD
        S> 257 "/"
        C< 257 "/"
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["stray-reply"]


def test_a_header_of_who_may_send_none_ends_the_session_without_a_word():
    stage = greeted()
    stage.tell(events.HeaderSent())
    stage.play("C< [cut]")
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["proxy-header"]
    (ended,) = stage.noted(SessionEnded)
    assert ended.ended == "a PROXY header came from an address that is not listed"


def test_s10_an_endless_line_ends_the_session():
    stage = greeted().play("""
        C> [endless]
        C< 500 Line too long.
        C< [ended]
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["line-too-long"]


def test_s10_an_endless_reply_ends_the_session():
    stage = play("""
        C> STAT
        S< STAT
        S> [endless]
        S< [ended]
        C< 421 The connection to the server is lost.
        C< [ended]
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["reply-too-long"]


def test_an_idle_session_ends():
    play("""
        T> 599
        C> NOOP
        S< NOOP
        S> 200 ok
        C< 200 ok
        T> 599
        T> 1
        S< [ended]
        C< 421 No command for too long.
        C< [ended]
    """)


def test_idle_time_stands_still_while_data_move():
    stage = started()
    assert stage.session.deadline is None
    stage.play("""
        T> 100000
        S~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        T> 599
    """)


def test_a_session_that_does_not_log_in_ends():
    stage = greeted()
    assert stage.session.deadline == 1120.0
    stage.play("""
        T> 119
        C> NOOP
        C< 200 NOOP ok.
        T> 1
        C< 421 No login for too long.
        C< [ended]
    """)


def test_an_early_tick_means_nothing():
    play("T> 1")


def test_a_short_idle_clock_runs_before_login_too():
    stage = greeted(plan(clocks=Clocks(idle_timeout_s=10)))
    assert stage.session.deadline == 1010.0
    stage.play("""
        T> 10
        C< 421 No command for too long.
        C< [ended]
    """)


def test_a_late_login_ends_in_silence_within_a_handshake():
    stage = Stage(tls_plan()).open().play("C< 220 FTP service ready.")
    stage.session.handle(events.ClientSent(b"AUTH TLS"), stage.now)
    assert stage.session.deadline == 1120.0
    stage.play("""
        T> 120
        C< [cut]
    """)


@pytest.mark.parametrize("end", ["T> 120", "O> kick out"])
def test_before_the_handshake_of_the_implicit_port_no_reply_is_claimed(end):
    stage = Stage(tls_plan(), entrance="implicit").play(f"""
        {end}
        C< [cut]
    """)
    assert ended(stage).reply == ""


def test_a_server_that_does_not_answer_is_left():
    play("""
        C> PWD
        S< PWD
        T> 300
        S< [ended]
        C< 421 The server does not answer.
        C< [ended]
    """)


def test_the_operator_ends_a_session_and_its_transfer():
    stage = started().play("""
        O> kick Ended by the administrator.
        D< drop cut
        S< [cut]
        C< 421 Ended by the administrator.
        C< [ended]
    """)
    assert ended(stage).ended == "Ended by the administrator."


def test_a_shutdown_ends_an_idle_session_at_once():
    passive(logged_in()).play("""
        O> stop Maintenance.
        D< drop ended
        S< [ended]
        C< 421 Maintenance.
        C< [ended]
    """)


def test_a_shutdown_lets_the_transfer_end():
    stage = started().play("""
        O> stop Maintenance.
        C> PWD
        S~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        S< [ended]
        C< 421 Maintenance.
        C< [ended]
    """)
    assert ended(stage).ended == "Maintenance."


@pytest.mark.parametrize("words", ["kick Out.", "stop Out."])
def test_a_session_may_end_while_its_server_is_made_ready(words):
    greeted(plan(servers=servers(1))).play(f"""
        C> USER anna
        S< [dial A]
        O> {words}
        S< [ended]
        C< 421 Out.
        C< [ended]
    """)


def test_a_sessions_end_says_all_about_it():
    stage = started().play("""
        S~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        T> 30
        C> QUIT
        S< QUIT
        S> 221 Bye.
        S< [ended]
        C< 221 Bye.
        C< [ended]
    """)
    assert ended(stage) == SessionEnded(
        service="VIP",
        session="s1",
        client="198.51.100.7:40000",
        entrance="explicit",
        user="anna",
        server="A",
        tls=None,
        server_tls=None,
        seconds=30.0,
        transfers=1,
        bytes_up=0,
        bytes_down=5,
        ended="QUIT",
        reply="221 Bye.",
    )
