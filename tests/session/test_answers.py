"""What ftpair answers in a server's place."""

import pytest

from tests.transcripts.play import Stage, greeted, logged_in, plan, play, tls_plan


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("NOOP", "200 NOOP ok."),
        ("SYST", "215 UNIX Type: L8"),
        ("CLNT lftp", "200 Noted."),
        ("OPTS UTF8 ON", "200 UTF8 is on."),
        ("OPTS utf-8", "200 UTF8 is on."),
        ("OPTS", "530 Log in with USER and PASS first."),
        ("HOST ftp.example.org", "220 Host accepted."),
        ("HOST", "501 HOST needs a name."),
        ("FEAT", "211 No features."),
    ],
)
def test_before_login_ftpair_answers(line, reply):
    greeted().play(f"""
        C> {line}
        C< {reply}
    """)


def test_help_before_login_lists_the_table():
    stage = greeted()
    stage.client("HELP")
    assert stage.done[0].startswith("C< 214-")
    assert any(" RETR " in line for line in stage.done)
    assert stage.done[-1] == "C< 214 End"


def test_feat_before_login_is_what_the_pool_can_do_and_ftpairs_own():
    stage = greeted(tls_plan())
    known: list[tuple[str, ...]] = []
    stage.session.ask_features(lambda: known[-1] if known else None)
    stage.play("""
        C> FEAT
        C< 211-Features:
        C<  AUTH TLS
        C<  PBSZ
        C<  PROT
        C< 211 End
    """)
    known.append(("UTF8", "AUTH TLS", "EPRT", "MODE Z"))
    stage.play("""
        C> FEAT
        C< 211-Features:
        C<  UTF8
        C<  EPRT
        C<  MODE Z
        C<  AUTH TLS
        C<  PBSZ
        C<  PROT
        C< 211 End
    """)


def test_feat_after_login_is_what_the_server_can_do_and_ftpairs_own():
    logged_in(tls_plan(clear_text="allow")).play("""
        C> FEAT
        S< FEAT
        S> 120 wait
        C< 120 wait
        S> 211-Extensions
        S>  MLST size*;
        S>  PROT
        S>  EPRT
        S> 211 END
        C< 211-Extensions
        C<  MLST size*;
        C<  EPRT
        C<  AUTH TLS
        C<  PBSZ
        C<  PROT
        C< 211 END
    """)


def test_after_login_the_server_answers():
    play("""
        C> SYST
        S< SYST
        S> 215 MVS
        C< 215 MVS
        C> OPTS MLST size
        S< OPTS MLST size
        S> 200 ok
        C< 200 ok
    """)


@pytest.mark.parametrize("mode", ["S", "z"])
def test_stream_and_deflate_are_carried(mode):
    play(f"""
        C> MODE {mode}
        S< MODE {mode}
    """)


@pytest.mark.parametrize("line", ["MODE B", "MODE C", "MODE E", "MODE"])
def test_modes_that_keep_the_data_connection_open_are_not(line):
    play(f"""
        C> {line}
        C< 504 Only MODE S and MODE Z are carried.
    """)


def test_the_greeting_can_be_configured():
    Stage(plan(greeting="Hall\u00e5 there.")).open().play("C< 220 Hall\u00e5 there.")
