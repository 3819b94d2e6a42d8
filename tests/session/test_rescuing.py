"""Sessions that survive their server: what the next one is told, and what the client hears."""

import pytest

from ftpair.core.facts import Rescued, RescueFailed, SessionDrained, SessionEnded, TransferEnded
from ftpair.core.plan import ServerTls
from ftpair.session import effects, events
from ftpair.session.rescuing import MOST_RESCUES
from ftpair.session.states import RESCUE_S, RESCUE_STEP_S
from tests.transcripts.play import Stage, greeted, logged_in, passive, plan, servers, tls_plan

AGAIN = """
    S< [dial B]
    S> 220 Welcome.
    S< USER anna
    S> 331 Password please.
    S< PASS secret
    S> 230 Logged in.
"""
LOST = f"""
    S> [lost reset]
    S< [ended]
    {AGAIN}
"""


def rescued_plan(count: int = 3, **changes):
    return plan(**{"servers": servers(count), "rescue": "sessions"} | changes)


def at_home(**changes) -> Stage:
    """A client that has logged in where sessions are rescued."""
    return logged_in(rescued_plan(**changes))


def told(stage: Stage, *exchanges: tuple[str, str]) -> Stage:
    """Let the client say commands and the server answer them."""
    for command, reply in exchanges:
        stage.play(f"C> {command}\nS< {command}\nS> {reply}\nC< {reply}")
    return stage


# Between two commands.


def test_the_next_command_simply_works():
    stage = at_home().play(LOST + "C> NOOP\nS< NOOP\nS> 200 ok\nC< 200 ok")
    (fact,) = stage.noted(Rescued)
    assert (fact.kind, fact.former, fact.server, fact.reason) == ("session", "A", "B", "reset")
    assert (stage.session.rescued_from, stage.session.server.name) == ("A", "B")


def test_without_the_setting_a_session_ends_with_its_server():
    stage = logged_in(plan(servers=servers(2))).play("S> [lost reset]\nS< [ended]\nC< 421 ...\nC< [ended]")
    assert not stage.vault.lines()
    assert not stage.noted(RescueFailed)


def test_a_421_out_of_turn_and_a_halt_are_no_end_either():
    at_home().play(f"S> 421 Going down.\nS< [ended]{AGAIN}")
    stage = at_home().play(f"O> halt A is halted\nS< [ended]{AGAIN}")
    assert stage.noted(Rescued)[0].reason == "A is halted"


def test_a_session_whose_server_is_drained_goes_on_elsewhere_and_stays_there():
    stage = at_home().play(f"O> drain\nS< [ended]{AGAIN}")
    assert stage.noted(Rescued)[0].reason == "A is drained"
    assert not stage.noted(SessionDrained)
    stage.play("C> NOOP\nS< NOOP\nS> 200 ok\nC< 200 ok")


@pytest.mark.parametrize(("event", "drained"), [("drain", 1), ("halt A is halted", 0)])
def test_what_an_operator_takes_out_is_not_called_lost(event, drained):
    stage = logged_in(rescued_plan(1))
    text = "421 The server is being taken out of service, and no other one takes the session: No real server is up."
    stage.play(f"O> {event}\nS< [ended]\nC< {text}\nC< [ended]")
    assert stage.noted(SessionEnded)[0].ended.startswith(f"A is {event.rpartition(' ')[2].replace('drain', 'drained')}")
    assert len(stage.noted(SessionDrained)) == drained


@pytest.mark.parametrize("when", ["at-once", "at-login"])
def test_the_name_that_a_server_was_told_later_goes_to_the_next_one(when):
    stage = Stage(rescued_plan(connect=when)).open()
    if when == "at-once":
        stage.play("S< [dial A]\nS> 220 hello\nC< 220 hello")
    else:
        stage.play("C< 220 ...\nC> USER anna\nS< [dial A]\nS> 220 hello\nS< USER anna\nS> 331 ?\nC< 331 ?")
        told(stage, ("PASS bad", "530 no"))
    told(stage, ("HOST no.example", "504 no"), ("HOST b.example", "220 ok"), ("USER anna", "331 ?"))
    told(stage, ("PASS secret", "230 in"))
    stage.play("S> [lost reset]\nS< [ended]\nS< [dial B]\nS> 220 default\nS< HOST b.example\nS> 220 ok\nS< USER anna")


