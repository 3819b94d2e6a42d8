"""Logins under guard, and the clocks of a command's line and of a session's life."""

from collections.abc import Callable
from typing import Any

import pytest

from ftpair.core.ending import End
from ftpair.core.facts import LoginAnswered, ProtocolError, Refusal, SessionEnded
from ftpair.core.plan import Clocks, ServicePlan
from ftpair.session import events
from ftpair.session.guard import NOBODY
from tests.living import bytes_of
from tests.transcripts.play import Stage, greeted, logged_in, plan, started, tls_plan

TO_PASSWORD = """
    C> USER anna
    S< [dial A]
    S> 220 Welcome.
    S< USER anna
    S> 331 Password please.
    C< 331 Password please.
    C> PASS wrong
    S< PASS wrong
    S> 530 Login incorrect.
"""


class Strict:
    """A guard that says what it is told to, and remembers who was asked about."""

    def __init__(self, **answers: Any) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str]] = []
        self.turns: list[str] = []
        """Who asked for a turn; empty: one has ended."""

    def _answer(self, question: str, user: str = "") -> Any:
        self.asked.append((question, user))
        return self.answers.get(question, "")

    def may_secure(self) -> str:
        return str(self._answer("secure"))

    def may_ask(self, user: str) -> str:
        return str(self._answer("ask", user))

    def may_try(self, user: str) -> str:
        return str(self._answer("try", user))

    def begins_try(self, user: str) -> bool:
        self.turns.append(user)
        return not self.answers.get("turn")

    def end_try(self) -> None:
        self.turns.append("")

    def may_stay(self, user: str) -> str:
        return str(self._answer("stay", user))

    def delay_s(self, user: str) -> float:
        return float(self._answer("delay", user) or 0)


def guarded(service: ServicePlan | None = None, **answers: Any) -> tuple[Stage, Strict]:
    stage, guard = greeted(service), Strict(**answers)
    stage.session.ask_guard(guard)
    return stage, guard


def delayed(seconds: float = 4.0) -> Stage:
    """A client whose wrong password is not answered yet."""
    stage, _ = guarded(delay=seconds)
    return stage.play(TO_PASSWORD)


def test_nobody_stands_in_the_way_where_nothing_is_limited():
    questions: tuple[Callable[[str], str], ...] = (NOBODY.may_ask, NOBODY.may_try, NOBODY.may_stay)
    assert [ask("anna") for ask in questions] == ["", "", ""]
    assert (NOBODY.may_secure(), NOBODY.delay_s("anna"), NOBODY.begins_try("anna")) == ("", 0.0, True)


def test_a_banned_user_is_refused_and_no_server_hears_of_it():
    stage, guard = guarded(ask="This user is locked.")
    stage.play("""
        C> USER anna
        C< 530 This user is locked.
        C> PASS secret
        C< 503 Login with USER first.
    """)
    assert guard.asked == [("ask", "anna")]


def test_a_password_that_comes_too_soon_is_refused_and_the_session_lives():
    stage, guard = guarded()
    stage.play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
    """)
    guard.answers["try"] = "Too many logins."
    stage.play("""
        C> PASS secret
        C< 530 Too many logins.
        C> ACCT department
        S< ACCT department
        S> 503 What?
        C< 503 What?
    """)
    assert guard.asked == [("ask", "anna"), ("try", "anna"), ("ask", "anna")]


def test_a_password_counts_for_the_user_that_was_named_last():
    stage, guard = guarded()
    stage.play(TO_PASSWORD + "C< 530 Login incorrect.")
    stage.play("""
        C> USER bert
        S< USER bert
        S> 331 Password please.
        C< 331 Password please.
        C> PASS wrong
        S< PASS wrong
        S> 530 Login incorrect.
        C< 530 Login incorrect.
    """)
    assert [user for question, user in guard.asked if question == "delay"] == ["anna", "bert"]


UP_TO_PASSWORD = """
    C> USER anna
    S< [dial A]
    S> 220 Welcome.
    S< USER anna
    S> 331 Password please.
    C< 331 Password please.
    C> PASS secret
