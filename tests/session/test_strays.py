"""A server may say 226 once more about a transfer that is over: no other command is answered by that."""

import pytest

from ftpair.core.ending import End
from ftpair.core.facts import ProtocolError
from ftpair.ftp.reply import Reply
from ftpair.session import events
from tests.transcripts.play import Stage, play, started


def cut() -> Stage:
    """A session whose download was cut, and answered with 426."""
    return started().play("""
        C~ cut
        S> 426 Broken pipe.
        C< 426 Broken pipe.
    """)


def strays(stage: Stage) -> list[str]:
    return [fact.kind for fact in stage.noted(ProtocolError)]


def test_a_queued_command_waits_for_all_replies_of_one_read():
    stage = started().play("""
        C~ cut
        C> SITE WIPE
        C> DELE a
        S> 426 Broken pipe. + 226 Done.
        C< 426 Broken pipe.
        S< SITE WIPE
        S> 200 Wiped.
        C< 200 Wiped.
        S< DELE a
        S> 250 Gone.
        C< 250 Gone.
    """)
    assert strays(stage) == ["stray-reply"]


def test_a_queued_command_is_not_answered_by_the_second_reply_to_a_cut():
    stage = started().play("""
        C~ cut
        C> DELE a
        S> 426 Broken pipe.
        C< 426 Broken pipe.
        S< DELE a
        S> 226 Done.
        S> 250 Gone.
        C< 250 Gone.
    """)
    assert strays(stage) == ["stray-reply"]


@pytest.mark.parametrize(
    ("line", "reply"), [("PWD", '257 "/"'), ("MODE S", "200 ok"), ("CLNT x", "200 ok"), ("USER b", "331 Password.")]
)
def test_whatever_verb_comes_next_gets_its_own_reply(line, reply):
    cut().play(f"""
        C> {line}
        S< {line}
        S> 226 Done.
        S> {reply}
        C< {reply}
    """)


def test_pasv_is_not_refused_by_a_stray():
    cut().play("""
        C> PASV
        D< expect
        S< PASV
        S> 226 Done.
        S> 227 (10,0,0,1,4,210)
        C< 227 Entering Passive Mode (192,0,2,10,4,2).
        D< dial 10.0.0.1:1234
    """)


def test_quit_is_not_answered_by_a_stray():
    cut().play("""
        C> QUIT
        S< QUIT
        S> 226 Done.
        S> 221 Bye.
        S< [ended]
        C< 221 Bye.
        C< [ended]
    """)


@pytest.mark.parametrize("line", ["SITE WIPE", "XFOO"])
def test_a_226_that_may_be_a_stray_or_the_answer_ends_the_session(line):
    cut().play(f"""
        C> {line}
        S< {line}
        S> 226 Done.
        S< [ended]
        C< 421 The server's replies are out of step.
        C< [ended]
    """)


def test_only_one_stray_is_expected():
    stage = cut().play("""
        S> 226 Done.
        C> SITE WIPE
        S< SITE WIPE
        S> 226 Wiped.
        C< 226 Wiped.
    """)
    assert strays(stage) == ["stray-reply"]


def test_after_any_other_reply_no_stray_can_come():
    cut().play("""
        C> PWD
        S< PWD
        S> 257 "/"
        C< 257 "/"
        C> SITE WIPE
        S< SITE WIPE
        S> 226 Wiped.
        C< 226 Wiped.
    """)


def test_an_upload_that_is_refused_in_its_middle_may_be_answered_twice():
    started("STOR a.bin").play("""
        S> 452 Disk full.
        D< drop cut
        C< 452 Disk full.
        C> DELE a.bin
        S< DELE a.bin
        S> 226 Done.
        S> 250 Gone.
        C< 250 Gone.
    """)


def test_a_226_to_an_ordinary_command_is_relayed_when_nothing_was_cut():
    play("""
        C> SITE WIPE
        S< SITE WIPE
        S> 226 Wiped.
        C< 226 Wiped.
    """)


def test_an_ended_session_awaits_no_stray():
    stage = started()
    stage.tell(events.ClientLost(End.CUT))
    stage.done.clear()
    stage.tell(events.ServerReplied(Reply(226, b"226 Done.\r\n")))
    assert stage.done == []
    assert strays(stage) == []