@pytest.mark.parametrize("words", [("PASS secret",), ("USER anna", "PASS secret")])
def test_a_second_login_that_may_have_left_the_folder_as_it_was_is_not_rescued(words):
    stage = told(at_home(), ("CWD /old", "250 ok"), *((line, "230 Already logged in.") for line in words))
    stage.play("S> [lost reset]\nS< [ended]\nC< 421 ...\nC< [ended]")


def test_a_halt_ends_what_cannot_be_rescued():
    logged_in().play("O> halt A is halted\nS< [ended]\nC< 421 A is halted\nC< [ended]")


def test_the_idle_clock_goes_on():
    stage = at_home().play("T> 599").play(LOST)
    stage.play("T> 2\nS< [ended]\nC< 421 No command for too long.\nC< [ended]")


def test_what_the_client_had_set_is_set_again_and_its_folder_compared():
    stage = greeted(rescued_plan())
    stage.play("C> OPTS UTF8 ON\nC< 200 UTF8 is on.\nC> USER anna\nS< [dial A]\nS> 220 Hello.\nS< OPTS UTF8 ON")
    stage.play("S> 200 ok\nS< USER anna\nS> 331 ?\nC< 331 ?\nC> PASS secret\nS< PASS secret\nS> 230 in\nC< 230 in")
    told(stage, ("TYPE I", "200 ok"), ("CWD pub", "250 ok"), ("PWD", '257 "/pub"'), ("REST 7", "350 ok"))
    stage.play("""
        S> [lost reset]
        S< [ended]
        S< [dial B]
        S> 120-Wait
        S> 120 a moment
        S> 220 Welcome.
        S< OPTS UTF8 ON
        S> 200 ok
        S< USER anna
        S> 331 ?
        S< PASS secret
        S> 230 in
        S< TYPE I
        S> 200 ok
        S< CWD /pub
        S> 150 thinking
        S> 250 ok
        S< PWD
        S> 257 "/pub" is it
    """)
    assert stage.session.state == "ready"


def test_a_session_with_tls_has_tls_and_protection_with_the_next_server_too():
    stage = greeted(tls_plan(servers=servers(2, ServerTls("explicit")), rescue="sessions"))
    stage.play(
        "C> AUTH TLS\nC< 234 ...\nC< [TLS]\nC> USER anna\nS< [dial A]\nS> 220 Hello.\nS< AUTH TLS\nS> 234 ok\n"
        "S< [TLS]\nS< USER anna\nS> 230 in\nC< 230 in\nS< PBSZ 0\nS> 200 ok\nS< PROT P\nS> 200 ok"
    )
    stage.play("""
        S> [lost reset]
        S< [ended]
        S< [dial B]
        S> 220 Welcome.
        S< AUTH TLS
        S> 234 go
        S< [TLS]
        S< USER anna
        S> 230 in
        S< PBSZ 0
        S> 200 ok
        S< PROT P
        S> 200 ok
    """)
    assert stage.session.state == "ready"


def test_a_greeting_is_relayed_once_only():
    stage = Stage(rescued_plan(connect="at-once")).open().play("S< [dial A]\nS> 220 Hello.\nC< 220 Hello.")
    stage.play("C> USER anna\nS< USER anna\nS> 230 in\nC< 230 in\nS> [lost reset]\nS< [ended]\nS< [dial B]")
    stage.play("S> 120 wait\nS> 220 Hello.\nS< USER anna\nS> 230 in\nC> NOOP\nS< NOOP\nS> 200 ok\nC< 200 ok")


