"""Greeting, choice of a server, its TLS, USER, PASS, ACCT."""

import pytest

from ftpair.core.facts import LoginAnswered, Refusal, ServerFailed, SessionEnded
from ftpair.core.plan import ServerTls
from ftpair.core.routing import Route
from ftpair.ftp.reply import Reply
from ftpair.session import events
from tests.transcripts.play import LOGIN, SECURE, TLS, Stage, greeted, logged_in, plan, servers, tls_plan

EXPLICIT = ServerTls(mode="explicit")
NO_SERVER = "421 Service not available: no server could be reached."


def test_a_login_goes_to_a_server_that_is_chosen_at_user():
    stage = logged_in()
    assert stage.session.server == servers()[0]
    assert stage.session.user == "anna"
    assert stage.session.is_logged_in
    (fact,) = stage.noted(LoginAnswered)
    assert (fact.user, fact.server, fact.accepted) == ("anna", "A", True)


def test_the_server_gets_nothing_that_the_client_did_not_send():
    stage = greeted().play("""
        C> user anna
        S< [dial A]
        S> 220 Welcome.
        S< user anna
        S> 331-Password
        S> 331 please.
        C< 331-Password
        C< 331 please.
        C> pass  secret
        S< pass  secret
        S> 230 In.
        C< 230 In.
    """)
    assert stage.to_server == b"user anna\r\npass  secret\r\n"


def test_a_scanner_costs_no_server():
    stage = greeted().play("""
        C> QUIT
        C< 221 Goodbye.
        C< [ended]
    """)
    assert stage.session.server is None


def test_user_without_a_name_chooses_no_server():
    greeted().play("""
        C> USER
        C< 501 USER needs a name.
    """)


@pytest.mark.parametrize("line", ["PASS x", "ACCT x"])
def test_a_password_without_a_user_is_out_of_order(line):
    greeted().play(f"""
        C> {line}
        C< 503 Login with USER first.
    """)


@pytest.mark.parametrize(
    "line", ["PWD", "PASV", "EPSV", "RETR a", "STOR a", "LIST", "XQUOTA", "OPTS MLST size", "ABOR"]
)
def test_before_login_only_negotiation_is_answered(line):
    greeted().play(f"""
        C> {line}
        C< 530 Log in with USER and PASS first.
    """)


def test_a_second_user_after_a_failed_login_goes_to_the_same_server():
    stage = greeted(plan(servers=servers(2))).play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
        C> PASS wrong
        S< PASS wrong
        S> 530 No.
        C< 530 No.
        C> USER berta
        S< USER berta
        S> 230 In.
        C< 230 In.
        C> USER carla
        S< USER carla
        S> 530 Cannot change user.
        C< 530 Cannot change user.
    """)
    assert [(fact.user, fact.accepted) for fact in stage.noted(LoginAnswered)] == [
        ("anna", False),
        ("berta", True),
        ("berta", False),
    ]
    assert stage.session.user == "berta"


def test_a_command_out_of_order_is_no_failed_login():
    stage = greeted().play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 503 Not now.
        C< 503 Not now.
    """)
    assert stage.noted(LoginAnswered) == []


def test_a_login_may_need_an_account_and_patience():
    greeted().play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password.
        C< 331 Password.
        C> PASS x
        S< PASS x
        S> 120 A moment.
        C< 120 A moment.
        S> 332 Account.
        C< 332 Account.
        C> ACCT y
        S< ACCT y
        S> 230 In.
        C< 230 In.
        C> PWD
        S< PWD
        S> 257 "/"
        C< 257 "/"
    """)


def test_an_account_before_the_password_is_no_login():
    stage = greeted().play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password.
        C< 331 Password.
        C> ACCT y
        S< ACCT y
        S> 202 Superfluous.
        C< 202 Superfluous.
        C> PWD
        C< 530 Log in with USER and PASS first.
    """)
    assert not stage.session.is_logged_in
    assert stage.noted(LoginAnswered) == []


