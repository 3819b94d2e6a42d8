"""`server_tls: match`: towards the server there is TLS if, and only if, the client has it."""

from ftpair.core.facts import SessionEnded
from ftpair.core.plan import ServerTls
from tests.transcripts.play import LOGIN, SECURE, TLS, Stage, greeted, logged_in, passive, secured_by, servers, tls_plan

MATCH = servers(tls=ServerTls("match"))
SECURED = """
    C> AUTH TLS
    C< 234 Start TLS.
    C< [TLS]
"""
MATCHED = """
    C> USER anna
    S< [dial A]
    S> 220 Welcome.
    S< AUTH TLS
    S> 234 Go on.
    S< [TLS]
    S< USER anna
    S> 331 Password please.
    C< 331 Password please.
    C> PASS secret
    S< PASS secret
    S> 230 Logged in.
    C< 230 Logged in.
    S< PBSZ 0
"""


def matched(data_protection="allow") -> Stage:
    return greeted(tls_plan(tls=secured_by("allow", data_protection), servers=MATCH))


def test_a_client_in_clear_text_has_a_server_in_clear_text():
    stage = passive(matched().play(LOGIN)).play("""
        C> LIST
        S< LIST
        S> 150 Here it comes.
        C< 150 Here it comes.
        D< join down
    """)
    assert stage.session.server_tls is None


def test_a_client_with_tls_has_a_server_with_tls_and_protected_data():
    stage = (
        matched()
        .play(SECURE)
        .play(MATCHED)
        .play("""
        S> 200 ok
        S< PROT P
        S> 200 ok
        C> PASV
        D< expect tls
        S< PASV
        S> 227 Entering Passive Mode (10,0,0,1,4,210).
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        D< dial 10.0.0.1:1234
        C> LIST
        S< LIST
        S> 150 Here it comes.
        C< 150 Here it comes.
        D< join down client-tls server-tls
    """)
    )
    assert stage.session.server_tls == TLS


def test_data_of_the_server_are_protected_as_prot_has_it():
    stage = (
        matched()
        .play(SECURED)
        .play(MATCHED)
        .play("""
        S> 200 ok
        C> PBSZ 0
        C< 200 PBSZ=0
        C> PROT P
        S< PROT P
        S> 200 private
        C< 200 Data connections are protected now.
        C> PROT C
        S< PROT C
        S> 534 never again
        C< 534 never again
        C> PASV
        D< expect tls
        S< PASV
    """)
    )
    assert stage.session._talk.is_server_data_secured


def test_clear_data_are_clear_on_both_legs():
    passive(
        matched()
        .play(SECURED)
        .play(MATCHED)
        .play("""
        S> 200 ok
    """)
    ).play("""
        C> LIST
        S< LIST
        S> 150 Here it comes.
        C< 150 Here it comes.
        D< join down
    """)


def test_prot_before_the_login_is_told_to_the_server_after_it():
    matched().play(SECURED).play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< AUTH TLS
        S> 234 Go on.
        S< [TLS]
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
        C> PBSZ 0
        C< 200 PBSZ=0
        C> PROT P
        C< 200 Data connections are protected now.
        C> PASS secret
        S< PASS secret
        S> 230 Logged in.
        C< 230 Logged in.
        S< PBSZ 0
        S> 200 ok
        S< PROT P
        S> 200 ok
    """)


def test_a_client_that_has_a_server_in_clear_text_starts_no_tls_any_more():
    matched().play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
        C> AUTH TLS
        C< 503 AUTH comes first, and once.
    """)


def test_a_server_that_demands_protection_lets_clients_in_that_ask_for_it_after_the_login():
    stage = matched().play(SECURED).play(MATCHED)
    stage.play("""
        S> 200 ok
        C> PBSZ 0
        C< 200 PBSZ=0
        C> PROT P
        S< PROT P
        S> 200 private
        C< 200 Data connections are protected now.
    """)
    assert stage.session._talk.is_server_data_secured


def test_a_server_that_cannot_protect_data_ends_the_session():
    stage = (
        matched()
        .play(SECURE)
        .play(MATCHED)
        .play("""
        S> 200 ok
        S< PROT P
        S> 534 Not here.
        S< [ended]
        C< 421 The server does not protect data connections as PROT says, so nothing can be sent.
        C< [ended]
    """)
    )
    assert stage.noted(SessionEnded)[0].ended == "data cannot be protected"


def test_other_servers_do_not_hear_of_prot():
    stage = logged_in(tls_plan(clear_text="allow"))
    assert not stage.session._talk.is_server_matched