def test_a_passive_port_that_waits_is_matched_with_the_next_server():
    passive(at_home()).play(f"""{LOST}
        D< drop server
        S< PASV
        S> 227 ok (10,0,0,2,4,211)
        D< dial 10.0.0.2:1235
        C> LIST
        S< LIST
        S> 150 here
        C< 150 here
        D< join down
        S~ end 5
        S> 226 done
        D< drop ended
        C< 226 done
    """)


def test_a_client_that_waits_itself_is_matched_with_the_next_server():
    stage = at_home().play("""
        C> PORT 198,51,100,7,200,10
        D< aim 192.0.2.10 198.51.100.7:51210
        D< listen
        S< PORT 10,9,0,1,117,48
        S> 200 ok
        C< 200 ok
    """)
    stage.play(LOST + "D< drop server\nD< listen\nS< PORT 10,9,0,1,117,48\nS> 200 ok")
    assert stage.session.state == "ready"


@pytest.mark.parametrize("reply", ["500 no", "150 wait\nS> 425 no", "227 nonsense"])
def test_a_port_that_the_next_server_does_not_match_is_given_up_in_silence(reply):
    stage = passive(at_home()).play(LOST + f"D< drop server\nS< PASV\nS> {reply}\nD< drop ended")
    stage.play("C> LIST\nC< 425 Use PASV or EPSV first.")


def test_no_port_for_the_next_server_is_no_harm():
    stage = at_home(server_data="active")
    stage.play("C> PASV\nD< expect\nD< listen\nS< EPRT ...\nS> 200 ok\nC< 227 ...")
    stage.play(LOST.replace("S> 230 Logged in.", ""))
    stage.has_ports = False
    stage.play("S> 230 in\nD< drop server\nD< listen\nD< drop ended\nC> NOOP\nS< NOOP\nS> 200 ok\nC< 200 ok")


def test_accounts_and_other_words_of_a_login_are_said_as_the_server_asks():
    stage = greeted(rescued_plan()).play("C> USER anna\nS< [dial A]\nS> 220 Hello.\nS< USER anna\nS> 331 ?\nC< 331 ?")
    stage.play("C> PASS secret\nS< PASS secret\nS> 332 ?\nC< 332 ?\nC> ACCT x\nS< ACCT x\nS> 230 in\nC< 230 in")
    stage.play(
        "S> [lost reset]\nS< [ended]\nS< [dial B]\nS> 220 Hello.\nS< USER anna\nS> 120 wait\nS> 331 ?\n"
        "S< PASS secret\nS> 332 ?\nS< ACCT x\nS> 202 superfluous"
    )
    assert stage.session.state == "ready"


# What ends a rescue.


def test_a_login_that_is_refused_ends_the_session_with_the_reason():
    stage = at_home().play(
        LOST.replace("230 Logged in.", "530 No.")
        + "S< [ended]\nC< 421 The server is lost, and no other one takes the session: ...\nC< [ended]"
    )
    assert stage.noted(RescueFailed)[0].reason == "the login is answered with 530"
    (ended,) = stage.noted(SessionEnded)
    assert "A is lost (reset)" in ended.ended
    assert not stage.vault.lines()


def test_a_server_that_asks_for_more_than_the_client_has_said_does_not_get_the_session():
    at_home().play(LOST.replace("230 Logged in.", "332 Account?") + "S< [ended]\nC< 421 ...\nC< [ended]")


def test_a_folder_that_is_missing_or_another_one_ends_the_session_with_the_reason():
    stage = told(at_home(), ("CWD pub", "250 ok"))
    stage.play(LOST + "S< CWD pub\nS> 550 no\nS< [ended]\nC< 421 ...\nC< [ended]")
    assert stage.noted(RescueFailed)[0].reason == "CWD is answered with 550"
    stage = told(at_home(), ("PWD", '257 "/home"'))
    stage.play(LOST + 'S< CWD /home\nS> 250 ok\nS< PWD\nS> 257 "/other"\nS< [ended]\nC< 421 ...\nC< [ended]')
    assert stage.noted(RescueFailed)[0].reason == "its folder has another name there"