def test_a_lenient_reply_to_user_is_no_login():
    stage = greeted().play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 202 Superfluous.
        C< 202 Superfluous.
    """)
    assert not stage.session.is_logged_in


@pytest.mark.parametrize("reply", ["230 In.", "232 In, by certificate.", "202 No password is needed."])
def test_a_login_is_complete_with_these_replies_to_pass(reply):
    stage = greeted().play(f"""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password.
        C< 331 Password.
        C> PASS x
        S< PASS x
        S> {reply}
        C< {reply}
    """)
    assert stage.session.is_logged_in


def test_what_was_negotiated_before_login_is_replayed():
    stage = greeted().play("""
        C> HOST ftp.example.org
        C< 220 Host accepted.
        C> CLNT old
        C< 200 Noted.
        C> CLNT lftp/4.9
        C< 200 Noted.
        C> OPTS UTF8 ON
        C< 200 UTF8 is on.
        C> USER anna
        S< [dial A]
        S> 120 Patience.
        S> 220 Welcome.
        S< HOST ftp.example.org
        S> 150 looking
        S> 220 ok
        S< CLNT lftp/4.9
        S> 500 What?
        S< OPTS UTF8 ON
        S> 200 ok
        S< USER anna
        S> 331 Password.
        C< 331 Password.
    """)
    assert stage.session.last_command == "USER anna"


def test_a_server_that_cannot_be_reached_is_replaced_by_the_next():
    stage = greeted(plan(servers=servers(3)))
    stage.unreachable = {"A"}
    stage.play("""
        C> USER anna
        S< [dial A]
        S< [ended]
        S< [dial B]
        S> 421 Too many.
        S< [ended]
        S< [dial C]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password.
        C< 331 Password.
    """)
    assert [(fact.server, fact.reason) for fact in stage.noted(ServerFailed)] == [
        ("A", "connection refused"),
        ("B", "it greets with 421"),
    ]


def test_the_client_hears_of_failures_only_after_all_retries():
    stage = greeted(plan(servers=servers(3), retries=1))
    stage.unreachable = {"A", "B"}
    stage.play(f"""
        C> USER anna
        S< [dial A]
        S< [ended]
        S< [dial B]
        S< [ended]
        C< {NO_SERVER}
        C< [ended]
    """)
    assert [refusal.reason for refusal in stage.noted(Refusal)] == ["no-server"]


def test_the_sorry_text_is_read_when_all_retries_failed():
    stage = greeted(plan(servers=servers(1), retries=0, sorry_text="We are back at 6."))
    stage.unreachable = {"A"}
    stage.play("""
        C> USER anna
        S< [dial A]
        S< [ended]
        C< 421 We are back at 6.
        C< [ended]
    """)


def test_without_a_server_the_client_reads_why():
    stage = greeted(plan(servers=())).play("""
        C> USER anna
        C< 421 No real server is up.
        C< [ended]
    """)
    (fact,) = stage.noted(SessionEnded)
    assert (fact.ended, fact.reply, fact.server) == (
        "no server: all 3 servers are down",
        "421 No real server is up.",
        "",
    )


def test_a_server_that_does_not_greet_in_time_is_replaced():
    greeted(plan(servers=servers(2))).play("""
        C> USER anna
        S< [dial A]
        T> 4
        T> 1
        S< [ended]
        S< [dial B]
        S> 220 Welcome.
        S< USER anna
    """)


def test_a_server_lost_during_the_replay_is_replaced():
    greeted(plan(servers=servers(3))).play("""
        C> CLNT x
        C< 200 Noted.
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< CLNT x
        S> [lost reset]
        S< [ended]
        S< [dial B]
        S> 220 Welcome.
        S< CLNT x
        S> 421 Bye.
        S< [ended]
        S< [dial C]
        S> 220 Welcome.
        S< CLNT x
        S> 200 ok
        S< USER anna
    """)


def test_an_explicit_server_is_secured_before_credentials_and_protected_after_login():
    stage = greeted(plan(servers=servers(tls=EXPLICIT))).play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< AUTH TLS
        S> 234 Go.
        S< [TLS]
        S< USER anna
        S> 331 Password.
        C< 331 Password.
        C> PASS x
        S< PASS x
        S> 230 In.
        C< 230 In.
        S< PBSZ 0
        C> PWD
        S> 150 wait
        S> 200 ok
        S< PROT P
        S> 200 ok
        S< PWD
        S> 257 "/"
        C< 257 "/"
        C> USER anna
        S< USER anna
        S> 230 Again.
        C< 230 Again.
    """)
    assert stage.session.server_tls == TLS


