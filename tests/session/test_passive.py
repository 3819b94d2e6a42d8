"""PASV and EPSV: ftpair's port for the client, the server's port behind it."""

import pytest

from ftpair.core.advertising import Advertised, AdvertisedRule
from ftpair.core.endpoint import Endpoint
from ftpair.core.facts import ProtocolError
from ftpair.core.plan import ServerPlan
from ftpair.session.events import NoPort
from tests.transcripts.play import logged_in, passive, plan, play

V6_SERVER = (ServerPlan(0, "VIP", "A", Endpoint("2001:db8::1", 21)),)
V6 = {"client": "2001:db8:1::7", "local": "2001:db8:1::10"}


def test_pasv_is_answered_with_the_dialled_address_and_a_port_of_the_range():
    passive(logged_in())


@pytest.mark.parametrize("line", ["pasv", "P@SW"])
def test_pasv_goes_to_the_server_as_it_was_typed(line):
    play(f"""
        C> {line}
        D< expect
        S< {line}
        S> 227 =10,0,0,1,4,210
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        D< dial 10.0.0.1:1234
    """)


def test_epsv_is_answered_with_a_port_alone():
    play("""
        C> EPSV
        D< expect
        S< EPSV
        S> 229 Extended (!!!1234!)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 10.0.0.1:1234
        C> LIST
        S< LIST
    """)


def test_the_advertised_address_is_named_where_one_is_configured():
    logged_in(plan(advertised=Advertised("203.0.113.5"))).play("""
        C> PASV
        D< expect
        S< PASV
        S> 227 (10,0,0,1,4,210)
        C< 227 Entering Passive Mode (203,0,113,5,4,1).
        D< dial 10.0.0.1:1234
    """)


@pytest.mark.parametrize(("client", "named"), [("198.51.100.7", "192,0,2,10"), ("203.0.113.9", "203,0,113,5")])
def test_clients_of_some_networks_are_told_another_address(client: str, named: str):
    inside = AdvertisedRule(("198.51.100.0/24",), "")
    logged_in(plan(advertised=Advertised("203.0.113.5", (inside,))), client=client).play(f"""
        C> PASV
        D< expect
        S< PASV
        S> 227 (10,0,0,1,4,210)
        C< 227 Entering Passive Mode ({named},4,1).
        D< dial 10.0.0.1:1234
    """)


def test_epsv_names_no_address_whatever_is_advertised():
    logged_in(plan(advertised=Advertised("203.0.113.5"))).play("""
        C> EPSV
        D< expect
        S< EPSV
        S> 229 Extended (|||1234|)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 10.0.0.1:1234
    """)


def test_s8_the_servers_address_is_never_used():
    play("""
        C> PASV
        D< expect
        S< PASV
        S> 227 Entering Passive Mode (169,254,169,254,0,80).
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        D< dial 10.0.0.1:80
        C> RETR a
        S< RETR a
    """)


def test_a_refusal_of_the_server_goes_back_and_the_port_is_given_up():
    play("""
        C> EPSV
        D< expect
        S< EPSV
        S> 500 What?
        D< drop ended
        C< 500 What?
        C> LIST
        C< 425 Use PASV or EPSV first.
    """)


def test_a_server_may_ask_for_patience():
    play("""
        C> PASV
        D< expect
        S< PASV
        S> 120 A moment.
        C< 120 A moment.
        S> 227 (10,0,0,1,4,210)
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        D< dial 10.0.0.1:1234
    """)


@pytest.mark.parametrize(("line", "reply"), [("PASV", "227 somewhere"), ("EPSV", "229 somewhere")])
def test_a_server_that_names_no_port_is_counted(line, reply):
    stage = play(f"""
        C> {line}
        D< expect
        S< {line}
        S> {reply}
        D< drop ended
        C< 425 The server names no port.
    """)
    assert [fact.kind for fact in stage.noted(ProtocolError)] == ["bad-passive-reply"]


