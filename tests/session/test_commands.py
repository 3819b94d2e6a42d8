"""One command of the client: its row of the verbs table decides."""

import pytest

from ftpair.core.facts import ProtocolError
from ftpair.ftp.verbs import ROWS
from ftpair.session.commands import ACTIONS, HANDLERS
from ftpair.session.session import Session
from tests.transcripts.play import Stage, greeted, logged_in, passive, play, servers, tls_plan


def test_every_row_that_says_handle_has_its_function_and_no_other_has():
    assert {row.name for row in ROWS if row.do == "handle" and not row.moves} == set(HANDLERS)


def test_every_row_has_an_action():
    assert {row.name for row in ROWS} | {"other"} == set(ACTIONS)


@pytest.mark.parametrize("name", [row.name for row in ROWS if row.do == "pass"])
def test_a_verb_that_is_passed_on_goes_as_typed_and_its_reply_comes_back(name):
    play(f"""
        C> {name.lower()} An Argument
        S< {name.lower()} An Argument
        S> 150-first
        S> 150 second
        C< 150-first
        C< 150 second
        S> 299 whatever
        C< 299 whatever
    """)


@pytest.mark.parametrize("row", [row for row in ROWS if row.do == "refuse"], ids=lambda row: row.name)
def test_a_verb_that_is_refused_gets_the_reply_of_the_table(row):
    play(f"""
        C> {row.name} 1,2,3,4,5,6
        C< {row.reply}
    """)


@pytest.mark.parametrize("line", [row.name + " / HTTP/1.1" for row in ROWS if row.do == "close"])
def test_s5_http_closes_at_once_and_echoes_nothing(line):
    stage = greeted(tls_plan()).play(f"""
        C> {line}
        C< [ended]
        C> Host: <script>
    """)
    assert stage.to_client == b"220 FTP service ready.\r\n"
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["http"]


def test_s5_http_after_auth_and_on_the_implicit_port_closes_too():
    for stage in (
        greeted(tls_plan()).play("""
            C> AUTH TLS
            C< 234 Start TLS.
            C< [TLS]
        """),
        greeted(tls_plan(), entrance="implicit"),
        logged_in(tls_plan(clear_text="allow")),
    ):
        attached = "S< [ended]" if stage.session.server else ""
        stage.play(f"""
            C> POST / HTTP/1.1
            {attached}
            C< [ended]
        """)


@pytest.mark.parametrize(
    "line", ["<script>alert(1)</script>", "", " NOOP", "\x16\x03\x01", "DIR", "X\u00e9\u00e9\u00e9"]
)
def test_what_is_not_understood_is_not_echoed(line):
    stage = greeted()
    stage.client(line)
    stage.play("C< 500 Command not understood.")
    assert stage.session.commands == {"other": 1}


@pytest.mark.parametrize("line", ["RETR a\rDELE b", "RETR a\0"])
def test_s9_a_line_that_could_become_two_goes_nowhere(line):
    stage = logged_in()
    before = stage.to_server
    stage.client(line)
    stage.play("C< 501 A line may hold no CR, LF or NUL.")
    assert stage.to_server == before
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["bad-line"]


def test_an_unknown_verb_is_the_servers_to_judge():
    stage = play("""
        C> XQUOTA all
        S< XQUOTA all
        S> 500 Never heard of it.
        C< 500 Never heard of it.
    """)
    assert stage.session.commands == {"USER": 1, "PASS": 1, "other": 1}
    assert stage.session.last_command == "XQUOTA ****"


def test_an_unknown_verb_that_opens_a_data_connection_gets_none():
    passive(logged_in()).play("""
        C> XLISTALL a
        S< XLISTALL a
        S> 150 Here it comes.
        D< drop cut
        C< 150 Here it comes.
        S> 426 Broken pipe.
        C< 426 Broken pipe.
        C> LIST
        C< 425 Use PASV or EPSV first.
    """)


def test_an_unknown_verb_without_data_leaves_the_port_to_the_transfer_behind_it():
    passive(logged_in()).play("""
        C> XQUOTA
        S< XQUOTA
        S> 200 Plenty.
        C< 200 Plenty.
        C> LIST
        S< LIST
    """)


def test_the_password_is_masked_in_the_last_command():
    assert logged_in().session.last_command == "PASS ****"
    assert Stage().session.last_command == ""


def test_counters_can_be_shared_between_sessions():
    shared: dict[str, int] = {}
    stages = [Stage(), Stage()]
    for stage in stages:
        caller = stage.session._talk.caller
        stage.session = Session(stage.plan, "s", caller.client, caller.local, "explicit", 0.0, shared)
        stage.open().play("""
            C< 220 FTP service ready.
            C> NOOP
            C< 200 NOOP ok.
        """)
    assert shared == {"NOOP": 2}


def test_pipelined_commands_are_answered_in_order_one_at_a_time():
    play("""
        C> PWD
        S< PWD
        C> PBSZ 0
        C> CWD a
        C> PORT 1,2,3,4,5,6
        C> NOOP
        S> 257 "/"
        C< 257 "/"
        C< 503 Use AUTH TLS first.
        S< CWD a
        S> 250 ok
        C< 250 ok
        C< 504 Data go to your own address only, to a port from 1024 on.
        S< NOOP
        S> 200 ok
        C< 200 ok
    """)


def test_too_many_queued_lines_stop_the_reader():
    stage = play("""
        C> PWD
        S< PWD
    """)
    for number in range(64):
        assert not stage.session.is_full
        stage.play(f"C> CWD {number}")
    assert stage.session.is_full


def test_a_server_is_only_told_whole_lines():
    stage = play("""
        C> CWD a
        S< CWD a
    """)
    assert stage.to_server.endswith(b"CWD a\r\n")
    assert stage.plan.servers == servers()
