import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.core.endpoint import Endpoint
from ftpair.ftp.addresses import (
    MOST_READ_BYTES,
    ActiveAddress,
    eprt_argument,
    extended_passive_reply,
    ipv4_of,
    is_ipv6,
    is_same_host,
    parse_eprt,
    parse_epsv,
    parse_extended_passive_reply,
    parse_passive_reply,
    parse_port,
    passive_reply,
    port_argument,
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


def test_no_229_is_searched_beyond_its_first_bytes():
    def read(size):
        return parse_extended_passive_reply(f"229 {'(|||1234|)':x>{size - 4}}\r\n".encode())

    assert read(MOST_READ_BYTES) == 1234
    assert read(MOST_READ_BYTES + 2) is None


@pytest.mark.parametrize("address", ["x" * 46, "word", "0" * 46])
def test_between_the_delimiters_of_a_229_stands_an_address_or_nothing(address):
    assert parse_extended_passive_reply(f"229 (|1|{address}|1234|)\r\n".encode()) is None


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


def test_port_names_six_numbers():
    assert parse_port(b" 192,0,2,7,4,1 ") == Endpoint("192.0.2.7", 1025)


@pytest.mark.parametrize(
    "argument",
    [
        b"",
        b"192,0,2,7,4",
        b"192,0,2,7,4,1,1",
        b"192,0,2,256,4,1",
        b"192,0,2,7,256,1",
        b"192,0,02,7,4,1",
        b"0300,0,2,7,4,1",
        b"192, 0,2,7,4,1",
        b"192,0,2,-7,4,1",
        b"(192,0,2,7,4,1)",
        "192,0,2,\u0667,4,1".encode(),
        b"::1",
    ],
)
def test_s6_port_takes_nothing_else(argument):
    assert parse_port(argument) is None


@pytest.mark.parametrize("delimiter", ["|", "!", "#", "/"])
def test_eprt_names_a_protocol_an_address_and_a_port_between_any_delimiters(delimiter):
    d = delimiter
    assert parse_eprt(f"{d}1{d}192.0.2.7{d}1025{d}".encode()) == ActiveAddress("1", Endpoint("192.0.2.7", 1025))
    assert parse_eprt(f"{d}2{d}2001:DB8::07{d}1025{d}".encode()) == ActiveAddress("2", Endpoint("2001:db8::7", 1025))


def test_eprt_may_name_a_protocol_that_nobody_knows():
    assert parse_eprt(b"|3|2001:db8::7|1025|") == ActiveAddress("3", None)


@pytest.mark.parametrize(
    "argument",
    [
        b"",
        b"|1|192.0.2.7|1025",
        b"|1|192.0.2.7|1025||",
        b"|1|192.0.2.07|1025|",
        b"|1|192.0.2.256|1025|",
        b"|1|2001:db8::7|1025|",
        b"|2|192.0.2.7|1025|",
        b"|2|2001:db8::7%eth0|1025|",
        b"|1|192.0.2.7|01025|",
        b"|1|192.0.2.7|65536|",
        b"|1!192.0.2.7|1025|",
        b"||192.0.2.7|1025|",
    ],
)
def test_s6_eprt_takes_nothing_else(argument):
    assert parse_eprt(argument) is None


@given(st.ip_addresses(v=4), st.integers(1, 65535))
def test_what_is_asked_of_a_server_can_be_read(address, port):
    assert parse_port(port_argument(str(address), port).encode()) == Endpoint(str(address), port)
    assert parse_eprt(eprt_argument(str(address), port).encode()) == ActiveAddress("1", Endpoint(str(address), port))


@given(st.ip_addresses(v=6), st.integers(1, 65535))
def test_what_is_asked_of_an_ipv6_server_can_be_read(address, port):
    asked = parse_eprt(eprt_argument(str(address), port).encode())
    assert asked and asked.endpoint and asked.endpoint.port == port
    assert is_same_host(asked.endpoint.host, str(address))


def test_no_zone_and_no_ipv6_clothes_go_to_a_server():
    assert eprt_argument("fe80::1%eth0", 1025) == "|2|fe80::1|1025|"
    assert eprt_argument("::ffff:192.0.2.7", 1025) == "|1|192.0.2.7|1025|"
    assert port_argument("::ffff:192.0.2.7", 1025) == "192,0,2,7,4,1"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("2001:db8::7", "2001:db8:0::7", True),
        ("fe80::7", "fe80::7%eth0", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.7", "2001:db8::7", False),
    ],
)
def test_an_address_is_one_whatever_its_text(one, other, same):
    assert is_same_host(one, other) is same
