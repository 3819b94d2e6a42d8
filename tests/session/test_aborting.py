"""ABOR overtakes a transfer; the client gets one reply to each of its commands."""

import pytest

from ftpair.core.facts import ProtocolError, TransferEnded
from ftpair.session.ongoing import Progress
from tests.transcripts.play import TLS, Stage, logged_in, passive, play, started

ABORTED = "426 Connection lost; transfer aborted: the client wanted it."


def result(stage: Stage) -> str:
    (only,) = stage.noted(TransferEnded)
    return only.result


def test_426_and_226_are_both_relayed():
    stage = started()
    stage.progress = Progress(99, client_tls=TLS)
    stage.play("""
        C> ABOR
        S< ABOR
        D< drop cut
        S> 426 Aborted.
        C< 426 Aborted.
        S> 226 ABOR done.
        C< 226 ABOR done.
        C> PWD
        S< PWD
    """)
    assert result(stage) == "aborted"
    (fact,) = stage.noted(TransferEnded)
    assert (fact.bytes, fact.client_tls, fact.server_tls) == (99, TLS, None)
    assert stage.session.commands["ABOR"] == 1


@pytest.mark.parametrize("reply", ["226 ABOR done.", "225 ABOR done."])
def test_a_lone_226_is_the_reply_to_abor_after_a_grace(reply):
    started().play(f"""
        C> ABOR
        S< ABOR
        D< drop cut
        S> {reply}
        C< {ABORTED}
        C> PWD
        T> 1
        T> 1
        C< {reply}
        S< PWD
    """)


def test_s12_a_transfer_that_the_server_calls_complete_is_not_after_abor():
    started().play(f"""
        C> ABOR
        S< ABOR
        D< drop cut
        S> 226 Transfer complete.
        C< {ABORTED}
        S> 225 Nothing to abort.
        C< 225 Nothing to abort.
    """)


def test_a_server_that_answers_abor_before_the_transfer_is_put_in_order():
    started().play("""
        C> ABOR
        S< ABOR
        D< drop cut
        S> 226 Abort successful
        C< 426 Connection lost; transfer aborted: the client wanted it.
        S> 426 Transfer aborted. Data connection closed
        C< 226 Abort successful
        C> PWD
        S< PWD
    """)


def test_the_reply_to_abor_behind_a_426_may_take_its_time():
    started().play("""
        C> ABOR
        S< ABOR
        D< drop cut
        S> 426 Aborted.
        C< 426 Aborted.
        C> DELE a
        T> 299
        S> 226 ABOR done.
        C< 226 ABOR done.
        S< DELE a
        S> 250 Gone.
        C< 250 Gone.
    """)


def test_a_server_that_never_answers_abor_itself_is_left():
    started().play("""
        C> ABOR
        S< ABOR
        D< drop cut
        S> 426 Aborted.
        C< 426 Aborted.
        T> 300
        S< [ended]
        C< 421 The server does not answer.
        C< [ended]
    """)