def test_a_courtesy_may_be_refused():
    told(at_home(), ("LANG de", "200 ok")).play(LOST + "S< LANG de\nS> 500 what\nC> NOOP\nS< NOOP")


def test_no_other_server_ends_the_session():
    stage = at_home(count=1).play("S> [lost reset]\nS< [ended]\nC< 421 ...\nC< [ended]")
    assert stage.noted(RescueFailed)[0].reason == "No real server is up"
    assert stage.noted(SessionEnded)[0].server == "A"


def test_servers_that_cannot_be_reached_are_tried_up_to_retries():
    stage = at_home()
    stage.unreachable = {"B"}
    stage.play(
        "S> [lost reset]\nS< [ended]\nS< [dial B]\nS< [ended]\nS< [dial C]\nS> 421 full\nS< [ended]\n"
        "C< 421 ...\nC< [ended]"
    )
    assert stage.noted(RescueFailed)[0].reason == "no server could be reached"


@pytest.mark.parametrize("loss", ["S> [lost reset]", "S> 421 no", f"T> {RESCUE_STEP_S}", "O> halt B is halted"])
def test_a_server_that_is_lost_in_the_rescue_is_followed_by_one_more(loss):
    stage = told(at_home(count=4, retries=5), ("TYPE I", "200 ok")).play(LOST + "S< TYPE I")
    stage.play(f"{loss}\nS< [ended]{AGAIN.replace('B]', 'C]')}S< TYPE I\nS> 200 ok")
    assert (stage.session.rescued_from, stage.session.server.name) == ("A", "C")


def test_no_session_is_the_death_of_all_servers():
    dies = AGAIN.replace("S> 230 Logged in.", "S> [lost reset]")
    stage = at_home(count=4, retries=5).play(
        f"S> [lost reset]\nS< [ended]{dies}S< [ended]{dies.replace('B]', 'C]')}S< [ended]\nC< 421 ...\nC< [ended]"
    )
    assert stage.noted(RescueFailed)[0].reason == "the next ones were lost, too"


def test_a_rescue_has_a_deadline():
    stage = at_home().play(
        "S> [lost reset]\nS< [ended]\nS< [dial B]\nS> 220 Hello.\nS< USER anna\nT> 9\nS> 331 ?\n"
        "S< PASS secret\nT> 9\nS> 120 wait"
    )
    stage.now = 1000.0 + RESCUE_S
    stage.play("T> 0\nS< [ended]\nC< 421 ...\nC< [ended]")
    assert stage.noted(RescueFailed)[0].reason == "it takes too long"


def test_a_session_is_rescued_a_few_times_a_minute():
    stage = at_home(count=2, retries=9)
    for turn in range(MOST_RESCUES):
        stage.play(LOST.replace("B]", f"{'BA'[turn % 2]}]"))
    stage.play("S> [lost reset]\nS< [ended]\nC< 421 The connection to the server is lost.\nC< [ended]")
    assert stage.noted(RescueFailed)[0].reason == f"{MOST_RESCUES} rescues within a minute are enough"


def test_a_minute_later_it_is_rescued_again():
    stage = at_home(count=2, retries=9)
    for turn in range(MOST_RESCUES + 1):
        stage.play(LOST.replace("B]", f"{'BA'[turn % 2]}]") + "T> 20\nC> NOOP\nS< NOOP\nS> 200 ok\nC< 200 ok")


def test_a_session_that_has_set_too_much_is_not_rescued():
    stage = told(at_home(), *((f"OPTS {number}", "200 ok") for number in range(40)))
    stage.play("S> [lost reset]\nS< [ended]\nC< 421 ...\nC< [ended]")
    assert stage.noted(RescueFailed)[0].reason == "it has set more than is kept"