def test_an_implicit_server_is_protected_too():
    stage = greeted(plan(servers=servers(tls=ServerTls(mode="implicit"))))
    stage.play(LOGIN + "S< PBSZ 0").play("""
        S> 200 ok
        S< PROT P
        S> 200 ok
    """)
    assert stage.session.server_tls == TLS


@pytest.mark.parametrize("chore", ["PBSZ", "PROT"])
def test_a_server_that_does_not_protect_data_ends_the_session(chore):
    stage = greeted(plan(servers=servers(tls=ServerTls(mode="implicit"))))
    stage.play(LOGIN + "S< PBSZ 0")
    if chore == "PROT":
        stage.play("""
            S> 200 ok
            S< PROT P
        """)
    stage.play("""
        S> 502 No.
        S< [ended]
        C< 421 The server does not protect data connections as PROT says, so nothing can be sent.
        C< [ended]
    """)


@pytest.mark.parametrize("refusal", ["500 What?", "534 Policy.", "334 ADAT please."])
def test_s3_a_server_that_refuses_tls_gets_no_credentials(refusal):
    stage = greeted(plan(servers=servers(tls=EXPLICIT), retries=0)).play(f"""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< AUTH TLS
        S> {refusal}
        S< [ended]
        C< {NO_SERVER}
        C< [ended]
    """)
    assert b"anna" not in stage.to_server


def test_s3_a_failed_handshake_is_never_followed_by_clear_text():
    stage = greeted(plan(servers=servers(tls=EXPLICIT), retries=0)).play(f"""
        S> [TLS fails]
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< AUTH TLS
        S> 234 Go.
        S< [TLS]
        S< [ended]
        C< {NO_SERVER}
        C< [ended]
    """)
    assert stage.to_server == b"AUTH TLS\r\n"
    assert stage.noted(ServerFailed)[0].reason == "handshake failed"


def test_clear_text_is_refused_and_the_connection_lives():
    greeted(tls_plan()).play("""
        C> USER anna
        C< 530 Log in over TLS only: use AUTH TLS first.
        C> NOOP
        C< 200 NOOP ok.
    """)


def test_clear_text_is_dropped_where_the_policy_says_so():
    greeted(tls_plan(clear_text="drop")).play("""
        C> USER anna
        C< [ended]
    """)


def test_clear_text_is_allowed_where_the_policy_says_so():
    logged_in(tls_plan(clear_text="allow"))


def test_over_tls_the_login_is_accepted():
    greeted(tls_plan()).play(SECURE + LOGIN)


def test_at_once_the_servers_own_greeting_is_relayed():
    stage = Stage(plan(connect="at-once", servers=servers(2))).open()
    stage.play("""
        S< [dial A]
        S> 550 Broken.
        S< [ended]
        S< [dial B]
        S> 120 Patience.
        C< 120 Patience.
        S> 220-I am
        S> 220 B.
        C< 220-I am
        C< 220 B.
        C> HELP
        S< HELP
        S> 214 Help yourself.
        C< 214 Help yourself.
        C> CLNT x
        S< CLNT x
        S> 200 ok
        C< 200 ok
        C> HOST x
        S< HOST x
        S> 220 ok
        C< 220 ok
        C> OPTS UTF8 ON
        S< OPTS UTF8 ON
        S> 200 ok
        C< 200 ok
        C> PWD
        S< PWD
        S> 530 Log in.
        C< 530 Log in.
        C> PASS x
        S< PASS x
        S> 503 USER first.
        C< 503 USER first.
        C> USER
        S< USER
        S> 501 Who?
        C< 501 Who?
        C> USER anna
        S< USER anna
        S> 230 In.
        C< 230 In.
    """)
    assert stage.session.user == "anna"


def test_at_once_without_a_server_the_client_reads_why():
    Stage(plan(connect="at-once", servers=())).open().play("""
        C< 421 No real server is up.
        C< [ended]
    """)


