"""Tests of ftpair.ftp.proxy_header: every header as its specification has it, however its bytes come."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftpair.core.endpoint import Endpoint
from ftpair.ftp.checksum import crc32c
from ftpair.ftp.proxy_header import (
    BUILD,
    LONGEST_LINE,
    MOST_BYTES,
    SIGNATURE,
    Header,
    HeaderError,
    HeaderReader,
    Secured,
    begins_header,
    binary,
    line,
)

CLIENT, LOCAL = Endpoint("192.0.2.7", 50000), Endpoint("198.51.100.1", 21)
PLAIN = Header(CLIENT, LOCAL)
ADDRESSES = bytes((192, 0, 2, 7, 198, 51, 100, 1)) + (50000).to_bytes(2, "big") + (21).to_bytes(2, "big")


def read(data):
    """Return the header at the front of the bytes, and what follows it."""
    reader = HeaderReader()
    taken = reader.feed(data)
    return reader.header, data[taken:]


def made(command, family, rest):
    return SIGNATURE + bytes((command, family)) + len(rest).to_bytes(2, "big") + rest


def field(kind, value):
    return bytes((kind,)) + len(value).to_bytes(2, "big") + value


# What a header looks like.


def test_version_1_is_one_line():
    assert line(PLAIN) == b"PROXY TCP4 192.0.2.7 198.51.100.1 50000 21\r\n"
    six = Header(Endpoint("2001:db8::7", 1), Endpoint("2001:db8::1", 65535))
    assert line(six) == b"PROXY TCP6 2001:db8::7 2001:db8::1 1 65535\r\n"
    assert line(Header()) == b"PROXY UNKNOWN\r\n"


def test_version_2_is_binary():
    assert binary(PLAIN) == b"\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c" + ADDRESSES
    assert binary(Header()) == b"\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"


def test_version_2_tells_more():
    header = Header(CLIENT, LOCAL, b"0-1-abc", "ftp.example.org", b"ftp", Secured("TLSv1.3", "TLS_AES_128", "ann"))
    ssl = b"\x03\x00\x00\x00\x00" + field(0x21, b"TLSv1.3") + field(0x23, b"TLS_AES_128") + field(0x22, b"ann")
    fields = field(0x01, b"ftp") + field(0x02, b"ftp.example.org") + field(0x05, b"0-1-abc") + field(0x20, ssl)
    assert binary(header) == made(0x21, 0x11, ADDRESSES + fields)


def test_without_a_certificate_nothing_is_said_to_be_verified():
    header = Header(CLIENT, LOCAL, tls=Secured("TLSv1.2", "X"))
    assert field(0x20, b"\x01\x00\x00\x00\x01" + field(0x21, b"TLSv1.2") + field(0x23, b"X")) in binary(header)


def test_endpoints_of_two_families_are_written_in_ipv6():
    mixed = Header(CLIENT, Endpoint("2001:db8::1", 21))
    assert line(mixed).startswith(b"PROXY TCP6 ::ffff:")
    assert read(line(mixed))[0] == read(binary(mixed))[0] == mixed


def test_no_zone_of_an_address_stands_in_a_header():
    zoned, bare = (Header(Endpoint(f"fe80::7{zone}", 5000), Endpoint(f"fe80::1{zone}", 21)) for zone in ("%eth0", ""))
    assert line(zoned) == line(bare) == b"PROXY TCP6 fe80::7 fe80::1 5000 21\r\n"
    assert binary(zoned) == binary(bare)


# What is read.

hosts4 = st.ip_addresses(v=4).map(str)
hosts6 = st.ip_addresses(v=6).filter(lambda each: each.ipv4_mapped is None).map(str)
ports = st.integers(0, 65535)
pairs = st.one_of(st.tuples(hosts4, hosts4), st.tuples(hosts6, hosts6))
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
tls = st.builds(Secured, texts, texts, texts)


@st.composite
def headers(draw):
    client, local = draw(pairs)
    return Header(
        Endpoint(client, draw(ports)),
        Endpoint(local, draw(ports)),
        draw(st.binary(max_size=128)),
        draw(texts),
        draw(st.binary(max_size=20)),
        draw(st.none() | tls),
    )


def pieces(data, cuts):
    """Feed bytes cut anywhere, as a socket gives them; return the header and what follows it."""
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    reader = HeaderReader()
    for begin, end in pairwise(edges):
        taken = reader.feed(data[begin:end])
        if reader.header is not None:
            return reader.header, data[begin + taken :]
        assert taken == end - begin
    return None, b""


@given(headers(), st.binary(max_size=300), st.lists(st.integers(0, 5000)))
def test_what_is_built_is_read_and_no_byte_behind_it(header, behind, cuts):
    assert pieces(binary(header) + behind, cuts) == (header, behind)
    assert pieces(line(header) + behind, cuts) == (Header(header.client, header.local), behind)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", SIGNATURE, SIGNATURE + b"\x21\x11\x00\x20", b"PROXY ", b"PROXY TCP4 "]),
)
def test_no_bytes_break_the_reader(data, beginning):
    try:
        header, behind = read(beginning + data)
    except HeaderError as error:
        assert error.sentence
    else:
        assert header is not None or behind == b""


def test_half_a_header_is_no_header_yet():
    for whole in (binary(PLAIN), line(PLAIN)):
        for length in range(len(whole)):
            assert read(whole[:length]) == (None, b"")


@pytest.mark.parametrize(
    "data",
    [
        b"PROXY UNKNOWN\r\n",
        b"PROXY UNKNOWN ffff:f:f ffff 65535 99999\r\n",
        made(0x20, 0x11, ADDRESSES + b"nonsense"),
        made(0x20, 0x00, b""),
        made(0x21, 0x00, b"\xff\xff"),
        made(0x21, 0x31, bytes(216)),
    ],
)
def test_a_connection_of_the_proxy_itself_has_its_real_endpoints(data):
    assert read(data + b"USER ann") == (Header(), b"USER ann")


def test_a_mapped_address_is_an_ipv4_one():
    assert read(b"PROXY TCP6 ::ffff:192.0.2.7 ::ffff:198.51.100.1 50000 21\r\n") == (PLAIN, b"")


def test_a_right_checksum_is_accepted_and_a_wrong_one_refused():
    blank = made(0x21, 0x11, ADDRESSES + field(0x03, bytes(4)) + field(0x05, b"id"))
    right = blank.replace(field(0x03, bytes(4)), field(0x03, crc32c(blank).to_bytes(4, "big")))
    assert read(right) == (Header(CLIENT, LOCAL, b"id"), b"")
    with pytest.raises(HeaderError, match="checksum"):
        read(right.replace(b"id", b"xd"))


def test_unknown_fields_and_padding_are_skipped():
    rest = ADDRESSES + field(0x04, bytes(100)) + field(0xEE, b"x") + field(0x30, b"ns") + field(0x05, b"id")
    assert read(made(0x21, 0x11, rest)) == (Header(CLIENT, LOCAL, b"id"), b"")


def test_a_name_that_was_not_verified_is_none():
    ssl = b"\x03\x00\x00\x00\x12" + field(0x21, b"TLSv1.3") + field(0x22, b"mallory")
    assert read(made(0x21, 0x11, ADDRESSES + field(0x20, ssl)))[0].tls == Secured("TLSv1.3")


def test_without_tls_nothing_is_said_of_it():
    assert read(made(0x21, 0x11, ADDRESSES + field(0x20, bytes(5))))[0].tls is None


LONG = b"PROXY TCP4 " + b"1" * LONGEST_LINE


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"USER ann\r\n", "the connection does not begin with a PROXY header"),
        (b"\x16\x03\x01", "the connection does not begin with a PROXY header"),
        (b"\r\n\r\n\x00\r\nQUIT\r", "the connection does not begin with a PROXY header"),
        (b"PROXY2", "the connection does not begin with a PROXY header"),
        (LONG, f"the PROXY line is longer than {LONGEST_LINE} bytes"),
        (b"PROXY TCP5 192.0.2.7 192.0.2.8 1 2\r\n", "the PROXY line is none of TCP4, TCP6 and UNKNOWN"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.8 1\r\n", "the PROXY line is none of TCP4, TCP6 and UNKNOWN"),
        (b"PROXY \r\n", "the PROXY line is none of TCP4, TCP6 and UNKNOWN"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.256 1 2\r\n", "an address in the PROXY line is none"),
        (b"PROXY TCP4 192.0.2.7 \xc2\xb2.0.2.6 1 2\r\n", "an address in the PROXY line is none"),
        (b"PROXY TCP4 ::1 192.0.2.8 1 2\r\n", "an address in the PROXY line is of another family"),
        (b"PROXY TCP6 fe80::1%eth0 ::1 1 2\r\n", "an address in the PROXY line is of another family"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.8 1 65536\r\n", "a port in the PROXY line is none"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.8 1 021\r\n", "a port in the PROXY line is none"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.8 1 -2\r\n", "a port in the PROXY line is none"),
        (b"PROXY TCP4 192.0.2.7 192.0.2.8 1 000000\r\n", "a port in the PROXY line is none"),
        (made(0x31, 0x11, ADDRESSES), "the PROXY header has an unknown version or command"),
        (made(0x22, 0x11, ADDRESSES), "the PROXY header has an unknown version or command"),
        (made(0x21, 0x12, ADDRESSES), "the PROXY header is not about a TCP connection"),
        (made(0x21, 0x21, ADDRESSES), "the PROXY header is too short for its addresses"),
        (made(0x21, 0x11, ADDRESSES + b"\x05\x00"), "a field of the PROXY header leaves it"),
        (made(0x21, 0x11, ADDRESSES + b"\x05\x00\x09id"), "a field of the PROXY header leaves it"),
        (made(0x21, 0x11, ADDRESSES + field(0x20, b"\x01")), "a field of the PROXY header leaves it"),
        (SIGNATURE + b"\x21\x11\xff\xff", f"the PROXY header is longer than {MOST_BYTES} bytes"),
    ],
)
def test_what_is_no_header_is_refused(data, sentence):
    with pytest.raises(HeaderError) as caught:
        read(data)
    assert caught.value.sentence == sentence


def test_the_first_bytes_tell_a_header():
    assert begins_header(binary(Header())) is True
    assert begins_header(line(Header())) is True
    assert begins_header(b"USER ann\r\n") is False
    assert begins_header(b"PROXYUSER\r\n") is False
    assert begins_header(b"\r\nUSER ann\r\n") is False


@pytest.mark.parametrize("signature", [SIGNATURE, b"PROXY "])
def test_the_beginning_of_a_signature_tells_nothing_yet(signature: bytes):
    for length in range(len(signature)):
        assert begins_header(signature[:length]) is None
        assert begins_header(signature[:length] + b"x") is False
    assert begins_header(signature) is True


def test_every_version_has_its_builder():
    assert BUILD["off"](PLAIN) == b""
    assert BUILD["v1"](Header()) == b"PROXY UNKNOWN\r\n"
    assert BUILD["v2"](PLAIN) == binary(PLAIN)
