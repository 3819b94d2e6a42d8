"""CCC (RFC 4217, 12.3), the name in a client's certificate, and AUTH SSL by policy; attack S4 where CCC is in it."""

import msgspec
import pytest

from ftpair.core.facts import CertificateNames, SessionEnded
from ftpair.core.plan import ClientCertificates
from ftpair.session import events
from ftpair.session.table import State
from tests.transcripts.play import LOGIN, SECURE, TLS, Stage, greeted, logged_in, plan, secured_by, tls_plan

CCC = """
    C> CCC
    C< 200 The control connection is clear from here on.
    C< [clear]
"""


def cleared(**tls) -> Stage:
    return greeted(tls_plan(tls=secured_by(ccc="allow", **tls))).play(SECURE).play(LOGIN).play(CCC)


def test_after_ccc_control_is_clear_and_data_are_not():
    stage = cleared()
    assert stage.session.tls is None
    stage.play("""
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
        D< join down client-tls
        C~ end 7
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        C> QUIT
        S< QUIT
        S> 221 Bye.
        S< [ended]
        C< 221 Bye.
        C< [ended]
    """)
    assert stage.noted(SessionEnded)[0].tls == TLS


def test_s4_after_ccc_nothing_of_security_is_negotiated_again():
    cleared().play("""
        C> PBSZ 0
        C< 503 Not after CCC: anybody could have sent this.
        C> PROT C
        C< 503 Not after CCC: anybody could have sent this.
        C> AUTH TLS
        C< 503 AUTH comes first, and once.
        C> CCC
        C< 503 There is no TLS to take off.
    """)


def test_after_ccc_no_login_travels_in_clear_text():
    cleared().play("""
        C> USER bob
        C< 530 Log in over TLS only: use AUTH TLS first.
        C> PASS secret
        C< 530 Log in over TLS only: use AUTH TLS first.
    """)
    cleared(clear_text="allow").play("""
        C> USER bob
        S< USER bob
        S> 331 Password please.
        C< 331 Password please.
    """)


def test_ccc_is_refused_unless_it_is_allowed():
    greeted(tls_plan()).play(SECURE).play(LOGIN).play("""
        C> CCC
        C< 534 The control connection stays protected here.
    """)
    logged_in(plan()).play("""
        C> CCC
        C< 534 The control connection stays protected here.
    """)


def test_ccc_is_a_feature_where_it_is_allowed():
    greeted(tls_plan(tls=secured_by(ccc="allow"))).play("""
        C> FEAT
        C< 211-Features:
        C<  AUTH TLS
        C<  PBSZ
        C<  PROT
        C<  CCC
        C< 211 End
    """)


def test_ccc_comes_after_auth_and_login():
    greeted(tls_plan(tls=secured_by(ccc="allow"))).play("""
        C> CCC
        C< 503 There is no TLS to take off.
    """).play(SECURE).play("""
        C> CCC
        C< 503 CCC comes after the login: a password does not travel in clear text.
    """)


def test_nothing_comes_behind_ccc_before_its_reply():
    greeted(tls_plan(tls=secured_by(ccc="allow"))).play(SECURE).play(LOGIN).play("""
        C> PWD
        S< PWD
        C> CCC
        C> SYST
        S> 257 "/"
        C< 257 "/"
        C< 503 Nothing may come behind CCC before its reply.
        S< SYST
        S> 215 UNIX
        C< 215 UNIX
    """)


def test_a_client_that_does_not_end_its_tls_is_cut():
    stage = greeted(tls_plan(tls=secured_by(ccc="allow"))).play(SECURE).play(LOGIN)
    stage.play("""
        C> [TLS fails]
        C> CCC
        C< 200 The control connection is clear from here on.
        C< [clear]
        S< [ended]
        C< [cut]
    """)
    assert stage.noted(SessionEnded)[0].ended == "TLS failed: fails"