"""


def test_a_password_waits_while_too_many_others_are_looked_at():
    stage, guard = guarded(turn="others first")
    stage.play(UP_TO_PASSWORD)
    assert stage.session.state == "awaiting a turn to log in"
    guard.answers = {}
    stage.play("""
        T> 1
        S< PASS secret
        S> 230 Welcome.
        C< 230 Welcome.
    """)
    assert guard.turns[-3:] == ["anna", "anna", ""]


def test_who_is_banned_while_a_password_waits_is_told_so_and_no_server_hears_it():
    stage, guard = guarded(turn="others first")
    stage.play(UP_TO_PASSWORD)
    guard.answers = {"turn": "others first", "ask": "This user is locked."}
    stage.play("""
        T> 1
        C< 530 This user is locked.
        C> NOOP
        S< NOOP
    """)


@pytest.mark.parametrize(
    "end",
    ["T> 1\nS< PASS wrong\nS> 530 no\nC< 530 no", "C> [cut]\nS< [ended]\nC< [cut]"],
    ids=["its turn", "the end"],
)
def test_s24_a_password_whose_turn_has_come_or_whose_session_has_ended_is_kept_nowhere(end):
    stage, guard = guarded(turn="others first")
    stage.play(TO_PASSWORD.partition("S< PASS")[0])
    assert is_kept(stage, b"wrong")
    guard.answers = {}
    stage.play(end)
    assert not is_kept(stage, b"wrong")


def test_s24_a_password_that_was_answered_is_kept_nowhere():
    stage, _ = guarded()
    stage.play(TO_PASSWORD + "C< 530 Login incorrect.")
    assert not is_kept(stage, b"wrong")


def is_kept(stage: Stage, word: bytes) -> bool:
    """Return whether the session still has a word of its client."""
    return any(word in found for found in bytes_of([stage.session]))


def test_a_password_may_have_to_wait_more_than_once():
    stage, guard = guarded(turn="others first")
    stage.play(UP_TO_PASSWORD)
    stage.play("""
        T> 1
        T> 1
    """)
    assert stage.session.state == "awaiting a turn to log in"
    assert guard.turns.count("anna") == 3


def test_the_answer_to_a_wrong_password_waits_and_so_does_what_comes_behind():
    stage = delayed()
    assert stage.session.state == "delaying an answer"
    stage.play("""
        C> NOOP
        T> 3
    """)
    assert stage.session.deadline == stage.now + 1
    stage.play("""
        T> 1
        C< 530 Login incorrect.
        S< NOOP
        S> 200 ok
        C< 200 ok
    """)


def test_only_the_refusal_of_a_password_waits():
    stage, guard = guarded(delay=4.0)
    stage.play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 530 Nobody of this name.
        C< 530 Nobody of this name.
        C> PASS secret
        S< PASS secret
        S> 503 USER first.
        C< 503 USER first.
    """)
    assert ("delay", "anna") not in guard.asked


@pytest.mark.parametrize("reply", ["430 Invalid username or password.", "530 PASS command failed"])
def test_whatever_servers_say_to_a_wrong_password_counts(reply):
    stage, guard = guarded()
    stage.play(TO_PASSWORD.replace("530 Login incorrect.", reply) + f"C< {reply}")
    assert ("delay", "anna") in guard.asked


@pytest.mark.parametrize("reply", ["332 And your account?", "500 What?", "550 No home.", "451 Later."])
def test_what_servers_say_to_other_troubles_does_not(reply):
    stage, guard = guarded()
    stage.play(TO_PASSWORD.replace("530 Login incorrect.", reply) + f"C< {reply}")
    assert ("delay", "anna") not in guard.asked


def test_nor_does_the_421_of_a_server_that_is_full():
    stage, guard = guarded()
    full = TO_PASSWORD.replace("530 Login incorrect.", "421 Too many users.")
    stage.play(full + "S< [ended]\nC< 421 Too many users.\nC< [ended]")
    assert ("delay", "anna") not in guard.asked


ACCOUNT = """
    C> ACCT x
    S< ACCT x
    S> 530 Wrong.
"""


def test_a_wrong_account_counts_as_a_password_where_the_server_asked_for_one():
    stage, guard = guarded(delay=4.0)
    stage.play(TO_PASSWORD.replace("530 Login incorrect.", "332 And your account?") + "C< 332 And your account?")
    stage.play(ACCOUNT + "T> 4\nC< 530 Wrong.")
    assert guard.asked == [("ask", "anna"), ("try", "anna"), ("ask", "anna"), ("delay", "anna")]
    guard.answers["ask"] = "This user is locked."
    stage.play("""
        C> ACCT y
        C< 530 This user is locked.
    """)


def test_elsewhere_a_server_only_says_that_nobody_is_logged_in():
    stage, guard = guarded(delay=4.0)
    stage.play(TO_PASSWORD.replace("530 Login incorrect.", "503 What?") + "C< 503 What?" + ACCOUNT + "C< 530 Wrong.")
    assert ("delay", "anna") not in guard.asked


