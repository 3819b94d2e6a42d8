"""PORT and EPRT: to the client's own address and nowhere else, mirrored to the server."""

import pytest

from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import ProtocolError, TransferEnded
from ftpair.core.plan import ServerPlan
from tests.transcripts.play import LOGIN, SECURE, greeted, logged_in, passive, plan, play, tls_plan

V6_SERVER = (ServerPlan(0, "VIP", "A", Endpoint("2001:db8::1", 21)),)
V6 = {"client": "2001:db8:1::7", "local": "2001:db8:1::10"}
PORTED = """
    C> PORT 198,51,100,7,200,1
    D< aim 192.0.2.10 198.51.100.7:51201
    D< listen
    S< PORT 10,9,0,1,117,48
    S> 200 PORT done.
    C< 200 PORT done.
"""


def test_port_is_mirrored_with_a_port_of_ftpairs_own():
    play(f"""
        {PORTED}
        C> RETR a
        S< RETR a
        S> 150 Here it comes.
        C< 150 Here it comes.
        D< join down
        C~ end 5
        S> 226 Done.
        D< drop ended
        C< 226 Done.
    """)


def test_eprt_is_mirrored_as_it_was_typed():
    play("""
        C> eprt |1|198.51.100.7|51201|
        D< aim 192.0.2.10 198.51.100.7:51201
        D< listen
        S< eprt |1|10.9.0.1|30000|
        S> 200 ok
        C< 200 ok
        C> STOR a
        S< STOR a
    """)


def test_on_ipv6_eprt_speaks_of_ipv6():
    stage = logged_in(plan(servers=V6_SERVER), **V6)
    stage.door = Endpoint("2001:db8::9", 30000)
    stage.play("""
        C> EPRT |2|2001:DB8:1::0:7|51201|
        D< aim 2001:db8:1::10 2001:db8:1::7:51201
        D< listen
        S< EPRT |2|2001:db8::9|30000|
    """)


def test_a_refusal_of_the_server_goes_back_so_that_the_client_falls_back():
    play("""
        C> EPRT |1|198.51.100.7|51201|
        D< aim 192.0.2.10 198.51.100.7:51201
        D< listen
        S< EPRT |1|10.9.0.1|30000|
        S> 500 What?
        D< drop ended
        C< 500 What?
        C> LIST
        C< 425 Use PASV or EPSV first.
        C> PORT 198,51,100,7,200,1
        D< aim 192.0.2.10 198.51.100.7:51201
        D< listen
        S< PORT 10,9,0,1,117,48
    """)


def test_a_second_port_replaces_the_first_and_a_passive_one():
    passive(play(PORTED)).play(PORTED)


def test_a_refused_transfer_gives_everything_up_without_a_connection():
    play(f"""
        {PORTED}
        C> RETR missing
        S< RETR missing
        S> 550 No.
        D< drop ended
        C< 550 No.
        C> RETR a
        C< 425 Use PASV or EPSV first.
    """)


def test_a_client_that_cannot_be_reached_is_told_why():
    stage = play(f"""
        {PORTED}
        C> RETR a
        S< RETR a
        S> 150 ok
        C< 150 ok
        D< join down
        C~ cut
        S> 226 Sent.
        C< 426 Connection lost; transfer aborted: the client's data connection was reset.
    """)
    assert [fact.result for fact in stage.noted(TransferEnded)] == ["cut"]


def test_data_are_protected_in_active_mode_too():
    stage = logged_in(tls_plan(clear_text="allow"))
    stage.play(f"""
        {PORTED}
        C> LIST
        S< LIST
    """)
    stage = logged_in_securely()
    stage.play(f"""
        {PORTED}
        C> LIST
        S< LIST
        S> 150 ok
        C< 150 ok
        D< join down client-tls
    """)


def logged_in_securely():

    return greeted(tls_plan()).play(SECURE).play(LOGIN)


def test_another_protection_gives_the_agreement_up():
    logged_in_securely_and_free().play(f"""
        {PORTED}
        C> PROT C
        D< drop ended
        C< 200 Data connections are clear now.
        C> LIST
        C< 425 Use PASV or EPSV first.
    """)


def logged_in_securely_and_free():

    return greeted(tls_plan(data_protection="allow")).play(SECURE).play(LOGIN)


BOUNCES = [
    "PORT 203,0,113,5,200,1",
    "PORT 198,51,100,7,3,255",
    "PORT 198,51,100,7,0,0",
    "PORT 127,0,0,1,200,1",
    "PORT 10,0,0,1,200,1",
    "PORT 192,0,2,10,200,1",
    "EPRT |1|203.0.113.5|51201|",
    "EPRT |1|198.51.100.7|1023|",
]


@pytest.mark.parametrize("line", BOUNCES)
def test_s6_a_bounce_is_refused_and_counted(line):
    stage = play(f"""
        C> {line}
        C< 504 Data go to your own address only, to a port from 1024 on.
        C> LIST
        C< 425 Use PASV or EPSV first.
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["bounce"]


@pytest.mark.parametrize(
    "line", ["PORT", "PORT 198,51,100,7,200", "PORT 198,51,100,007,200,1", "PORT 256,0,0,1,4,1", "PORT ::1"]
)
def test_s6_a_port_that_is_none_is_refused(line):
    play(f"""
        C> {line}
        C< 501 PORT takes six numbers from 0 to 255: h1,h2,h3,h4,p1,p2.
    """)


@pytest.mark.parametrize("line", ["EPRT", "EPRT |1|198.51.100.07|51201|", "EPRT |2|::1%lo|51201|", "EPRT 1,2,3"])
def test_s6_an_eprt_that_is_none_is_refused(line):
    play(f"""
        C> {line}
        C< 501 EPRT takes |1|IPv4 address|port| or |2|IPv6 address|port|.
    """)


def test_s6_ipv4_in_ipv6_clothes_reaches_nobody():
    play("""
        C> EPRT |2|::ffff:198.51.100.7|51201|
        C< 522 Network protocol not supported here, use (1).
    """)
    logged_in(plan(servers=V6_SERVER), **V6).play("""
        C> EPRT |2|::ffff:127.0.0.1|51201|
        C< 504 Data go to your own address only, to a port from 1024 on.
        C> EPRT |1|127.0.0.1|51201|
        C< 522 Network protocol not supported here, use (2).
        C> PORT 127,0,0,1,200,1
        C< 504 Data go to your own address only, to a port from 1024 on.
    """)


def test_eprt_with_a_protocol_that_nobody_knows_names_those_that_are_known():
    play("""
        C> EPRT |3|198.51.100.7|51201|
        C< 522 Network protocol not supported, use (1,2).
    """)


def test_after_epsv_all_there_is_epsv_alone():
    play("""
        C> EPSV ALL
        S< EPSV ALL
        S> 200 All.
        C< 200 All.
        C> PORT 198,51,100,7,200,1
        C< 503 EPSV ALL is in effect: use EPSV.
        C> EPRT |1|198.51.100.7|51201|
        C< 503 EPSV ALL is in effect: use EPSV.
        C> PASV
        C< 503 EPSV ALL is in effect: use EPSV.
        C> EPSV
        D< expect
        S< EPSV
    """)


def test_an_epsv_all_that_the_server_refuses_binds_nobody():
    play("""
        C> EPSV ALL
        S< EPSV ALL
        S> 501 What?
        C< 501 What?
        C> PASV
        D< expect
        S< PASV
    """)
