"""What the session itself does for data connections that must prove whose they are."""

import pytest

from ftpair.core.binding import Binding, BindingRule, Bindings
from tests.transcripts.play import LOGIN, SECURE, Stage, greeted, logged_in, passive, tls_plan

REFUSAL = "522 Data connections must resume the TLS session here: use AUTH TLS, PBSZ 0 and PROT P first."


def strict(**changes: str) -> Stage:
    """A client that is to resume, and has said nothing yet."""
    return greeted(tls_plan(bindings=Bindings(Binding(session="require")), **changes))


def test_in_clear_text_nothing_can_be_proven():
    stage = strict(clear_text="allow").play(LOGIN)
    passive(stage).play(f"""
        C> RETR a.bin
        C< {REFUSAL}
        C> PWD
        S< PWD
    """)


def test_a_clear_data_connection_proves_nothing_where_control_is_protected():
    stage = (
        strict(data_protection="allow")
        .play(SECURE)
        .play("""
        C> PROT C
        C< 200 Data connections are clear now.
    """)
    )
    passive(stage.play(LOGIN)).play(f"""
        C> RETR a.bin
        C< {REFUSAL}
    """)


@pytest.mark.parametrize(("client", "session"), [("10.1.2.3", "off"), ("192.0.2.1", "require")])
def test_what_is_asked_is_resolved_when_the_session_begins(client: str, session: str):
    rules = (BindingRule(("10.0.0.0/8",), Binding(session="off")),)
    stage = Stage(tls_plan(bindings=Bindings(Binding(session="require"), rules)), client=client)
    assert stage.session.binding == Binding(session=session)


def test_the_name_of_a_program_is_kept_harmless_and_short():
    stage = greeted(tls_plan())
    assert stage.session.program == ""
    stage.play("""
        C> CLNT FileZilla \x1b[2J
        C< 200 Noted.
    """)
    assert stage.session.program == "FileZilla \\x1b[2J"
    stage.play(f"""
        C> CLNT {"x" * 200}
        C< 200 Noted.
    """)
    assert stage.session.program == "x" * 80 + "..."


def test_a_name_that_comes_after_the_login_is_kept_too():
    stage = logged_in(tls_plan(clear_text="allow")).play("""
        C> CLNT lftp/4.9
        S< CLNT lftp/4.9
    """)
    assert stage.session.program == "lftp/4.9"