def test_a_server_that_closes_behind_its_refusal_does_not_shorten_the_wait():
    delayed().play("""
        S> [lost closed]
        T> 4
        C< 530 Login incorrect.
        S< [ended]
        C< 421 The connection to the server is lost.
        C< [ended]
    """)


def test_nor_does_a_421_behind_it():
    delayed().play("""
        S> 421 Too many tries.
        S> [lost closed]
        T> 4
        C< 530 Login incorrect.
        S< [ended]
        C< 421 Too many tries.
        C< [ended]
    """)


def test_a_bare_421_behind_it_is_told_in_words():
    delayed().play("""
        S> 421
        T> 4
        C< 530 Login incorrect.
        S< [ended]
        C< 421 The connection to the server is lost.
        C< [ended]
    """)


def test_another_reply_in_the_meantime_belongs_to_no_command():
    stage = delayed().play("""
        S> 200 Hello?
        T> 4
        C< 530 Login incorrect.
    """)
    assert [error.kind for error in stage.noted(ProtocolError)] == ["stray-reply"]


@pytest.mark.parametrize("how", ["cut", "ended"])
def test_a_client_that_leaves_meanwhile_is_gone_and_its_server_is_free(how: str):
    delayed().play(f"""
        C> [{how}]
        S< [ended]
        C< [{how}]
    """)


def test_a_client_that_makes_too_many_handshakes_is_told_in_clear_text():
    stage, _ = guarded(tls_plan(), secure="Too many handshakes.")
    stage.play("""
        C> AUTH TLS
        C< 421 Too many handshakes.
        C< [ended]
    """)


def test_one_session_too_many_of_a_user_ends_once_the_password_was_right():
    stage, _ = guarded(stay="Too many sessions.")
    stage.play("""
        C> USER anna
        S< [dial A]
        S> 220 Welcome.
        S< USER anna
        S> 331 Password please.
        C< 331 Password please.
        C> PASS secret
        S< PASS secret
        S> 230 Logged in.
        S< [ended]
        C< 421 Too many sessions.
        C< [ended]
    """)
    assert [answered.accepted for answered in stage.noted(LoginAnswered)] == [True]


# Clocks.


def old(**changes: Any) -> ServicePlan:
    return plan(clocks=Clocks(session_timeout_s=50, **changes))


def test_a_session_lives_no_longer_than_it_may():
    stage = logged_in(old())
    assert stage.session.deadline == stage.now + 50
    stage.play("""
        T> 49
        T> 1
        S< [ended]
        C< 421 This session has lasted as long as it may.
        C< [ended]
    """)
    assert stage.noted(SessionEnded)[0].ended == "This session has lasted as long as it may."
    assert [refusal.reason for refusal in stage.noted(Refusal)] == ["session-timeout"]
    assert stage.session.deadline is None


def test_but_a_transfer_that_runs_ends_first():
    stage = started(service=old()).play("T> 50")
    assert stage.session.deadline is None
    stage.play("""
        T> 1
        C~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
        S< [ended]
        C< 421 This session has lasted as long as it may.
        C< [ended]
    """)


def test_a_session_that_may_last_forever_has_no_deadline_while_data_move():
    assert started().session.deadline is None


def test_a_line_that_is_never_finished_ends_the_session():
    stage = logged_in().play("""
        C> [half a line]
        S< [ended]
        C< 421 A command was begun but not finished in time.
        C< [ended]
    """)
    assert stage.noted(SessionEnded)[0].ended == "a command was not finished in time"
    assert [refusal.reason for refusal in stage.noted(Refusal)] == ["command-timeout"]


def test_who_is_idle_or_does_not_log_in_is_counted():
    idle = logged_in(plan(clocks=Clocks(idle_timeout_s=10))).play("""
        T> 10
        S< [ended]
        C< 421 No command for too long.
        C< [ended]
    """)
    late = greeted(plan(clocks=Clocks(login_timeout_s=10))).play("""
        T> 10
        C< 421 No login for too long.
        C< [ended]
    """)
    assert [refusal.reason for stage in (idle, late) for refusal in stage.noted(Refusal)] == [
        "idle-timeout",
        "login-timeout",
    ]


def test_a_transfer_that_a_clock_has_cut_is_counted_under_its_name():
    stage = started()
    stage.tell(events.DataEnded(End.CUT, 5, "not one byte moved for 300 s", None, clock="stall-timeout"))
    stage.play("""
        S> 226 Done.
        C< 426 Connection lost; transfer aborted: not one byte moved for 300 s.
    """)
    assert [refusal.reason for refusal in stage.noted(Refusal)] == ["stall-timeout"]
