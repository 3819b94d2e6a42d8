"""AUTH, PBSZ, PROT; the attacks S1, S4 and S13 as far as the brain decides them."""

import pytest

from ftpair.core.facts import ProtocolError, SessionEnded
from ftpair.session import events
from tests.transcripts.play import LOGIN, SECURE, TLS, Stage, greeted, logged_in, passive, plan, tls_plan

SECURED = """
    C> AUTH TLS
    C< 234 Start TLS.
    C< [TLS]
"""


@pytest.mark.parametrize("mechanism", ["TLS", "TLS-C", "tls", "SSL", "TLS-P"])
def test_auth_starts_tls(mechanism):
    stage = greeted(tls_plan()).play(f"""
        C> AUTH {mechanism}
        C< 234 Start TLS.
        C< [TLS]
        C> NOOP
        C< 200 NOOP ok.
    """)
    assert stage.session.tls == TLS


@pytest.mark.parametrize(
    ("mechanism", "expect"), [("TLS", "D< expect"), ("SSL", "D< expect tls"), ("TLS-P", "D< expect tls")]
)
def test_ssl_and_tls_p_protect_data_from_the_start(mechanism, expect):
    stage = greeted(tls_plan(data_protection="allow")).play(f"""
        C> AUTH {mechanism}
        C< 234 Start TLS.
        C< [TLS]
    """)
    stage.play(LOGIN).play(f"""
        C> PASV
        {expect}
        S< PASV
    """)


def test_where_protection_is_refused_tls_p_protects_nothing():
    stage = greeted(tls_plan(data_protection="refuse")).play("""
        C> AUTH TLS-P
        C< 234 Start TLS.
        C< [TLS]
    """)
    stage.play(LOGIN).play("""
        C> PASV
        D< expect
        S< PASV
    """)


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("AUTH", "501 AUTH needs a mechanism: use AUTH TLS."),
        ("AUTH GSSAPI", "504 Mechanism not known: use AUTH TLS."),
        ("ADAT xyz", "503 No security data are exchanged here."),
        ("PBSZ 0", "503 Use AUTH TLS first."),
        ("PROT P", "503 Use AUTH TLS first."),
        ("CCC", "534 The control connection stays protected here."),
        ("MIC x", "537 The whole connection is protected by TLS, single commands are not."),
    ],
)
def test_in_clear_text_the_security_verbs_have_their_codes(line, reply):
    greeted(tls_plan()).play(f"""
        C> {line}
        C< {reply}
    """)


def test_without_a_certificate_tls_is_not_offered():
    greeted(plan()).play("""
        C> AUTH TLS
        C< 502 TLS is not offered here.
    """)


def test_s4_a_second_auth_is_out_of_order():
    greeted(tls_plan()).play(SECURED).play("""
        C> AUTH TLS
        C< 503 AUTH comes first, and once.
    """)


def test_s4_auth_after_login_is_out_of_order():
    logged_in(tls_plan(clear_text="allow")).play("""
        C> AUTH TLS
        C< 503 AUTH comes first, and once.
    """)


def test_s4_prot_before_pbsz_is_out_of_order():
    greeted(tls_plan()).play(SECURED).play("""
        C> PROT P
        C< 503 Use PBSZ 0 first.
        C> PBSZ
        C< 501 PBSZ needs a number: use PBSZ 0.
        C> PBSZ 16384
        C< 200 PBSZ=0
        C> PROT
        C< 501 PROT needs a level: use PROT P.
        C> PROT X
        C< 504 Level not known: use PROT P or PROT C.
        C> PROT S
        C< 536 TLS knows PROT C and PROT P only.
        C> PROT e
        C< 536 TLS knows PROT C and PROT P only.
        C> PROT p
        C< 200 Data connections are protected now.
    """)


def test_protection_can_be_required():
    greeted(tls_plan(data_protection="require")).play(SECURE).play("""
        C> PROT C
        C< 534 The policy here does not allow this level.
    """)


def test_protection_can_be_refused():
    greeted(tls_plan(data_protection="refuse")).play(SECURED).play("""
        C> PBSZ 0
        C< 200 PBSZ=0
        C> PROT P
        C< 534 The policy here does not allow this level.
        C> PROT C
        C< 200 Data connections are clear now.
    """)


