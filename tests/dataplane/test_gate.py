"""The gate of a worker, with real sockets: who is turned away, how that is told, and what is counted."""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ftpair.core.facts import Refusal, SessionEnded
from ftpair.core.limits import Ban, BanPolicy, Limits
from ftpair.core.plan import Clocks, ServerTlsMode
from ftpair.core.status import Health, ServerState

from .raw_client import RawClient
from .scripted_server import Dialogue, friendly, scripted_server
from .stage import IMPLICIT, Stage, real_server, server_plan, service_plan, stage, verified

LOCAL = "127.0.0.1"


@contextlib.contextmanager
def limited(
    script=friendly, clocks: Clocks | None = None, bans: BanPolicy | None = None, **limits: Any
) -> Iterator[Stage]:
    """A stage whose service has these limits, before one scripted server."""
    with scripted_server(script) as (address, _):
        plan = service_plan(server_plan(address), limits=Limits(**limits), bans=bans, clocks=clocks or Clocks())
        with stage(plan) as running:
            yield running
            running.wait(running.is_at_rest)


def refusals(running: Stage) -> list[str]:
    return [fact.reason for fact in running.facts_of(Refusal)]


def suspicious(dialogue: Dialogue) -> None:
    """Refuse every password but one."""
    dialogue.say("220 scripted")
    while True:
        verb, _, argument = dialogue.hear().partition(" ")
        if not verb:
            return
        good = argument == "right"
        dialogue.say({"USER": "331 password, please", "PASS": "230 in" if good else "530 wrong"}.get(verb, "200 ok"))


def ban(kind: str, subject: str, seconds: float = 60.0) -> Ban:
    return Ban("VIP", "user" if kind == "user" else "address", subject, time.time() + seconds)


def use_bans(running: Stage, *bans: Ban, lifted: tuple[tuple[str, str, str], ...] = (), is_whole: bool = False) -> None:
    running.call(lambda: running.worker.gate.use_bans(bans, lifted, is_whole=is_whole))


# Sessions and connections.


def test_one_address_has_no_more_sessions_than_it_may_and_a_place_that_is_left_is_free():
    with limited(sessions_per_address=2) as running, RawClient() as one:
        with RawClient() as two, RawClient() as three:
            assert one.reply().startswith("220 ")
            assert two.reply().startswith("220 ")
            assert three.reply() == "421 Too many sessions from your address: end one first."
            assert three.reply() == ""
        running.wait(lambda: len(running.sessions()) == 1)
        with RawClient() as four:
            assert four.reply().startswith("220 ")
        assert refusals(running) == ["sessions-per-address"]


def test_on_the_implicit_port_there_is_no_word_before_tls():
    with limited(sessions_per_address=1) as running, RawClient() as one:
        assert one.reply().startswith("220 ")
        with pytest.raises(OSError, match=r"EOF|reset"):
            RawClient(port=IMPLICIT)
        assert refusals(running) == ["sessions-per-address"]


def test_a_service_that_is_full_says_so_and_counts_it():
    with (
        scripted_server(friendly) as (address, _),
        stage(service_plan(server_plan(address), max_sessions=1)) as running,
    ):
        with RawClient() as one, RawClient() as two:
            greet(one)
            greet(two)
            assert one.ask("USER anna").startswith("331")
            assert two.ask("USER bert") == "421 Too many sessions: try again later."
            assert refusals(running) == ["max-sessions"]
        running.wait(running.is_at_rest)


def test_who_connects_too_often_hears_when_to_come_again():
    with limited(connections_per_minute_per_address=2) as running:
        for greeting in ("220 ", "220 ", "421 Too many connections: try again in "):
            with RawClient() as client:
                assert client.reply().startswith(greeting)
        assert refusals(running) == ["connections"]


def test_one_user_has_no_more_sessions_than_he_may_by_the_right_password_only():
    with limited(suspicious, sessions_per_user=1) as running:
        with RawClient() as one, RawClient() as two, RawClient() as three:
            for client in (one, two, three):
                greet(client)
            assert log_in(one, "Anna", "right") == "230 in"
            assert log_in(two, "anna", "wrong") == "530 wrong"
            assert log_in(two, "anna", "right") == "421 Too many sessions of this user: end one first."
            assert log_in(three, "bert", "right") == "230 in"
        running.wait(lambda: not running.sessions())
        with RawClient() as client:
            assert log_in(greet(client), "anna", "right") == "230 in"
            assert log_in(client, "anna", "right") == "230 in"
            assert log_in(client, "bert", "right") == "230 in"
            with RawClient() as other:
                assert log_in(greet(other), "anna", "right") == "230 in"
        assert refusals(running) == ["sessions-per-user"]


