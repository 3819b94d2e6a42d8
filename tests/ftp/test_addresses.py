import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.core.endpoint import Endpoint
from ftpair.ftp.addresses import (
    extended_passive_reply,
    ipv4_of,
    is_ipv6,
    parse_epsv,
    parse_extended_passive_reply,
    parse_passive_reply,
    passive_reply,
)


def test_the_reply_to_pasv_has_the_classic_form():
    assert passive_reply("192.0.2.10", 1025) == b"227 Entering Passive Mode (192,0,2,10,4,1).\r\n"


def test_the_reply_to_epsv_has_the_classic_form():
    assert extended_passive_reply(1025) == b"229 Entering Extended Passive Mode (|||1025|)\r\n"


@given(st.integers(1, 65535))
def test_what_is_built_can_be_read(port):
    assert parse_passive_reply(passive_reply("192.0.2.10", port)) == Endpoint("192.0.2.10", port)
    assert parse_extended_passive_reply(extended_passive_reply(port)) == port


@pytest.mark.parametrize(
    "text",
    [
        "Entering Passive Mode (10,0,0,1,4,210).",
        "Entering Passive Mode 10,0,0,1,4,210",
        "=10,0,0,1,4,210",
        "ok 10, 0, 0, 1, 4, 210 bye",
    ],
)
def test_the_numbers_of_a_227_stand_anywhere(text):
    assert parse_passive_reply(f"227 {text}\r\n".encode()) == Endpoint("10.0.0.1", 1234)


@pytest.mark.parametrize("text", ["", "(10,0,0,1,4)", "(10,0,0,256,4,210)", "(10,0,0,1,0,0)", "(1234,0,0,1,4,210)"])
def test_a_227_without_a_usable_address_is_none(text):
    assert parse_passive_reply(f"227 {text}\r\n".encode()) is None


@pytest.mark.parametrize("text", ["(|||1234|)", "(!!!1234!)", "Entering |||1234|", "(|1|10.0.0.1|1234|)", "(***1234*)"])
def test_a_229_may_have_any_delimiter(text):
    assert parse_extended_passive_reply(f"229 {text}\r\n".encode()) == 1234


@pytest.mark.parametrize("text", ["", "(|||0|)", "(|||65536|)", "(||1234|)", "1234"])
def test_a_229_without_a_usable_port_is_none(text):
    assert parse_extended_passive_reply(f"229 {text}\r\n".encode()) is None


def test_epsv_asks_for_a_protocol_for_all_or_for_nothing():
    assert [parse_epsv(given) for given in (b"", b"1", b" 2 ", b"all", b"3", b"x")] == [
        "any",
        "1",
        "2",
        "all",
        None,
        None,
    ]


def test_an_ipv4_address_mapped_into_ipv6_is_an_ipv4_address():
    assert ipv4_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert ipv4_of("192.0.2.1") == "192.0.2.1"
    assert ipv4_of("2001:db8::1") == ""
    assert [is_ipv6(host) for host in ("2001:db8::1", "::ffff:192.0.2.1", "192.0.2.1")] == [True, False, False]