def test_a_full_passive_range_is_said_readably():
    stage = logged_in()
    stage.has_ports = False
    stage.play("""
        C> PASV
        D< expect
        C< 425 All passive ports are in use for your address: try again later.
    """)


def test_a_port_that_cannot_be_opened_for_want_of_descriptors_is_said_readably():
    stage = logged_in()
    stage.has_ports, stage.no_port = False, NoPort(for_want_of_descriptors=True)
    stage.play("""
        C> EPSV
        D< expect
        C< 425 Too many connections: try again later.
        C> NOOP
        S< NOOP
        S> 200 ok
        C< 200 ok
    """)


def test_a_second_pasv_replaces_the_first():
    stage = passive(passive(logged_in()), port=1026)
    stage.play("""
        C> LIST
        S< LIST
    """)


@pytest.mark.parametrize(
    ("argument", "reply"),
    [
        ("2", "522 Network protocol not supported, use (1)."),
        ("3", "522 Network protocol not supported, use (1)."),
        ("x", "501 EPSV takes 1, 2, ALL or nothing."),
    ],
)
def test_epsv_with_a_foreign_protocol_is_refused(argument, reply):
    play(f"""
        C> EPSV {argument}
        C< {reply}
    """)


def test_epsv_all_is_the_servers_to_remember():
    play("""
        C> EPSV ALL
        S< EPSV ALL
        S> 200 All.
        C< 200 All.
    """)


def test_epsv_with_the_own_protocol_goes_on():
    play("""
        C> EPSV 1
        D< expect
        S< EPSV 1
    """)


def test_on_ipv6_epsv_speaks_of_ipv6():
    logged_in(plan(servers=V6_SERVER), **V6).play("""
        C> EPSV 1
        C< 522 Network protocol not supported, use (2).
        C> EPSV 2
        D< expect
        S< EPSV 2
        S> 229 (|||1234|)
        C< 229 Entering Extended Passive Mode (|||1025|)
        D< dial 2001:db8::1:1234
        C> LIST
        S< LIST
    """)


def test_on_ipv6_pasv_is_refused_readably():
    logged_in(**V6).play("""
        C> PASV
        C< 425 PASV speaks of IPv4 only: use EPSV.
    """)


def test_on_ipv6_pasv_works_with_an_advertised_ipv4_address():
    logged_in(plan(advertised=Advertised("203.0.113.5")), **V6).play("""
        C> PASV
        D< expect
        S< PASV
    """)


def test_on_ipv6_pasv_is_refused_to_those_who_are_told_the_dialled_address():
    inside = AdvertisedRule(("2001:db8:1::/48",), "")
    logged_in(plan(advertised=Advertised("203.0.113.5", (inside,))), **V6).play("""
        C> PASV
        C< 425 PASV speaks of IPv4 only: use EPSV.
    """)


def test_an_ipv4_client_on_an_ipv6_socket_is_an_ipv4_client():
    logged_in(client="::ffff:198.51.100.7", local="::ffff:192.0.2.10").play("""
        C> PASV
        D< expect
        S< PASV
        S> 227 (10,0,0,1,4,210)
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        D< dial 10.0.0.1:1234
    """)


def test_an_ipv6_server_is_asked_with_epsv_for_a_client_that_says_pasv():
    logged_in(plan(servers=V6_SERVER)).play("""
        C> PASV
        D< expect
        S< EPSV
        S> 229 (|||1234|)
        C< 227 Entering Passive Mode (192,0,2,10,4,1).
        D< dial 2001:db8::1:1234
    """)


def test_an_ipv6_server_is_not_asked_for_the_protocol_of_an_ipv4_client():
    logged_in(plan(servers=V6_SERVER)).play("""
        C> EPSV 1
        D< expect
        S< EPSV
    """)


def test_the_session_may_end_while_a_port_is_taken():
    passive(logged_in()).play("""
        C> [ended]
        D< drop ended
        S< [ended]
        C< [ended]
    """)