def test_a_client_that_leaves_while_tls_ends_gets_nothing_more():
    stage = greeted(tls_plan(tls=secured_by(ccc="allow"))).play(SECURE).play(LOGIN)
    stage.session._talk.go(State.CLEARING_CLIENT)
    stage.play("""
        C> [ended]
        S< [ended]
        C< [cut]
    """)


@pytest.mark.parametrize("mechanism", ["SSL", "TLS-P"])
def test_auth_ssl_can_be_refused(mechanism):
    greeted(tls_plan(tls=secured_by(auth_ssl="refuse"))).play(f"""
        C> AUTH {mechanism}
        C< 504 Mechanism not known: use AUTH TLS.
        C> AUTH TLS
        C< 234 Start TLS.
        C< [TLS]
    """)


def certified(subject: str, rule: str = "common-name", *names: str) -> Stage:
    """A client that has brought a certificate with this subject, and these further names."""
    stage = greeted(tls_plan(tls=secured_by(client_certificate=ClientCertificates(b"", user=rule))))
    stage.tls = msgspec.structs.replace(TLS, subject=subject, names=CertificateNames(f"CN={subject}", names))
    return stage.play(SECURE)


def test_who_brings_a_certificate_logs_in_by_its_name_and_no_other():
    certified("anna").play("""
        C> USER bob
        C< 530 Your certificate is that of anna: log in by this name.
        C> USER ANNA
        C< 530 Your certificate is that of anna: log in by this name.
        C> USER
        C< 501 USER needs a name.
    """).play(LOGIN).play("""
        C> USER bob
        C< 530 Your certificate is that of anna: log in by this name.
    """)


@pytest.mark.parametrize(("subject", "rule"), [("bob", "none"), ("", "common-name")])
def test_without_the_rule_or_a_certificate_every_name_is_good(subject, rule):
    certified(subject, rule).play(LOGIN)


def test_without_tls_there_is_no_name_to_keep_to():
    wanted = ClientCertificates(b"", user="common-name")
    logged_in(tls_plan(tls=secured_by("allow", client_certificate=wanted)))


NAMES = ("email:anna@example.org", "dns:bob", "email:anna", "upn:carla@corp")


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("san-email", "anna@example.org or anna: log in by such a name."),
        ("san-dns", "bob: log in by this name."),
        ("san-upn", "carla@corp: log in by this name."),
    ],
)
def test_a_further_name_can_be_the_one_to_log_in_by(rule: str, names: str):
    for wrong in ("Anna Doe", "anna@EXAMPLE.org", "email:anna", "dora"):
        certified("Anna Doe", rule, *NAMES).play(f"""
            C> USER {wrong}
            C< 530 Your certificate is that of {names}
        """)


def test_any_of_several_names_is_good():
    certified("Anna Doe", "san-email", "email:anna", "email:ann").play(LOGIN)


@pytest.mark.parametrize(
    ("rule", "lacking"),
    [("san-email", "e-mail address"), ("san-dns", "host name"), ("san-upn", "user principal name")],
)
def test_a_certificate_without_such_a_name_is_good_for_nobody(rule: str, lacking: str):
    certified("ann", rule, "uri:ann").play(f"""
        C> USER ann
        C< 530 Your certificate holds no {lacking} to log in by: use another certificate.
    """)


def test_of_many_names_some_are_told():
    certified("ann", "san-dns", *(f"dns:h{number}" for number in range(9))).play("""
        C> USER ann
        C< 530 Your certificate is that of h0 or h1 or h2: log in by such a name.
        C> USER h8
        S< [dial A]
    """)


def test_a_name_in_a_certificate_is_harmless_to_repeat():
    stage = certified("an\r\nna\x1b")
    stage.tell(events.ClientSent(b"USER bob"))
    assert stage.to_client.count(b"\r\n") == stage.to_client.count(b"\n") == 5
    assert b"\x1b" not in stage.to_client