def greet(client: RawClient) -> RawClient:
    assert client.reply().startswith("220 ")
    return client


def log_in(client: RawClient, user: str, password: str) -> str:
    client.ask(f"USER {user}")
    return client.ask(f"PASS {password}")


def last_reply(client: RawClient) -> str:
    """Read all replies until the end."""
    last = reply = client.reply()
    while reply:
        last, reply = reply, client.reply()
    return last


# Logins.


def test_too_many_passwords_from_an_address_are_refused_and_no_server_hears_of_them():
    with limited(suspicious, logins_per_minute_per_address=2) as running, RawClient() as client:
        greet(client)
        assert [log_in(client, user, "wrong") for user in "ab"] == ["530 wrong"] * 2
        assert log_in(client, "c", "right").startswith("530 Too many logins: try again in ")
        assert refusals(running) == ["logins-per-address"]


def test_too_many_passwords_for_a_user_are_refused_and_for_another_not():
    with limited(suspicious, logins_per_minute_per_user=1) as running, RawClient() as client:
        greet(client)
        assert log_in(client, "anna", "wrong") == "530 wrong"
        assert log_in(client, "ANNA", "right").startswith("530 Too many logins: ")
        assert log_in(client, "bert", "right") == "230 in"
        assert refusals(running) == ["logins-per-user"]


# Bans.


def test_a_banned_address_is_turned_away_at_the_door():
    with limited() as running:
        use_bans(running, ban("address", LOCAL))
        with RawClient() as client:
            assert client.reply() == "421 Your address is locked out for now: try again later."
            assert client.reply() == ""
        use_bans(running, lifted=(("VIP", "address", LOCAL),))
        with RawClient() as client:
            assert client.reply().startswith("220 ")
        assert refusals(running) == ["banned-address"]


def test_a_ban_that_is_over_holds_nobody_up_and_a_new_list_replaces_the_old():
    with limited() as running:
        use_bans(running, ban("address", LOCAL, seconds=-1))
        with RawClient() as client:
            assert client.reply().startswith("220 ")
        use_bans(running, ban("address", LOCAL))
        use_bans(running, is_whole=True)
        with RawClient() as client:
            assert client.reply().startswith("220 ")


def test_who_is_banned_while_connected_cannot_log_in_any_more():
    with limited(suspicious) as running, RawClient() as client:
        greet(client)
        use_bans(running, ban("address", LOCAL))
        assert client.ask("USER anna") == "530 Your address is locked out for now: try again later."


def test_a_banned_user_is_refused_but_not_from_an_allowed_network():
    with limited(suspicious) as running, RawClient() as client:
        use_bans(running, ban("user", "anna"))
        greet(client)
        assert client.ask("USER Anna") == "530 This user is locked out for now: try again later."
        assert client.ask("USER bert") == "331 password, please"
        assert refusals(running) == ["banned-user"]
    with limited(suspicious, bans=BanPolicy(allow=("127.0.0.0/8",))) as running, RawClient() as client:
        use_bans(running, ban("user", "anna"), ban("address", LOCAL))
        greet(client)
        assert log_in(client, "anna", "right") == "230 in"


def test_wrong_passwords_are_reported_and_answered_later_and_later():
    with limited(suspicious, bans=BanPolicy(delay_s=0.01)) as running, RawClient() as client:
        greet(client)
        assert log_in(client, "anna", "wrong") == "530 wrong"
        assert log_in(client, "bert", "wrong") == "530 wrong"
        assert running.failures == [("VIP", LOCAL, "anna"), ("VIP", LOCAL, "bert")]


def test_who_waits_for_an_answer_is_in_a_state_of_its_own_and_holds_nobody_up():
    with limited(suspicious, bans=BanPolicy(delay_s=30)) as running:
        with RawClient() as one, RawClient() as two:
            greet(one)
            one.ask("USER anna")
            one.say("PASS wrong")
            running.wait(
                lambda: [row.state for row in running.sessions() if row.user == "anna"] == ["delaying an answer"]
            )
            assert log_in(greet(two), "bert", "right") == "230 in"


