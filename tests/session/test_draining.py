"""A drained session goes between two commands: never within a transfer, never before a reply that it is owed."""

from ftpair.core.facts import SessionDrained, SessionEnded, TransferEnded
from ftpair.session import events
from tests.transcripts.play import TLS, Stage, greeted, logged_in, plan, play, servers, started, tls_plan

GOES = """
    S< [ended]
    C< 421 The server is being taken out of service: log in again.
    C< [ended]
"""


def ended(stage: Stage) -> str:
    (session,), (drained,) = stage.noted(SessionEnded), stage.noted(SessionDrained)
    assert (session.server, drained.server, drained.user, drained.session) == ("A", "A", "anna", session.session)
    return session.ended


def test_a_session_that_does_nothing_goes_at_once():
    assert ended(play(f"O> drain\n{GOES}")) == "A is drained"


def test_a_running_transfer_ends_first():
    stage = started().play(f"""
        O> drain
        T> 86400
        O> drain
        C~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        {GOES}
    """)
    assert ended(stage) == "A is drained"
    (transfer,) = stage.noted(TransferEnded)
    assert (transfer.result, transfer.bytes) == ("complete", 5)


def test_commands_that_wait_behind_a_transfer_are_not_begun():
    started().play(f"""
        C> STOR b
        O> drain
        C~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        {GOES}
    """)


def test_a_command_gets_its_reply_first():
    play(f"""
        C> RNTO b
        S< RNTO b
        O> drain
        T> 9
        S> 250 Renamed.
        C< 250 Renamed.
        {GOES}
    """)


def test_a_reply_that_does_not_come_is_not_waited_for_any_longer():
    stage = play("""
        C> SITE CHECK
        S< SITE CHECK
        T> 60
        O> drain
        T> 9
    """)
    assert stage.session.deadline == stage.now + 1
    stage.play(f"T> 1\n{GOES}")


def test_the_whole_of_two_replies_in_one_read_is_taken_before_the_session_goes():
    play(f"""
        C> PWD
        S< PWD
        O> drain
        S> 257 "/" + 226 stray
        C< 257 "/"
        {GOES}
    """)


def test_a_handshake_is_not_disturbed():
    stage = (
        Stage(tls_plan(connect="at-once"))
        .open()
        .play("""
        S< [dial A]
        S> 220 Hello.
        C< 220 Hello.
    """)
    )
    stage.session.handle(events.ClientSent(b"AUTH TLS"), stage.now)
    stage.play("O> drain")
    stage.tell(events.ClientSecured(TLS))
    stage.play(GOES)


def test_a_login_goes_on_to_its_next_answer():
    greeted().play(f"""
        C> USER anna
        S< [dial A]
        O> drain
        S> 220 Welcome.
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
        {GOES}
    """)


def test_a_session_that_gets_another_server_meanwhile_stays():
    stage = greeted(plan(servers=servers(2))).play("""
        C> USER anna
        S< [dial A]
        O> drain
        S> [lost refused]
        S< [ended]
        S< [dial B]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
    """)
    assert stage.session.is_open


def test_a_server_that_is_online_again_keeps_its_sessions():
    stage = started().play("""
        O> drain
        O> online
        C~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        C> PWD
        S< PWD
        S> 257 "/"
        C< 257 "/"
    """)
    assert not stage.noted(SessionDrained)


def test_an_online_server_says_nothing_new_to_its_sessions():
    logged_in().play("O> online")


def test_a_shutdown_in_a_drain_has_its_own_words():
    started().play("""
        O> drain
        O> stop Maintenance.
        C~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        S< [ended]
        C< 421 Maintenance.
        C< [ended]
    """)