def test_a_host_that_the_next_server_does_not_know_keeps_the_session_from_it():
    stage = greeted(rescued_plan()).play(
        "C> HOST h\nC< 220 Host accepted.\nC> USER anna\nS< [dial A]\nS> 220 Hello.\n"
        "S< HOST h\nS> 220 ok\nS< USER anna\nS> 230 in\nC< 230 in\nS> [lost reset]\nS< [ended]\nS< [dial B]\n"
        "S> 220 Hello.\nS< HOST h\nS> 504 no\nS< [ended]\nS< [dial C]\nS> 220 Hello.\nS< HOST h\nS> 220 ok\n"
        "S< USER anna\nS> 230 in"
    )
    assert stage.session.server.name == "C"


# Logins.


def test_a_login_that_is_not_over_is_not_rescued():
    stage = greeted(rescued_plan()).play("C> USER anna\nS< [dial A]\nS> 220 Hello.\nS< USER anna\nS> 331 ?\nC< 331 ?")
    stage.play("C> PASS secret\nS< PASS secret\nS> [lost reset]\nS< [ended]\nC< 421 ...\nC< [ended]")


def test_a_second_login_that_fails_leaves_nothing_to_rescue():
    stage = told(at_home(), ("USER bert", "331 ?"), ("PASS wrong", "530 no"))
    assert not stage.vault.lines()
    stage.play("S> [lost reset]\nS< [ended]\nC< 421 ...\nC< [ended]")


def test_a_login_again_takes_the_place_of_the_former():
    stage = at_home()
    told(stage, ("ACCT x", "202 superfluous"), ("ACCT y", "202 superfluous"))
    assert stage.vault.lines() == (b"PASS secret", b"ACCT y")
    told(stage, *[("PASS secret", "230 Already logged in.")] * 9)
    assert stage.vault.lines() == (b"PASS secret",)


def test_the_words_of_a_login_are_forgotten_with_the_session():
    stage = at_home()
    assert stage.vault.lines() == (b"PASS secret",)
    stage.play("C> [cut]\nS< [ended]\nC< [cut]")
    assert not stage.vault.lines()


# Within a command.


@pytest.mark.parametrize("command", ["NOOP", "PWD", "SIZE a", "CWD x", "STAT", "FEAT", "ABOR"])
def test_a_command_that_does_no_harm_twice_is_sent_again(command):
    at_home().play(f"C> {command}\nS< {command}" + LOST + f"S< {command}\nS> 500 whatever\nC< 500 whatever")


def test_it_is_sent_again_once():
    text = "C< 450 The server was lost before it answered: whether SIZE was done is not known."
    stage = at_home(count=4, retries=5).play("C> SIZE a\nS< SIZE a" + LOST + "S< SIZE a")
    stage.play(f"S> [lost reset]\n{text}\nS< [ended]" + AGAIN.replace("B]", "A]"))


@pytest.mark.parametrize("command", ["DELE a", "MKD a", "SITE CHMOD 600 a", "RNTO b", "XFOO"])
def test_what_may_have_been_done_is_not_done_twice(command):
    verb = command.partition(" ")[0]
    text = f"C< 450 The server was lost before it answered: whether {verb} was done is not known."
    at_home().play(f"C> {command}\nS< {command}\nS> [lost reset]\n{text}\nS< [ended]" + AGAIN)


def test_a_server_that_does_not_answer_is_lost_too():
    stage = at_home().play(f"C> NOOP\nS< NOOP\nT> 300\nS< [ended]{AGAIN}S< NOOP\nS> 200 ok\nC< 200 ok")
    assert stage.noted(Rescued)[0].reason == "the server does not answer"