def test_at_once_an_explicit_server_is_secured_before_its_greeting_is_relayed():
    Stage(plan(connect="at-once", servers=servers(tls=EXPLICIT))).open().play("""
        S< [dial A]
        S> 220 A.
        S< AUTH TLS
        S> 234 Go.
        S< [TLS]
        C< 220 A.
    """)


def test_at_once_a_password_in_clear_text_goes_nowhere():
    stage = Stage(tls_plan(connect="at-once")).open()
    stage.play("""
        S< [dial A]
        S> 220 A.
        C< 220 A.
        C> USER anna
        C< 530 Log in over TLS only: use AUTH TLS first.
        C> PASS secret
        C< 530 Log in over TLS only: use AUTH TLS first.
    """)
    assert stage.to_server == b""


def test_s18_a_name_with_control_characters_is_shown_escaped():
    hostile = greeted().play("""
        C> USER <script>\x1b[2J
        S< [dial A]
    """)
    assert hostile.session.user == "<script>\\x1b[2J"
    long = greeted()
    long.play(f"""
        C> USER {"x" * 4096}
        S< [dial A]
    """)
    assert len(long.session.user) == 259


def test_s2_a_reply_in_clear_text_after_234_is_never_taken_as_one():
    stage = greeted(plan(servers=servers(tls=EXPLICIT), retries=0)).play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< AUTH TLS
    """)
    stage.session.handle(events.ServerReplied(Reply(234, b"234 ok\r\n")), stage.now)
    stage.tell(events.ServerReplied(Reply(230, b"230 in\r\n")))
    stage.play(f"""
        S< [ended]
        C< {NO_SERVER}
        C< [ended]
    """)
    assert not stage.session.is_logged_in
    assert b"anna" not in stage.to_server


WISHES = pytest.mark.parametrize("wish", [{"routes": (Route("default", user="k*"),)}, {"affinity": "user"}])
KIM = """
    C> USER kim
    S< [dial A]
    S> 220 A
    S< USER kim
    S> 331 password
    C< 331 password
    C> PASS wrong
    S< PASS wrong
    S> 530 no
    C< 530 no
"""


@WISHES
def test_another_name_before_login_is_asked_about_anew(wish):
    stage = greeted(plan(servers=servers(2), **wish))
    stage.route = {"bob": "B", "root": "A"}
    stage.play(KIM)
    stage.play("""
        C> USER kim
        S< USER kim
        S> 331 password
        C< 331 password
        C> USER bob
        S< [ended]
        S< [dial B]
        S> 220 B
        S< USER bob
        S> 331 password
        C< 331 password
        C> PASS right
        S< PASS right
        S> 230 in
        C< 230 in
        C> USER root
        S< USER root
        S> 331 password
        C< 331 password
    """)
    assert stage.session.user == "root"


@WISHES
@pytest.mark.parametrize("before", ["", "C> USER kim\nS< USER kim\nS> 331 password\nC< 331 password"])
def test_another_name_for_the_same_server_goes_to_it_on_the_same_connection(wish, before):
    stage = greeted(plan(servers=servers(2), **wish))
    stage.play(KIM + before)
    stage.play("""
        C> USER bob
        S< USER bob
        S> 331 password
        C< 331 password
        C> PASS right
        S< PASS right
        S> 230 in
        C< 230 in
    """)
    assert stage.session.user == "bob"
    assert [answered.user for answered in stage.noted(LoginAnswered)] == ["kim", "bob"]


@WISHES
def test_another_name_that_nobody_serves_ends_the_session_and_its_connection_to_the_server(wish):
    stage = greeted(plan(servers=servers(2), **wish))
    stage.route = {"bob": ""}
    stage.play(KIM)
    stage.play("""
        C> USER bob
        S< [ended]
        C< 421 No real server is up.
        C< [ended]
    """)


def test_where_no_rule_looks_at_names_another_name_stays_with_its_server():
    greeted(plan()).play("""
        C> USER kim
        S< [dial A]
        S> 220 A
        S< USER kim
        S> 331 password
        C< 331 password
        C> USER bob
        S< USER bob
        S> 331 password
        C< 331 password
    """)