def test_where_protection_is_required_nothing_moves_without_it():
    passive(greeted(tls_plan()).play(SECURED).play(LOGIN)).play("""
        C> LIST
        C< 522 Data connections must be protected here: use AUTH TLS, PBSZ 0 and PROT P first.
    """)


def test_pbsz_and_prot_are_accepted_after_login_and_never_reach_the_server():
    stage = (
        greeted(tls_plan())
        .play(SECURED)
        .play(LOGIN)
        .play("""
        C> PBSZ 0
        C< 200 PBSZ=0
        C> PROT P
        C< 200 Data connections are protected now.
    """)
    )
    assert stage.to_server == b"USER anna\r\nPASS secret\r\n"


def test_a_port_that_was_taken_before_prot_is_given_up():
    passive(greeted(tls_plan()).play(SECURED).play(LOGIN)).play("""
        C> PBSZ 0
        C< 200 PBSZ=0
        C> PROT P
        D< drop ended
        C< 200 Data connections are protected now.
        C> LIST
        C< 425 Use PASV or EPSV first.
    """)


def test_saying_prot_again_changes_nothing():
    greeted(tls_plan()).play(SECURE).play(LOGIN).play("""
        C> EPSV
        D< expect tls
        S< EPSV
        S> 229 (|||1234|)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 10.0.0.1:1234
        C> PROT P
        C< 200 Data connections are protected now.
        C> LIST
        S< LIST
    """)


def test_on_the_implicit_port_data_are_protected_from_the_start():
    stage = greeted(tls_plan(), entrance="implicit")
    assert stage.session.tls == TLS
    stage.play(LOGIN).play("""
        C> AUTH TLS
        C< 503 AUTH comes first, and once.
        C> PASV
        D< expect tls
        S< PASV
    """)


def test_on_the_implicit_port_the_policy_still_holds():
    greeted(tls_plan(data_protection="refuse"), entrance="implicit").play(LOGIN).play("""
        C> PASV
        D< expect
        S< PASV
    """)


def test_s1_lines_queued_behind_auth_end_the_session_unread():
    stage = greeted(tls_plan()).play("""
        C> USER anna
        C< 530 Log in over TLS only: use AUTH TLS first.
    """)
    stage.session._talk.queue.extend([b"AUTH TLS", b"USER evil"])
    stage.play("""
        C> NOOP
        C< 200 NOOP ok.
        C< 503 Clear text behind AUTH is not accepted.
        C< [ended]
    """)
    assert stage.session.user == ""
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["injection"]


def test_s1_bytes_that_the_driver_finds_behind_auth_end_the_session():
    stage = greeted(tls_plan()).play("""
        C> [injected]
        C> AUTH TLS
        C< 234 Start TLS.
        C< [TLS]
        C< 503 Clear text behind AUTH is not accepted.
        C< [ended]
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["injection"]


def test_s1_a_line_that_arrives_instead_of_the_handshake_ends_the_session_in_silence():
    stage = Stage(tls_plan()).open().play("C< 220 FTP service ready.")
    stage.session.handle(events.ClientSent(b"AUTH TLS"), stage.now)
    stage.tell(events.ClientSent(b"USER evil"))
    stage.play("C< [cut]")
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["injection"]
    assert stage.session.server is None


def test_a_failed_handshake_ends_the_session_in_silence():
    stage = greeted(tls_plan()).play("""
        C> [TLS fails]
        C> AUTH TLS
        C< 234 Start TLS.
        C< [TLS]
        C< [cut]
    """)
    assert stage.noted(SessionEnded)[0].ended == "TLS failed: fails"


@pytest.mark.parametrize(
    "event", [events.Dismissed("Out."), events.ShuttingDown("Maintenance."), events.ServerLost("x")]
)
def test_s13_nothing_is_said_in_clear_text_once_the_handshake_may_have_begun(event):
    stage = (
        Stage(tls_plan(connect="at-once"))
        .open()
        .play("""
        S< [dial A]
        S> 220 A.
        C< 220 A.
    """)
    )
    stage.session.handle(events.ClientSent(b"AUTH TLS"), stage.now)
    stage.tell(event)
    stage.play("""
        S< [ended]
        C< [cut]
    """)