def test_lines_that_come_meanwhile_wait():
    stage = at_home().play("S> [lost reset]\nS< [ended]\nS< [dial B]\nC> NOOP\nC> PWD")
    stage.play(AGAIN.replace("S< [dial B]", "") + "S< NOOP\nS> 200 ok\nC< 200 ok\nS< PWD\nS> 257 ok\nC< 257 ok")


def test_a_rename_begins_anew():
    stage = told(at_home(), ("RNFR a", "350 ok")).play(LOST)
    stage.play("C> RNTO b\nC< 503 The server has changed: use RNFR again.\nC> RNTO b\nS< RNTO b")


def test_a_question_for_data_is_asked_again():
    at_home().play(
        "C> PASV\nD< expect\nS< PASV" + LOST + "D< drop server\nS< PASV\nS> 227 ok (1,2,3,4,5,6)\n"
        "C< 227 ...\nD< dial 10.0.0.2:1286"
    )
    at_home().play(
        "C> PASV\nD< expect\nS< PASV" + LOST + "D< drop server\nS< PASV\nS> 500 no\n"
        "D< drop ended\nC< 500 no\nC> NOOP\nS< NOOP"
    )


def test_chores_that_a_server_did_not_finish_are_done_by_the_next():
    stage = greeted(plan(servers=servers(2, ServerTls("implicit")), rescue="sessions"))
    stage.play("C> USER anna\nS< [dial A]\nS> 220 Hello.\nS< USER anna\nS> 230 in\nC< 230 in\nS< PBSZ 0")
    stage.play(
        "S> [lost reset]\nS< [ended]\nS< [dial B]\nS> 220 Hello.\nS< USER anna\nS> 230 in\nS< PBSZ 0\nS> 200 ok\n"
        "S< PROT P\nS> 200 ok\nC> NOOP\nS< NOOP"
    )


# Within a transfer.


def moving(command: str = "RETR a", **changes) -> Stage:
    direction = "up" if command.startswith(("STOR", "APPE")) else "down"
    stage = passive(at_home(**changes))
    return stage.play(f"C> {command}\nS< {command}\nS> 150 ok\nC< 150 ok\nD< join {direction}")


def test_an_upload_ends_with_426_and_its_session_goes_on():
    stage = moving("STOR a").play("S> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN)
    (fact,) = stage.noted(TransferEnded)
    assert (fact.result, fact.server) == ("cut", "A")
    assert fact.reason.endswith("0 bytes were on their way to it, and what it keeps of them is not known")


def test_an_upload_that_had_no_answer_yet_is_not_begun_again():
    passive(at_home()).play("C> STOR a\nS< STOR a\nS> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]" + AGAIN)


def test_an_aborted_transfer_stays_aborted():
    stage = moving().play("C> ABOR\nS< ABOR\nD< drop cut\nS> [lost reset]\nC< 426 ...\nC< 226 ...\nS< [ended]" + AGAIN)
    stage.play("C> NOOP\nS< NOOP")
    stage = moving().play(
        "C> ABOR\nS< ABOR\nD< drop cut\nS> 226 done\nC< 426 ...\nS> [lost reset]\nC< 226 done\n"
        "S< [ended]" + AGAIN + "C> NOOP\nS< NOOP"
    )


def test_a_transfer_that_runs_when_ftpair_stops_is_the_last():
    moving("STOR a").play(
        "O> stop bye\nS> [lost reset]\nD< drop cut\nC< 426 ...\nS< [ended]"
        + AGAIN
        + "S< [ended]\nC< 421 bye\nC< [ended]"
    )


def test_a_halt_while_a_server_is_chosen_ends_the_session():
    stage = at_home()
    stage.plan = plan(servers=())  # The balancer's answer is on its way.
    wanted = stage.session.handle(events.ServerLost("reset"), stage.now)
    assert isinstance(wanted[-1], effects.Choose)
    stage.play("O> halt B is halted\nC< 421 B is halted\nC< [ended]")
