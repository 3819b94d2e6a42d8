"""How the server is asked for a data connection: as the client asks, or translated."""

import pytest

from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import ProtocolError
from ftpair.core.plan import ServerPlan
from tests.transcripts.play import LOGIN, Stage, logged_in, plan, play

V6_SERVER = (ServerPlan(0, "VIP", "A", Endpoint("2001:db8::1", 21)),)
V6 = {"client": "2001:db8:1::7", "local": "2001:db8:1::10"}
EPRT_FROM_V6 = """
    C> EPRT |2|2001:db8:1::7|51201|
    D< aim 2001:db8:1::10 2001:db8:1::7:51201
"""
PORT = """
    C> PORT 198,51,100,7,200,1
    D< aim 192.0.2.10 198.51.100.7:51201
"""


def test_an_active_client_and_a_passive_server_meet_when_the_transfer_begins():
    logged_in(plan(server_data="passive")).play(f"""
        {PORT}
        S< EPSV
        S> 229 (|||1234|)
        C< 200 PORT command successful.
        C> RETR a
        S< RETR a
        D< dial 10.0.0.1:1234
        S> 150 ok
        C< 150 ok
        D< join down
    """)


def test_a_passive_client_and_an_active_server_meet():
    logged_in(plan(server_data="active")).play("""
        C> PASV
        D< expect
        D< listen
        S< EPRT |1|10.9.0.1|30000|
        S> 200 ok
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        C> RETR a
        S< RETR a
        S> 150 ok
        C< 150 ok
        D< join down
    """)


def test_a_server_that_does_not_know_the_extended_command_is_asked_the_classic_one_and_it_is_remembered():
    logged_in(plan(server_data="passive")).play("""
        C> EPSV
        D< expect
        S< EPSV
        S> 120 Wait.
        C< 120 Wait.
        S> 500 EPSV not understood.
        S< PASV
        S> 227 (10,0,0,1,4,210)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 10.0.0.1:1234
        C> LIST
        S< LIST
        S> 450 Not now.
        D< drop ended
        C< 450 Not now.
        C> EPSV
        D< expect
        S< PASV
        S> 425 No.
        D< drop ended
        C< 425 No.
    """)


def test_what_one_session_learned_of_a_server_another_knows():
    first, second = Stage(plan(server_data="active")), Stage(plan(server_data="active"))
    refused: set[tuple[int, str]] = {(0, "EPRT")}
    for stage in (first, second):
        stage.session.share_refused_questions(refused)

    second.open().play("C< 220 FTP service ready.").play(LOGIN).play(f"""
        {PORT}
        D< listen
        S< PORT 10,9,0,1,117,48
    """)


def test_the_same_port_waits_when_the_server_is_asked_in_other_words():
    logged_in(plan(server_data="active")).play(f"""
        {PORT}
        D< listen
        S< EPRT |1|10.9.0.1|30000|
        S> 502 No.
        S< PORT 10,9,0,1,117,48
        S> 200 ok
        C< 200 ok
        C> NLST
        S< NLST
    """)


def test_a_server_that_can_just_not_now_is_not_asked_twice():
    logged_in(plan(server_data="passive")).play("""
        C> PASV
        D< expect
        S< EPSV
        S> 425 Too many.
        D< drop ended
        C< 425 Too many.
        C> PASV
        D< expect
        S< EPSV
    """)


def test_a_server_that_refuses_both_gives_the_client_its_last_word():
    logged_in(plan(server_data="passive")).play("""
        C> EPSV
        D< expect
        S< EPSV
        S> 500 No.
        S< PASV
        S> 502 Never.
        D< drop ended
        C< 502 Never.
    """)


def test_an_ipv6_client_reaches_an_ipv4_server_that_knows_no_epsv():
    logged_in(plan(), **V6).play("""
        C> EPSV 2
        D< expect
        S< EPSV
        S> 500 No.
        S< PASV
        S> 227 (10,0,0,1,4,210)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 10.0.0.1:1234
    """)


def test_an_active_ipv6_client_reaches_an_active_ipv4_server():
    logged_in(plan(), **V6).play(f"""
        {EPRT_FROM_V6}
        D< listen
        S< EPRT |1|10.9.0.1|30000|
        S> 522 Only PORT here.
        S< PORT 10,9,0,1,117,48
        S> 200 ok
        C< 200 EPRT command successful.
    """)


def test_an_active_ipv4_client_reaches_an_active_ipv6_server():
    stage = logged_in(plan(servers=V6_SERVER))
    stage.door = Endpoint("2001:db8::9", 30000)
    stage.play(f"""
        {PORT}
        D< listen
        S< EPRT |2|2001:db8::9|30000|
        S> 200 ok
        C< 200 PORT command successful.
    """)


def test_an_ipv6_server_is_asked_once_for_it_has_no_other_words():
    logged_in(plan(servers=V6_SERVER, server_data="passive")).play(f"""
        {PORT}
        S< EPSV
        S> 500 No.
        D< drop ended
        C< 500 No.
    """)


@pytest.mark.parametrize("line", ["EPSV 1", "epsv 1"])
def test_the_clients_own_line_is_used_where_it_says_the_right_thing(line):
    logged_in(plan(server_data="passive")).play(f"""
        C> {line}
        D< expect
        S< {line}
    """)


def test_without_a_port_for_the_server_the_client_hears_of_it():
    stage = play("")
    stage.has_ports = False
    stage.play(f"""
        {PORT}
        D< listen
        D< drop ended
        C< 425 No port is free for the server to connect to: try again later.
        C> LIST
        C< 425 Use PASV or EPSV first.
    """)


def test_a_passive_server_that_names_no_port_to_an_active_client_is_counted():
    stage = logged_in(plan(server_data="passive"))
    stage.play(f"""
        {PORT}
        S< EPSV
        S> 229 somewhere
        D< drop ended
        C< 425 The server names no port.
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["bad-passive-reply"]


def test_a_servers_silence_about_port_ends_the_session():
    play(f"""
        {PORT}
        D< listen
        S< PORT 10,9,0,1,117,48
        T> 301
        D< drop ended
        S< [ended]
        C< 421 The server does not answer.
        C< [ended]
    """)


@pytest.mark.parametrize(
    ("networks", "dialled"),
    [
        (("10.7.0.0/16",), "10.7.0.9"),
        (("192.168.0.0/16", "10.7.0.9/32"), "10.7.0.9"),
        (("10.8.0.0/16",), "10.0.0.1"),
        ((), "10.0.0.1"),
    ],
)
def test_the_address_in_a_227_is_believed_in_the_listed_networks_only(networks, dialled):
    logged_in(plan(server_passive_networks=networks)).play(f"""
        C> PASV
        D< expect
        S< PASV
        S> 227 (10,7,0,9,4,210)
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        D< dial {dialled}:1234
    """)


@pytest.mark.parametrize(("setting", "around"), [("passive", {}), ("mirror", V6)])
def test_epsv_all_stays_with_ftpair_where_the_server_may_be_asked_something_else(setting, around):
    logged_in(plan(server_data=setting), **around).play("""
        C> EPSV ALL
        C< 200 EPSV ALL command successful.
        C> PASV
        C< 503 EPSV ALL is in effect: use EPSV.
    """)