def test_from_an_allowed_network_no_wrong_password_counts():
    with limited(suspicious, bans=BanPolicy(allow=("127.0.0.0/8",))) as running, RawClient() as client:
        greet(client)
        assert log_in(client, "anna", "wrong") == "530 wrong"
        assert running.failures == []


# Commands.


def test_who_floods_is_ended_and_who_is_fast_is_slowed():
    with limited(suspicious, commands_per_second=10) as running:
        with RawClient() as client:
            greet(client)
            client.say(*["NOOP"] * 300)
            assert last_reply(client) == "421 Too many commands at once."
        with RawClient() as client:
            greet(client)
            client.say(*["SYST"] * 55, "QUIT")
            assert last_reply(client).startswith("221 ")
        assert refusals(running) == ["commands"]


def test_a_command_that_is_not_finished_in_time_ends_the_session():
    with limited(clocks=Clocks(command_timeout_s=0.5)) as running, RawClient() as client:
        greet(client)
        client.sock.sendall(b"US")
        assert client.reply() == "421 A command was begun but not finished in time."
        assert running.facts_of(SessionEnded)[0].ended == "a command was not finished in time"


def test_a_command_whose_rest_waits_for_us_is_not_late():
    def slow(dialogue: Dialogue) -> None:
        dialogue.log_in()
        dialogue.until("PWD")
        time.sleep(2.5)
        dialogue.say('257 "/"')
        dialogue.serve()

    with limited(slow, clocks=Clocks(command_timeout_s=0.5)), RawClient() as client:
        client.log_in()
        client.sock.sendall(b"PWD\r\n" + b"NOOP\r\n" * 64 + b"NO")
        time.sleep(0.3)  # By now nothing more is read: so many lines wait for the server.
        client.sock.sendall(b"OP\r\nQUIT\r\n")
        assert client.reply() == '257 "/"'
        assert [client.reply() for _ in range(65)] == ["200 yes"] * 65
        assert client.reply() == "221 bye"


def test_who_has_no_server_is_counted():
    with limited() as running, RawClient() as client:
        running.call(lambda: running.worker.use_states({1: ServerState(health=Health.DOWN)}))
        greet(client)
        assert client.ask("USER anna") == "421 No server is available: try again later."
        assert refusals(running) == ["no-server"]


def test_a_session_ends_when_it_has_lived_long_enough():
    with limited(clocks=Clocks(session_timeout_s=1)), RawClient() as client:
        greet(client)
        assert client.reply() == "421 This session has lasted as long as it may."


def test_without_descriptors_for_a_session_more_nobody_is_let_in():
    with limited() as running:
        running.call(lambda: setattr(running.worker.threshold, "most_sessions", 1))
        with RawClient() as one, RawClient() as two:
            assert one.reply().startswith("220 ")
            assert two.reply() == "421 Too many sessions: try again later."
        assert refusals(running) == ["descriptors"]


def test_a_plan_without_limits_counts_nobody():
    with limited() as running, RawClient() as client:
        greet(client)
        assert not any(running.present.rows())
        assert msgspec.structs.astuple(Limits())[0] == 0


# Transfers.


@pytest.mark.parametrize("mode", ["off", "explicit"])
def test_a_transfer_that_waits_for_its_turn_is_slow_but_not_stalled(tmp_path: Path, mode: ServerTlsMode):
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "a.bin").write_bytes(b"x" * 600)
    with real_server(tmp_path / "root", mode) as address:
        server = server_plan(address, tls=verified(mode)) if mode != "off" else server_plan(address)
        limits, clocks = Limits(bytes_per_second_per_session=125), Clocks(stall_timeout_s=0.5)
        with stage(service_plan(server, limits=limits, clocks=clocks)) as running:
            with RawClient() as client:
                began = time.monotonic()
                got, _, reply = client.log_in().retrieve("RETR a.bin")
                assert (len(got), reply[:3]) == (600, "226")
                assert time.monotonic() - began > 3
            running.wait(running.is_at_rest)


def test_a_transfer_without_limits_has_no_throttle():
    with limited() as running, RawClient() as client:
        greet(client)
        (driver,) = running.call(lambda: list(running.worker._drivers.values()))
        assert driver.visit.throttle("anna") is None