def test_a_second_reply_to_abor_after_the_grace_answers_no_other_command():
    stage = started().play(f"""
        C> ABOR
        S< ABOR
        D< drop cut
        C> DELE a
        S> 226 ABOR done.
        C< {ABORTED}
        T> 2
        C< 226 ABOR done.
        S< DELE a
        S> 225 Nothing to abort.
        S> 250 Gone.
        C< 250 Gone.
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["stray-reply"]


def test_a_late_reply_to_abor_answers_a_second_abor_as_well_as_its_own():
    started().play(f"""
        C> ABOR
        S< ABOR
        D< drop cut
        S> 226 ABOR done.
        C< {ABORTED}
        T> 2
        C< 226 ABOR done.
        C> ABOR
        S< ABOR
        S> 225 Nothing to abort.
        C< 225 Nothing to abort.
        C> DELE a
        S< DELE a
        S> 225 Nothing to abort.
        S> 250 Gone.
        C< 250 Gone.
    """)


def test_pure_ftpds_second_1xx_to_abor_is_not_relayed():
    started().play(f"""
        C> ABOR
        S< ABOR
        D< drop cut
        S> 150 Still here.
        S> 226 Done.
        C< {ABORTED}
    """)


def test_abor_before_the_1xx_aborts_too():
    passive(logged_in()).play("""
        C> RETR a
        S< RETR a
        C> ABOR
        S< ABOR
        D< drop cut
        S> 150 Here.
        C< 150 Here.
        S> 426 Aborted.
        C< 426 Aborted.
        S> 226 ok
        C< 226 ok
    """)


def test_abor_after_the_last_byte_leaves_the_transfer_complete():
    stage = started().play("""
        S~ end 5
        C> ABOR
        S< ABOR
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        S> 225 Nothing to abort.
        C< 225 Nothing to abort.
    """)
    assert result(stage) == "complete"


def test_abor_after_the_last_byte_of_a_transfer_that_fails():
    stage = started().play("""
        S~ end 5
        C> ABOR
        S< ABOR
        S> 451 Failed.
        D< drop cut
        C< 451 Failed.
        S> 225 Nothing to abort.
        C< 225 Nothing to abort.
    """)
    assert result(stage) == "refused"


def test_a_server_that_aborts_behind_the_last_byte_is_not_said_to_have_refused():
    """pyftpdlib has said close_notify by then, and closes only with its next event."""
    stage = started().play("""
        S~ end 5
        C> ABOR
        S< ABOR
        S> 426 Transfer aborted via ABOR.
        D< drop cut
        C< 426 Transfer aborted via ABOR.
        S> 226 ABOR command successful.
        C< 226 ABOR command successful.
    """)
    assert result(stage) == "aborted"


def test_abor_after_a_cut_keeps_the_cut():
    stage = started().play("""
        C~ cut
        C> ABOR
        S< ABOR
        S> 226 Done.
        C< 426 Connection lost; transfer aborted: the client's data connection was reset.
        S> 225 ok
        C< 225 ok
    """)
    assert result(stage) == "cut"


def test_abor_while_a_226_is_held_means_426_and_abors_own_reply():
    stage = started().play(f"""
        S> 226 Done.
        C> ABOR
        S< ABOR
        D< drop cut
        C< {ABORTED}
        S> 225 ok
        C< 225 ok
        C> PWD
        S< PWD
    """)
    assert result(stage) == "aborted"


def test_abor_behind_queued_commands_drops_the_data_and_keeps_the_order():
    started().play("""
        C> NOOP
        C> ABOR
        D< drop cut
        C> PWD
        S> 426 Broken pipe.
        C< 426 Broken pipe.
        S< NOOP
        S> 200 ok
        C< 200 ok
        S< ABOR
        S> 226 nothing to abort
        C< 226 nothing to abort
        S< PWD
    """)


def test_abor_behind_queued_commands_before_the_1xx():
    passive(logged_in()).play(f"""
        C> RETR a
        S< RETR a
        C> NOOP
        C> ABOR
        D< drop cut
        S> 150 Here.
        C< 150 Here.
        S> 226 Done.
        C< {ABORTED}
        S< NOOP
    """)


def test_abor_behind_queued_commands_while_a_226_is_held():
    started().play(f"""
        S> 226 Done.
        C> NOOP
        C> ABOR
        D< drop cut
        C< {ABORTED}
        S< NOOP
        S> 200 ok
        C< 200 ok
        S< ABOR
    """)


def test_abor_behind_queued_commands_after_the_last_byte_changes_nothing():
    stage = started().play("""
        S~ end 5
        C> NOOP
        C> ABOR
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        S< NOOP
    """)
    assert result(stage) == "complete"


def test_abor_twice_is_answered_twice():
    started().play("""
        C> ABOR
        S< ABOR
        D< drop cut
        C> ABOR
        S> 426 Aborted.
        C< 426 Aborted.
        S> 226 ok
        C< 226 ok
        S< ABOR
        S> 225 nothing
        C< 225 nothing
    """)


def test_abor_without_a_transfer_is_an_ordinary_command():
    play("""
        C> ABOR
        S< ABOR
        S> 226 nothing
        C< 226 nothing
    """)


def test_a_server_that_answers_nothing_to_abor_is_left():
    stage = started().play(f"""
        C> ABOR
        S< ABOR
        D< drop cut
        T> 10
        C< {ABORTED}
        S< [cut]
        C< 421 The server does not answer.
        C< [ended]
    """)
    assert result(stage) == "aborted"


def test_a_shutdown_during_a_held_reply_ends_after_the_abort():
    started().play(f"""
        S> 226 Done.
        O> stop Maintenance.
        C> ABOR
        S< ABOR
        D< drop cut
        C< {ABORTED}
        S< [ended]
        C< 421 Maintenance.
        C< [ended]
    """)


def test_s11_replies_stay_in_order_behind_stor_abor_and_noop():
    stage = started("STOR a.bin")
    for number in range(50):
        stage.play(f"C> SIZE {number}")
    stage.play("""
        C> ABOR
        D< drop cut
        S> 426 Aborted.
        C< 426 Aborted.
        S< SIZE 0
    """)
    for number in range(50):
        following = f"S< SIZE {number + 1}" if number < 49 else "S< ABOR"
        stage.play(f"""
            S> 213 {number}
            C< 213 {number}
            {following}
        """)
